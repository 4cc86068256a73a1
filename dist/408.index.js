export const id = 408;
export const ids = [408,247];
export const modules = {

/***/ 9247:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   X: () => (/* binding */ openTunnel),
/* harmony export */   createTunnelAgent: () => (/* binding */ createTunnelAgent)
/* harmony export */ });
/* harmony import */ var node_http__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7067);
/* harmony import */ var node_https__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4708);
/* harmony import */ var node_tls__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1692);
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(379);
/**
 * A kept-alive connection through a proxy (CONNECT, RFC 9110, 9.3.6). Not by the package tunnel: that one opens a
 * tunnel for each request, cannot be closed, and makes Node print a warning of deprecation on every run.
 */




const CONNECT_TIMEOUT_MS = 30_000;
/** An agent for https addresses through a proxy, whose user name and password are decoded. */
function createTunnelAgent(proxy, pool) {
    const agent = new node_https__WEBPACK_IMPORTED_MODULE_1__.Agent(pool);
    const opening = new Set();
    const destroy = agent.destroy.bind(agent);
    agent.destroy = () => {
        for (const request of opening)
            request.destroy();
        destroy();
    };
    agent.createConnection = (options, callback) => {
        const request = openTunnel(proxy, `${options.host}:${options.port}`, (error, socket) => {
            opening.delete(request);
            if (socket)
                callback?.(null, node_tls__WEBPACK_IMPORTED_MODULE_2__.connect({ ...options, socket }));
            // The type wants a stream always; Node accepts none together with an error.
            else
                callback?.(error);
        });
        opening.add(request);
        return undefined;
    };
    return agent;
}
/** Opens a tunnel to `target` (`host:port`); `done` gets the socket or a NotSent. Times out after 30 s. */
function openTunnel(proxy, target, done) {
    const isSecure = proxy.protocol === 'https:';
    const credentials = `${proxy.username}:${proxy.password}`;
    const request = (isSecure ? node_https__WEBPACK_IMPORTED_MODULE_1__ : node_http__WEBPACK_IMPORTED_MODULE_0__).request({
        host: proxy.hostname.replace(/^\[|\]$/g, ''),
        port: Number(proxy.port) || (isSecure ? 443 : 80),
        method: 'CONNECT',
        path: target,
        agent: false,
        timeout: CONNECT_TIMEOUT_MS,
        headers: {
            host: target,
            ...(credentials !== ':' && {
                'proxy-authorization': `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`,
            }),
        },
    });
    request.on('connect', (response, socket) => {
        if (response.statusCode === 200)
            return done(null, socket);
        socket.destroy();
        done(new _failure_js__WEBPACK_IMPORTED_MODULE_3__/* .NotSent */ .Y5(new Error(`the proxy answered ${response.statusCode} to CONNECT`)));
    });
    request.on('timeout', () => request.destroy(new Error('the proxy does not respond')));
    request.on('error', (error) => done(new _failure_js__WEBPACK_IMPORTED_MODULE_3__/* .NotSent */ .Y5(new Error(`the proxy cannot be used: ${(0,_failure_js__WEBPACK_IMPORTED_MODULE_3__/* .reasonOf */ .A3)(error)}`, { cause: error }))));
    request.end();
    return request;
}


/***/ }),

/***/ 3408:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  logInByBrowser: () => (/* binding */ logInByBrowser)
});

// UNUSED EXPORTS: findBrowser, launch, logInOn, openPage, proxyOptions

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./build/src/lib/errors.js
var errors = __webpack_require__(9862);
// EXTERNAL MODULE: ./build/src/lib/text.js
var lib_text = __webpack_require__(5498);
;// CONCATENATED MODULE: ./build/src/portal/browser-page.js
/**
 * What runs inside the login page. Each function is sent to the browser as its source, so it stands alone: no imports,
 * no helpers. Only the types are shared.
 */
/**
 * Fills a field, if the page is still of that origin: both in one step, so that no navigation comes between them.
 * Through the prototype's setter and with events, as frameworks that keep the value themselves expect it.
 */
function fillField(field, value, origin) {
    const page = globalThis;
    if (page.location.origin !== origin)
        return false;
    const input = field;
    input.focus();
    const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), 'value')?.set;
    if (setter)
        setter.call(input, value);
    else
        input.value = value;
    for (const type of ['input', 'change'])
        input.dispatchEvent(new page.Event(type, { bubbles: true }));
    return true;
}
/** Whether the browser shows a page of its own, since the portal's could not be loaded. */
function isErrorPage() {
    return globalThis.location.protocol === 'chrome-error:';
}
/** Looks for the signs of an ended login. */
function signOf(signs) {
    const page = globalThis;
    const visible = (selector) => [...page.document.querySelectorAll(selector)].filter((element) => element.getClientRects().length > 0 && page.getComputedStyle(element).visibility !== 'hidden');
    // The browser's own page, whose words are not the portal's.
    if (page.location.protocol === 'chrome-error:')
        return { kind: 'error-page' };
    if (page.location.origin === signs.origin && page.location.href.endsWith(signs.done))
        return { kind: 'done' };
    const refusal = visible(signs.message).find(({ textContent }) => new RegExp(signs.refusal, 'i').test(textContent ?? ''));
    if (refusal)
        return { kind: 'refused', text: (refusal.textContent ?? '').slice(0, 500) };
    if (Date.now() < signs.settledMs)
        return undefined;
    if (visible(signs.secondFactor).some((element) => !element.matches(signs.own)))
        return { kind: 'second-factor' };
    if (visible(signs.captcha).length > 0)
        return { kind: 'captcha' };
    return undefined;
}

// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __webpack_require__(7067);
// EXTERNAL MODULE: external "node:net"
var external_node_net_ = __webpack_require__(7030);
// EXTERNAL MODULE: ./build/src/lib/trust.js
var trust = __webpack_require__(8095);
// EXTERNAL MODULE: ./build/src/net/exchange.js
var exchange = __webpack_require__(8068);
// EXTERNAL MODULE: ./build/src/net/tunnel.js
var tunnel = __webpack_require__(9247);
;// CONCATENATED MODULE: ./build/src/portal/browser-proxy.js
/**
 * The proxy on loopback that carries all traffic of the login's browser: pages, frames, popups, workers and the
 * browser's own. It opens connections to trusted hosts only, so nothing that a page does can send the password
 * elsewhere (promise 4). TLS stays end to end: an https request passes as a CONNECT tunnel.
 */





const CONNECT_TIMEOUT_MS = 30_000;
/** Each TLS connection begins with a handshake record (RFC 8446, 5.1). */
const TLS_HANDSHAKE = 0x16;
/** Starts the proxy on a free port of 127.0.0.1. It uses the environment's own proxy, where one is set, for each tunnel. */
async function startBrowserProxy({ origin, hosts, staticHosts }) {
    const reached = new Set();
    const blocked = new Set();
    const failures = new Map();
    const clients = new Set();
    /** Everything open towards a host, and whether that is a static one. */
    const outgoing = new Map();
    let mayLoadStatic = true;
    const isTrusted = (url) => url.origin === origin.origin || (isNamed(url, hosts) && (0,trust/* whyNotTrusted */.z)(url, hosts) === undefined);
    const isStatic = (url) => isNamed(url, staticHosts) && (url.protocol === 'https:' || (0,trust/* isLoopback */.U)(url));
    const mayOpen = (url) => isTrusted(url) || (mayLoadStatic && isStatic(url));
    const track = (connection, url) => {
        outgoing.set(connection, !isTrusted(url));
        connection.once('close', () => outgoing.delete(connection));
    };
    /** An http request, which only loopback may get. */
    function forward(asked, response) {
        const url = parse(asked.url ?? '');
        if (!url || !mayOpen(url)) {
            refuse(asked.socket, url);
            return;
        }
        const { 'proxy-connection': _, ...headers } = asked.headers;
        const request = external_node_http_.request(url, { method: asked.method, headers, agent: false });
        track(request, url);
        request.on('response', (incoming) => {
            const { connection: _, 'keep-alive': __, ...kept } = incoming.headers;
            reached.add(url.host);
            response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, kept);
            incoming.on('error', () => response.destroy());
            incoming.pipe(response);
        });
        request.on('error', (error) => {
            if (!response.headersSent)
                failures.set(url.host, reasonOf(error));
            // No response of the proxy itself, which could be mistaken for the portal's.
            asked.socket.destroy();
        });
        response.on('close', () => request.destroy());
        asked.pipe(request);
    }
    /** A tunnel: https, or a WebSocket. */
    async function tunnel(asked, client, head) {
        client.on('error', () => client.destroy());
        // A WebSocket without TLS requests a tunnel, too; only loopback may get one.
        const urls = [parse(`https://${asked.url}`), parse(`http://${asked.url}`)];
        const url = urls.find((each) => each && mayOpen(each));
        if (!url) {
            refuse(client, urls[0]);
            return;
        }
        try {
            const server = await dial(asked.url ?? '', url);
            track(server, url);
            // Meanwhile the browser may have gone, or something may have been typed.
            if (client.destroyed || !mayOpen(url)) {
                server.destroy();
                refuse(client, url);
                return;
            }
            reached.add(url.host);
            client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
            if (head.length > 0)
                client.unshift(head);
            join(client, server, (0,trust/* isLoopback */.U)(url) ? undefined : TLS_HANDSHAKE);
        }
        catch (error) {
            failures.set(url.host, reasonOf(error));
            client.destroy();
        }
    }
    function refuse(client, url) {
        if (url)
            blocked.add(url.host);
        client.destroy();
    }
    const server = external_node_http_.createServer(forward);
    server.on('connection', (client) => {
        clients.add(client);
        client.once('close', () => clients.delete(client));
    });
    server.on('connect', (asked, client, head) => void tunnel(asked, client, head));
    await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        reached,
        blocked,
        failures,
        isTrusted,
        cutStaticHosts() {
            mayLoadStatic = false;
            for (const [connection, toStaticHost] of outgoing)
                if (toStaticHost)
                    connection.destroy();
        },
        async close() {
            for (const connection of [...clients, ...outgoing.keys()])
                connection.destroy();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}
function isNamed(url, hosts) {
    return hosts.includes(url.host) || hosts.includes(url.hostname);
}
function parse(text) {
    return URL.canParse(text) ? new URL(text) : undefined;
}
/** A connection to `host:port`, through the proxy that the environment names for it. */
function dial(authority, url) {
    const proxy = (0,exchange/* proxyFor */.iJ)(url);
    return new Promise((resolve, reject) => {
        if (proxy?.hostname) {
            (0,tunnel/* openTunnel */.X)(proxy, authority, (error, socket) => (socket ? resolve(socket) : reject(error)));
            return;
        }
        const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
        const socket = (0,external_node_net_.connect)({ host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: CONNECT_TIMEOUT_MS });
        socket.once('timeout', () => socket.destroy(new Error('it does not respond')));
        socket.once('error', reject);
        socket.once('connect', () => {
            socket.setTimeout(0);
            resolve(socket);
        });
    });
}
/** Passes bytes both ways; nothing at all where the first byte of `one` is not the expected one. */
function join(one, other, firstByte) {
    const pass = (from, to) => {
        from.on('error', () => to.destroy());
        from.on('close', () => from.readableEnded || to.destroy());
    };
    pass(one, other);
    pass(other, one);
    one.once('data', (first) => {
        if (firstByte !== undefined && first[0] !== firstByte)
            return void one.destroy();
        other.write(first);
        one.pipe(other);
    });
    other.pipe(one);
}
/** Node gives an error of several addresses without a message. */
function reasonOf(error) {
    const { message, code } = error;
    return message || code || 'no connection';
}

;// CONCATENATED MODULE: ./build/src/portal/browser-login.js
/**
 * Logs in on the portal's own login page, in the runner's browser. Observed: fields #username and #password, Enter, then
 * the address ends in #/overview; the cookies are then the session (docs/portal.md). Loaded only when a profile asks
 * for it, and puppeteer-core only from here.
 *
 * All traffic of the browser goes through a proxy of ours, which opens connections to trusted hosts only. The
 * credentials go over a pipe, never a port, and stand in neither the browser's arguments nor its environment. The
 * session lives in an off-the-record context, so no cookie reaches the disk. No screenshots, no traces.
 */








const TIMEOUT_MS = 60_000;
const SETTLE_MS = 4_000;
/**
 * The portal's cookies as a cookie header.
 * @throws ReleaseError portal-unreachable (no browser, no page: nothing was typed), portal-unauthorized (typed, and not
 *   logged in: not to be tried again), portal-unexpected; Cancelled
 */
async function logInByBrowser(options) {
    const executablePath = await findBrowser(options.environment);
    // mkdtemp makes a folder of mode 0700.
    const folder = await (0,promises_.mkdtemp)((0,external_node_path_.join)(options.tempDir, 'gopay-miniapp-release-browser-'));
    const proxy = await startBrowserProxy(proxyOptions(options));
    let browser;
    const stop = () => void browser?.process()?.kill('SIGKILL');
    options.signal.addEventListener('abort', stop, { once: true });
    try {
        if (options.signal.aborted)
            throw new errors/* Cancelled */.cJ();
        browser = await launch(executablePath, folder, proxy, options);
        if (options.signal.aborted)
            stop();
        return await logInOn(await openPage(browser), proxy, options);
    }
    catch (error) {
        throw options.signal.aborted ? new errors/* Cancelled */.cJ() : error;
    }
    finally {
        options.signal.removeEventListener('abort', stop);
        await browser_login_close(browser);
        await proxy.close();
        await (0,promises_.rm)(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
}
/** What the browser may reach. */
function proxyOptions({ profile, origin, hosts }) {
    return { origin, hosts, staticHosts: profile.login.staticHosts ?? [] };
}
// --- The browser -----------------------------------------------------------------------------------------------------
const NAMES = [
    'google-chrome-stable',
    'google-chrome',
    'chrome',
    'chromium',
    'chromium-browser',
    'microsoft-edge',
    'chrome.exe',
    'msedge.exe',
];
const PLACES = [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
/** The runner's browser: CHROME_BIN, or the usual names on the PATH. */
async function findBrowser(environment) {
    const named = environment['CHROME_BIN'];
    const folders = (environment['PATH'] ?? '').split(external_node_path_.delimiter).filter(Boolean);
    const usual = [...NAMES.flatMap((name) => folders.map((folder) => (0,external_node_path_.join)(folder, name))), ...PLACES];
    for (const path of named ? [named] : usual)
        if (await isExecutable(path))
            return path;
    throw new errors/* ReleaseError */.K2('portal-unreachable', {
        found: named
            ? `CHROME_BIN names ${(0,lib_text/* cleanLine */.Ow)(named, 200)}, which is no program, so there is no browser for the login page.`
            : 'There is no browser for the login page: neither CHROME_BIN nor one of the usual names on the PATH.',
        todo: 'Install Chrome or Chromium on the runner (GitHub-hosted runners have Chrome) and set CHROME_BIN where it has another name; or give portal-session instead.',
    });
}
async function isExecutable(path) {
    return (0,promises_.access)(path, external_node_fs_.constants.X_OK).then(() => true, () => false);
}
/** Starts the browser; exported for tests that share one. */
async function launch(executablePath, folder, proxy, options) {
    const { launch: start } = await __webpack_require__.e(/* import() */ 179).then(__webpack_require__.bind(__webpack_require__, 8179));
    try {
        return await start({
            executablePath,
            headless: true,
            pipe: true,
            userDataDir: folder,
            args: [...FLAGS, `--proxy-server=${proxy.url}`, ...((0,external_node_os_.userInfo)().uid === 0 ? ROOT_FLAGS : [])],
            env: environmentOf(options.environment, folder),
            // The run ends the browser itself, whichever way it ends.
            handleSIGHUP: false,
            handleSIGINT: false,
            handleSIGTERM: false,
            timeout: options.timeoutMs ?? TIMEOUT_MS,
            signal: options.signal,
        });
    }
    catch (cause) {
        throw new errors/* ReleaseError */.K2('portal-unreachable', {
            found: `The browser ${(0,lib_text/* cleanLine */.Ow)(executablePath, 200)} did not start: ${(0,lib_text/* cleanLine */.Ow)(messageOf(cause), 300)}.`,
            todo: 'Try it on the runner by hand, name another one in CHROME_BIN, or give portal-session instead.',
            cause,
        });
    }
}
const FLAGS = [
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-domain-reliability',
    '--disable-sync',
    '--disable-extensions',
    // A form that failed to load must not be sent again.
    '--disable-auto-reload',
    // Nothing around the proxy: loopback goes through it, no UDP, and no name is looked up, which would tell it to others.
    '--proxy-bypass-list=<-loopback>',
    '--disable-quic',
    '--webrtc-ip-handling-policy=disable_non_proxied_udp',
    // Its name in earlier versions.
    '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
    '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];
/** Chromium refuses to run as root with its sandbox, and jobs in a container run as root. The page is the portal's. */
const ROOT_FLAGS = ['--no-sandbox'];
/** A page whose session is off the record, and that cannot write what was typed to the disk. */
async function openPage(browser, options = {}) {
    const context = await browser.createBrowserContext({ ...options, downloadBehavior: { policy: 'deny' } });
    return context.newPage();
}
/** Nothing of the step's environment, where the inputs stand, but what a browser needs to run. */
function environmentOf(environment, folder) {
    const kept = ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'SYSTEMROOT', 'LANG'];
    const own = Object.entries(environment).filter(([name]) => kept.includes(name));
    const here = ['TMPDIR', 'TMP', 'TEMP', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'].map((name) => [name, folder]);
    return Object.fromEntries([...own, ...here]);
}
async function browser_login_close(browser) {
    if (!browser)
        return;
    const child = browser.process();
    const killer = setTimeout(() => child?.kill('SIGKILL'), 2_000);
    await browser.close().catch(() => child?.kill('SIGKILL'));
    clearTimeout(killer);
}
// --- The page --------------------------------------------------------------------------------------------------------
/** Logs in on a fresh page, and gives its cookies. */
async function logInOn(page, proxy, options) {
    const { profile, account } = options;
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    page.setDefaultTimeout(timeoutMs);
    const trace = traceOf(page, proxy);
    const form = await openForm(page, trace, options, timeoutMs);
    proxy.cutStaticHosts();
    try {
        await type(page, profile.login.username, account.username, form.origin);
        await type(page, profile.login.password, account.password, form.origin);
        if (profile.login.submit)
            await page.locator(profile.login.submit).click();
        else
            await page.keyboard.press('Enter');
        const sign = await waitForSign(page, options, timeoutMs);
        if (sign?.kind !== 'done')
            throw notLoggedIn(sign, trace, page, options);
    }
    catch (cause) {
        // The password may have been sent: whatever the error is, it is not sent again.
        if (cause instanceof errors/* ReleaseError */.K2)
            throw cause;
        throw new errors/* ReleaseError */.K2('portal-unauthorized', {
            found: `The login page broke off after the password was typed: ${safeLine(messageOf(cause), options)}.`,
            todo: NOT_AGAIN,
            cause,
        });
    }
    return cookiesOf(page, options);
}
function traceOf(page, proxy) {
    const trace = { proxy, asked: new Set(), pages: new Set(), failed: undefined };
    const hostOf = (request) => new URL(request.url()).host;
    const isPage = (request) => request.isNavigationRequest() && request.frame() === page.mainFrame();
    page.on('request', (request) => {
        trace.asked.add(hostOf(request));
        if (isPage(request))
            trace.pages.add(hostOf(request));
    });
    page.on('requestfailed', (request) => {
        const reason = request.failure()?.errorText ?? 'no response';
        // An aborted request gave way to another one.
        if (isPage(request) && !reason.includes('ERR_ABORTED'))
            trace.failed = { host: hostOf(request), reason };
    });
    return trace;
}
/** Hosts of browser vendors, which browsers contact by themselves. */
const MAKERS_HOSTS = /(^|\.)(google|googleapis|gstatic|gvt1|googleusercontent|microsoft|msn|bing|live)\.com(:\d+)?$/;
/** Hosts that the page was not allowed to reach, for a message. */
function blockedHosts({ proxy, asked }) {
    return [...proxy.blocked]
        .filter((host) => asked.has(host) || !MAKERS_HOSTS.test(host))
        .map((host) => (0,lib_text/* cleanLine */.Ow)(host, 100))
        .slice(0, 5);
}
/** A page without network traffic for this long is not going to show the fields. */
const IDLE_MS = 4_000;
/** Opens the candidates for the login page until one shows the fields, on a host that may receive the credentials. */
async function openForm(page, trace, options, timeoutMs) {
    const { login } = options.profile;
    const deadlineMs = Date.now() + timeoutMs;
    const candidates = [login.page].flat();
    const causes = [];
    for (const [index, path] of candidates.entries()) {
        const left = candidates.length - index;
        const shareMs = Math.max(1, deadlineMs - Date.now()) / left;
        const cause = await whyNoFields(page, new URL(path, options.origin), login, shareMs, left === 1);
        if (cause === undefined)
            return trustedAddress(page, trace);
        causes.push(cause);
        // The next one is on the same host.
        if (whyUnreachable(cause, trace, options) || CERTIFICATE.test(messageOf(cause)))
            break;
    }
    throw noForm(candidates, causes, trace, options);
}
/** Why the page does not show the fields; undefined where it does. A page that may still come is waited for only as the last. */
async function whyNoFields(page, url, login, timeout, isLast) {
    const end = new AbortController();
    try {
        const response = await page.goto(url.href, { waitUntil: 'domcontentloaded', timeout });
        const wait = { timeout, signal: end.signal };
        const fields = [login.password, login.username].map((field) => page.waitForSelector(field, { ...wait, visible: true }));
        const status = response?.status() ?? 200;
        const idleTime = status < 400 ? IDLE_MS : 500;
        const idle = isLast ? [] : [page.waitForNetworkIdle({ ...wait, idleTime }).then(() => 'idle')];
        const broken = page.waitForFunction(isErrorPage, { ...wait, polling: 200 }).then(() => 'error-page');
        const first = await Promise.race([Promise.all(fields), broken, ...idle]);
        if (first === 'error-page')
            return new Error('the browser shows an error page');
        return first === 'idle' ? new Error(status < 400 ? 'no such fields' : `HTTP ${status}`) : undefined;
    }
    catch (cause) {
        return cause;
    }
    finally {
        end.abort();
    }
}
/** Why the portal itself could not be reached, where that is the cause. */
function whyUnreachable(cause, { proxy }, { origin }) {
    return NET_ERROR.test(messageOf(cause)) ? proxy.failures.get(origin.host) : undefined;
}
/** How the browser names a request that failed. */
const NET_ERROR = /net::ERR/;
const CERTIFICATE = /ERR_CERT|ERR_SSL/;
function trustedAddress(page, trace) {
    const here = new URL(page.url());
    if (!trace.proxy.isTrusted(here))
        throw leadsElsewhere(here.host, 'nothing was typed');
    if (trace.proxy.reached.has(here.host))
        return here;
    throw new errors/* ReleaseError */.K2('portal-unreachable', {
        found: 'The browser does not use the proxy that keeps the password from other hosts, so nothing was typed.',
        todo: "Look for a policy on the runner that sets the browser's proxy, name another browser in CHROME_BIN, or give portal-session instead.",
    });
}
function leadsElsewhere(host, outcome) {
    const name = (0,lib_text/* cleanLine */.Ow)(host, 100);
    return new errors/* ReleaseError */.K2('portal-unexpected', {
        found: `The login page leads to ${name}, which is not among the hosts that may receive credentials: it was blocked, and ${outcome}.`,
        todo: `If ${name} belongs to your portal, name it in portal-hosts.`,
    });
}
function noForm(candidates, causes, trace, options) {
    const { origin, profile } = options;
    const { login } = profile;
    const elsewhere = [...trace.pages].find((host) => trace.proxy.blocked.has(host));
    if (elsewhere)
        return leadsElsewhere(elsewhere, 'nothing was typed');
    const reasons = causes.map((cause, index) => `${candidates[index]}: ${(0,lib_text/* cleanLine */.Ow)(messageOf(cause), 200)}`);
    const why = reasons.join('; ');
    const unreachable = whyUnreachable(causes.at(-1), trace, options);
    const found = unreachable
        ? `The browser could not open the login page on ${origin.host}: ${(0,lib_text/* cleanLine */.Ow)(unreachable, 200)}`
        : `The login page on ${origin.host} did not show ${login.username} and ${login.password} (${why})`;
    const blocked = blockedHosts(trace);
    const isCertificate = CERTIFICATE.test(why);
    return new errors/* ReleaseError */.K2('portal-unreachable', {
        found: `${found}.${keptFrom(blocked)}`,
        ...(blocked.length > 0 && {
            todo: `${NAME_THEM}, or in login.staticHosts of the profile if only files come from them.`,
        }),
        ...(isCertificate && {
            todo: "Install the portal's or the proxy's CA on the runner where its browser looks for it; NODE_EXTRA_CA_CERTS is not read by browsers.",
        }),
        transient: causes.every((cause) => NET_ERROR.test(messageOf(cause))) && !isCertificate,
        cause: causes.at(-1),
    });
}
const NAME_THEM = 'If one of these hosts belongs to your portal, name it in portal-hosts';
function keptFrom(hosts) {
    return hosts.length > 0 ? ` The page was kept from ${hosts.join(', ')}.` : '';
}
async function type(page, selector, value, origin) {
    const field = await page.waitForSelector(selector, { visible: true });
    const filled = field && (await field.evaluate(fillField, value, origin));
    if (filled)
        return;
    throw new errors/* ReleaseError */.K2('portal-unauthorized', {
        found: 'The login page went to another host before it was filled in.',
    });
}
async function waitForSign(page, options, timeoutMs) {
    const { login } = options.profile;
    const signs = {
        done: login.done,
        origin: options.origin.origin,
        own: `${login.username}, ${login.password}`,
        captcha: CAPTCHA,
        secondFactor: SECOND_FACTOR,
        message: MESSAGE,
        refusal: REFUSAL,
        settledMs: Date.now() + SETTLE_MS,
    };
    try {
        const handle = await page.waitForFunction(signOf, { timeout: timeoutMs, polling: 200 }, signs);
        return await handle.jsonValue();
    }
    catch (error) {
        if (error.name === 'TimeoutError')
            return undefined;
        throw error;
    }
}
/** reCAPTCHA, hCaptcha, Turnstile, and the slider of Alibaba's own products (nc, baxia, punish). */
const CAPTCHA = [
    ...['captcha', 'turnstile', 'punish', 'nocaptcha'].map((word) => `iframe[src*="${word}" i]`),
    ...['[id*="captcha" i]', '[class*="captcha" i]', '.nc-container', '[id^="nc_"]', '[class*="baxia"]'],
].join(', ');
const SECOND_FACTOR = [
    'autocomplete="one-time-code"',
    ...['otp', 'totp', 'mfa', '2fa', 'verif'].flatMap((word) => [`name*="${word}" i`, `id*="${word}" i`]),
]
    .map((attribute) => `input[${attribute}]`)
    .join(', ');
const MESSAGE = '[role="alert"], [class*="error" i], [class*="message" i], [class*="notice" i]';
/** English, Indonesian, Chinese. */
const REFUSAL = 'incorrect|invalid|wrong|failed|locked|disabled|not match|salah|gagal|terkunci|错误|不正确|失败|锁定';
const NOT_AGAIN = 'Check portal-username and portal-password by hand on the page; the password is not tried again, so that the account is not locked.';
function notLoggedIn(sign, trace, page, options) {
    if (sign?.kind === 'error-page')
        return errorPage(trace, options);
    const blocked = blockedHosts(trace);
    const refused = (found, todo) => new errors/* ReleaseError */.K2('portal-unauthorized', {
        found: `${found}${keptFrom(blocked)}`,
        todo: blocked.length > 0 ? `${NAME_THEM}. ${todo}` : todo,
    });
    const byHand = 'Log in by hand and give the cookie header in portal-session, or ask for an account for machines.';
    if (sign?.kind === 'captcha')
        return refused('The login page shows a captcha, which no machine may solve.', byHand);
    if (sign?.kind === 'second-factor')
        return refused('The login page asks for a second factor.', byHand);
    if (sign?.kind === 'refused')
        return refused(`The login was refused: ${safeLine(sign.text, options)}.`, NOT_AGAIN);
    return refused(`The address did not come to end in ${(0,lib_text/* cleanLine */.Ow)(options.profile.login.done, 100)}; it is ${safeLine(addressOf(page), options)}.`, NOT_AGAIN);
}
/** The browser shows an error of its own instead of the page that the login led to. */
function errorPage({ failed, proxy }, options) {
    const host = failed?.host ?? options.origin.host;
    if (proxy.blocked.has(host))
        return leadsElsewhere(host, 'the password did not reach it');
    const reason = proxy.failures.get(host) ?? failed?.reason ?? 'the browser shows an error page';
    return new errors/* ReleaseError */.K2('portal-unreachable', {
        found: `After the password was typed, ${(0,lib_text/* cleanLine */.Ow)(host, 100)} could not be reached: ${safeLine(reason, options)}.`,
        // It is not known whether the portal checked the password, so it is not sent again in this run.
        effect: 'unknown',
    });
}
/** The page's address without its query, which may hold secrets. */
function addressOf(page) {
    const { host, pathname, hash } = new URL(page.url());
    return `${host}${pathname}${hash.replace(/\?.*/, '')}`;
}
/** What a request to the portal's API would carry, and nothing of other hosts. */
async function cookiesOf(page, { origin, profile }) {
    const client = await page.createCDPSession();
    const { cookies } = await client.send('Network.getCookies', { urls: [`${origin.origin}${profile.basePath}/`] });
    if (cookies.length === 0) {
        throw new errors/* ReleaseError */.K2('portal-unexpected', { found: 'The login page let us in but set no cookie.' });
    }
    return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}
function safeLine(text, { redact }) {
    return (0,lib_text/* cleanLine */.Ow)(redact(text.slice(0, 2_000)), 300);
}
function messageOf(error) {
    return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}


/***/ })

};
