/**
 * The README's pictures, from a real run on the sandbox: dist writes the summary and the report, Markdown is rendered
 * in GitHub's style, and chromium, which must be on the PATH (or named by CHROMIUM), takes the picture.
 *
 *     node scripts/pictures.ts           writes docs/images
 *     node scripts/pictures.ts --check   writes nothing; takes the code's pictures in both themes, at three scales, and
 *                                        fails where zbarimg does not read it
 *
 * Mermaid is fetched into a temporary folder: it is large, and only this script needs it.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { commentOf } from '../src/report/comment.ts';
import { drawQrCode } from '../src/report/qr-code.ts';
import type { Report } from '../src/report/report.ts';
import { newJob, runStep } from '../test/support/action.ts';

type Theme = 'light' | 'dark';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MERMAID = 'mermaid@12.3.0';
const WIDTH = 900;
const folder = mkdtempSync(join(tmpdir(), 'pictures-'));

try {
  if (process.argv.includes('--check')) await checkQrCode();
  else await takePictures();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function takePictures(): Promise<void> {
  const { summary, report } = await rollout();
  const images = join(ROOT, 'docs/images');
  mkdirSync(images, { recursive: true });
  execFileSync('npm', ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-package-lock', MERMAID]);
  photograph(pageOf(summary, 'light'), join(images, 'summary.png'), 1.5);
  const qrCode = await drawQrCode(report.previewUrl);
  photograph(pageOf(commentOf(report, { qrCode, isWaiting: false }), 'light'), join(images, 'comment.png'), 1.5);
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

function pageOf(markdown: string, theme: Theme): string {
  const css = readFileSync(join(ROOT, `node_modules/github-markdown-css/github-markdown-${theme}.css`), 'utf8');
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true })
    .replace(/<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g, '<pre class="mermaid">$1</pre>')
    .replace(/^<!--.*-->$/gm, '');
  const drawn = html.includes('class="mermaid"') ? mermaidScript() : '';
  return `<!doctype html><meta charset="utf-8"><style>${css}</style>
<style>body { margin: 0; background: ${theme === 'light' ? '#ffffff' : '#0d1117'} } .markdown-body { padding: 24px }
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
function photograph(page: string, file: string, scale: number): void {
  const html = join(folder, 'page.html');
  writeFileSync(html, page);
  const dom = chromium([`--window-size=${WIDTH},1000`, '--dump-dom', `file://${html}`]);
  const height = Number(/data-height="(\d+)"/.exec(dom)?.[1] ?? 1000);
  const size = [`--window-size=${WIDTH},${height}`, `--force-device-scale-factor=${scale}`, '--hide-scrollbars'];
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
