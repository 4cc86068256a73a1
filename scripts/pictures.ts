/**
 * The README's pictures, from a real run on the sandbox: dist writes the summary and the report, Markdown is rendered
 * in GitHub's style, and chromium, which must be on the PATH (or named by CHROMIUM), takes the picture. That of the first
 * day shows what `learn watch` printed while it watched a demo portal, beside that portal's page.
 *
 *     node scripts/pictures.ts           writes docs/images
 *     node scripts/pictures.ts --look    writes summary and comment, 1280 and 390 pixels wide, light and dark, to build/look
 *     node scripts/pictures.ts --check   writes nothing; takes the code's pictures in both themes, at three scales, and
 *                                        fails where zbarimg does not read it
 *
 * Mermaid is fetched into a temporary folder: it is large, and only this script needs it.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { watch } from '../src/learn/watch.ts';
import { commentOf } from '../src/report/comment.ts';
import { drawQrCode } from '../src/report/qr-code.ts';
import type { Report } from '../src/report/report.ts';
import { newJob, runStep } from '../test/support/action.ts';
import { startGuidePortal } from '../test/support/guide-page.ts';

type Theme = 'light' | 'dark';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MERMAID = 'mermaid@12.3.0';
const WIDTH = 900;
const SHOWN_ADDRESS = 'https://portal.example';
const folder = mkdtempSync(join(tmpdir(), 'pictures-'));

/** The page of a release on a demo portal, with the guide's buttons. */
const PORTAL_PAGE = `<style>
.portal { font: 14px/1.5 "DejaVu Sans", sans-serif; color: #1f2328; padding: 20px 24px }
.portal h1 { font-size: 20px; margin: 0 0 2px } .portal h2 { font-size: 14px; margin: 20px 0 8px }
.portal p { margin: 0; color: #59636e } .portal nav { margin: 14px 0; border-bottom: 1px solid #d1d9e0 }
.portal nav span { display: inline-block; padding: 6px 12px } .portal nav .on { border-bottom: 2px solid #00880d }
.portal button { font: inherit; padding: 5px 12px; margin: 0 8px 0 0; border: 1px solid #00880d; border-radius: 6px;
  background: #fff; color: #00880d } .portal button.main { background: #00880d; color: #fff }
.portal .ok { color: #00880d }
</style><div class="portal">
<h1>Demo MiniApp</h1><p>Version 1.1.0 on GOPAY</p>
<nav><span>Versions</span><span class="on">Release</span><span>My Request</span></nav>
<h2>Version Creation <span class="ok">&#10003;</span></h2><button>Apply Release</button>
<h2>Submit for Review <span class="ok">&#10003;</span></h2><p>Approved by the target app administrator</p>
<h2>Pilot test</h2><button>Setting Whitelist</button><button>Start Testing</button>
<h2>Canary release: 20%</h2><button>Set Grayscale</button><button class="main">Start Grayscale</button>
<h2>Official release</h2><button>Officially Release</button>
</div>`;

/** A person's way through that page until the rollout has begun. */
const PERSON = `
document.body.innerHTML = ${JSON.stringify(PORTAL_PAGE)};
const click = (text, work) => new Promise((resolve) => {
  const button = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === text);
  button.addEventListener('click', async () => resolve(await work()), { once: true });
  button.click();
});
const at = '/app/publish/version/';
await press('Release');
await press('All No', () => call(at + 'create', { ...IDS, version: VERSION, changelog: '', artifactList: [] }));
await click('Apply Release', () => call(at + 'startApprove', release));
await click('Setting Whitelist', () => call(at + 'gray/whitelist/add', { ...release, userIds: ['1'] }));
await click('Start Testing', () => call(at + 'gray/startBeta', release));
await click('Set Grayscale', () => call(at + 'gray/setRatio', { ...release, ratio: 20 }));
await click('Start Grayscale', () => call(at + 'gray/start', release));
await done();
`;

try {
  if (process.argv.includes('--check')) await checkQrCode();
  else if (process.argv.includes('--look')) await takeToLookAt();
  else await takePictures();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function takePictures(): Promise<void> {
  const images = join(ROOT, 'docs/images');
  mkdirSync(images, { recursive: true });
  photograph(sideBySide(await watchedTerminal()), join(images, 'watch.webp'), 1, 1280);
  for (const [name, text] of Object.entries(await texts()))
    photograph(pageOf(text, 'light'), join(images, `${name}.png`), 1.5);
}

/** On a wide screen and on a phone. */
async function takeToLookAt(): Promise<void> {
  const look = join(ROOT, 'build/look');
  mkdirSync(look, { recursive: true });
  for (const [name, text] of Object.entries(await texts()))
    for (const theme of ['light', 'dark'] as const)
      for (const width of [1280, 390])
        photograph(pageOf(text, theme, width), join(look, `${name}-${width}-${theme}.png`), 1, width);
}

/** The summary and comment of a rollout, and what draws their picture. */
async function texts(): Promise<{ summary: string; comment: string }> {
  const { summary, report } = await rollout();
  execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-package-lock', MERMAID]);
  const qrCode = await drawQrCode(report.previewUrl);
  return { summary, comment: commentOf(report, { qrCode, isWaiting: false }) };
}

/** A second release at 20% of a ramp, held until tomorrow. */
async function rollout(): Promise<{ summary: string; report: Report }> {
  const job = newJob();
  const inputs = {
    stage: 'grayscale',
    'portal-url': 'sandbox?live=1.3.0&state=approved',
    'miniapp-id': '2088000000000000000001',
    'space-id': '2088000000000000000002',
    'target-app': 'GOPAY',
    version: '1.4.0',
    comment: 'off',
    'show-preview': 'true',
  };
  const env = { GITHUB_ACTOR: 'octocat', GITHUB_REPOSITORY: 'your-org/your-miniapp' };
  try {
    await runStep({ ...inputs, 'grayscale-ratio': '5, 20', 'grayscale-soak': '0s' }, { job, env });
    const ramp = { 'grayscale-ratio': '5, 20, 50', 'grayscale-soak': '1d', 'soak-mode': 'resume' };
    return await runStep({ ...inputs, ...ramp }, { job, env });
  } finally {
    job.close();
  }
}

/** What the terminal shows of it in the end. */
async function watchedTerminal(): Promise<string> {
  const portal = await startGuidePortal({ '/': PERSON });
  const stdin = new PassThrough();
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 40 });
  void portal.done.then(() => stdin.end());
  try {
    await watch({ address: portal.url, headless: true, stdin, stdout, env: { ...process.env, TMPDIR: folder } });
  } finally {
    await portal.close();
  }
  const text = String(stdout.read()).replaceAll(portal.url, SHOWN_ADDRESS);
  // The heading, and the list as it was drawn last.
  const [first = '', ...redrawn] = text.split(/\x1b\[\d+A\x1b\[J/);
  return `$ node dist/learn.js watch ${SHOWN_ADDRESS}\n${first.slice(0, first.indexOf('[ ]'))}${redrawn.at(-1) ?? ''}`;
}

function sideBySide(terminal: string): string {
  const text = terminal.trimEnd().replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 0; padding: 16px; display: flex; gap: 16px; width: 1248px; background: #fff }
section { border: 1px solid #d1d9e0; border-radius: 8px; overflow: hidden } .terminal { width: 700px; background: #0d1117 }
.window { flex: 1 } pre { margin: 0; padding: 16px; color: #e6edf3; font: 13px/1.5 "DejaVu Sans Mono", monospace }
header { font: 13px "DejaVu Sans", sans-serif; padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0 }
</style><section class="terminal"><pre>${text}</pre></section>
<section class="window"><header>${SHOWN_ADDRESS}</header>${PORTAL_PAGE}</section>
<script>document.body.dataset.height = document.body.scrollHeight</script>`;
}

async function checkQrCode(): Promise<void> {
  const url = 'gopay://mini-app/windvane?app_id=2088000000000000000001&publish_id=2088517340291664370013';
  const markdown = await drawQrCode(url);
  for (const theme of ['light', 'dark'] as const) {
    for (const scale of [1, 1.5, 2]) {
      const picture = join(folder, `${theme}-${scale}.png`);
      photograph(pageOf(markdown, theme), picture, scale);
      const { stdout, error } = spawnSync('zbarimg', ['-q', '--raw', picture], { encoding: 'utf8' });
      if (error) throw error;
      const isRead = stdout.split('\n').includes(url);
      console.log(`${theme} theme at scale ${scale}: ${isRead ? 'read' : 'NOT READ'}`);
      if (!isRead) process.exitCode = 1;
    }
  }
}

function pageOf(markdown: string, theme: Theme, width = WIDTH): string {
  const css = readFileSync(join(ROOT, `node_modules/github-markdown-css/github-markdown-${theme}.css`), 'utf8');
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true })
    .replace(/<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g, '<pre class="mermaid">$1</pre>')
    .replace(/^<!--.*-->$/gm, '');
  const drawn = html.includes('class="mermaid"') ? mermaidScript() : '';
  return `<!doctype html><meta charset="utf-8"><style>${css}</style>
<style>body { margin: 0; background: ${theme === 'light' ? '#ffffff' : '#0d1117'} } .markdown-body { padding: 24px; box-sizing: border-box; max-width: ${width}px }
.markdown-body pre.mermaid { background: none; text-align: center }</style>
<article class="markdown-body">${html}</article>${drawn}
<script>addEventListener('load', () => setTimeout(() => document.body.dataset.height = document.body.scrollHeight, 3000))</script>`;
}

function mermaidScript(): string {
  const code = readFileSync(join(folder, 'node_modules/mermaid/dist/mermaid.min.js'), 'utf8').replaceAll(
    '</script',
    '<\\/script',
  );
  return `<script>${code}</script><script>mermaid.initialize({ startOnLoad: true, securityLevel: 'strict' })</script>`;
}

/** Twice: the first time to learn how high the page is. */
function photograph(page: string, file: string, scale: number, width = WIDTH): void {
  const html = join(folder, 'page.html');
  writeFileSync(html, page);
  const dom = chromium([`--window-size=${width},1000`, '--dump-dom', `file://${html}`]);
  const height = Number(/data-height="(\d+)"/.exec(dom)?.[1] ?? 1000);
  const size = [`--window-size=${width},${height}`, `--force-device-scale-factor=${scale}`, '--hide-scrollbars'];
  chromium([...size, `--screenshot=${file}`, `file://${html}`]);
}

/** Offline and without leftovers. */
function chromium(args: readonly string[]): string {
  const profile = mkdtempSync(join(folder, 'chromium-'));
  const quiet = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--virtual-time-budget=5000',
    `--user-data-dir=${profile}`,
  ];
  return execFileSync(process.env['CHROMIUM'] ?? 'chromium', [...quiet, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 64 * 1024 * 1024,
  });
}
