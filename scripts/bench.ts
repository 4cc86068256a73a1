/**
 * `npm run bench`: what a run costs, as ratios measured side by side in one run. Prints Markdown; with `-- --write` it also puts
 * the figures into docs/performance.md, which holds one such run with the machine named. Linux only: peak memory is read from /proc.
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect as connectSocket, createServer as createTcpServer } from 'node:net';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { pollGapMs } from '../src/drive/wait.ts';
import type { Clock } from '../src/lib/clock.ts';
import { openPackage } from '../src/package/package.ts';
import { startSandbox } from '../src/sandbox/server.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist/');
const PAGE = join(ROOT, 'docs/performance.md');
const MINIAPP = '2088000000000000000001';
const SPACE = '2088000000000000000002';
const TARGET = 'GOPAY';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

// --- Cold start ------------------------------------------------------------------------------------------------------

/** From the start of a `status` to its first request on the wire and to its exit, against an empty Node process. */
async function coldStart(): Promise<string> {
  let onRequest = () => {};
  const respond: RequestListener = (_, response) => {
    onRequest();
    response.end('{"success":true,"data":{"list":[]}}');
  };
  const server = await listen(createServer(respond));
  const empty: number[] = [];
  const first: number[] = [];
  const exit: number[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'bench-start-'));
  const { certificate, ...tls } = selfSigned(folder);
  const secure = await listen(createSecureServer(tls, respond), 'https');
  const firstSecure: number[] = [];
  // Without them no outputs and no summary are written, and the exit would come too early.
  const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
  for (let round = 0; round < 31; round++) {
    for (const file of Object.values(files)) writeFileSync(file, '');
    empty.push(
      await timed(() =>
        exited(spawn(process.execPath, ['-e', '0'], { env: { PATH: process.env['PATH'] }, stdio: 'ignore' })),
      ),
    );
    const run = async (url: string, more = {}) => {
      const startMs = performance.now();
      const requested = new Promise<number>((resolve) => {
        onRequest = () => resolve(performance.now() - startMs);
      });
      const inputs = { 'portal-url': url, 'portal-session': 'a=b', stage: 'status' };
      const env = { ...files, RUNNER_TEMP: folder, ...more };
      const exiting = exited(step(inputs, env));
      const requestMs = await requested;
      await exiting;
      return { requestMs, exitMs: performance.now() - startMs };
    };
    firstSecure.push((await run(secure.url, { NODE_EXTRA_CA_CERTS: certificate })).requestMs);
    const { requestMs, exitMs } = await run(server.url);
    first.push(requestMs);
    exit.push(exitMs);
    if (statSync(files.GITHUB_OUTPUT).size === 0) throw new Error('the step wrote no outputs');
  }
  server.close();
  secure.close();
  rmSync(folder, { recursive: true });
  const row = (what: string, values: readonly number[]) =>
    `| ${what} | ${median(values).toFixed(0)} | ${(median(values) / median(empty)).toFixed(2)} |`;
  return [
    '### Cold start',
    '',
    '| | median ms | to an empty process |',
    '| --- | --- | --- |',
    row('`node -e 0`, start to exit', empty),
    row('`node dist/index.js`, start to first request', first),
    row('`node dist/index.js`, start to exit', exit),
    row('`node dist/index.js`, start to first request over HTTPS', firstSecure),
  ].join('\n');
}

/** A key and a certificate for 127.0.0.1, by openssl. */
function selfSigned(folder: string) {
  const [keyFile, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1'];
  const made = ['-keyout', keyFile, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...made], { stdio: 'ignore' });
  return { certificate, key: readFileSync(keyFile), cert: readFileSync(certificate) };
}

// --- Requests --------------------------------------------------------------------------------------------------------

/** Requests and connections of each stage, for a first release and for a later one, nothing going wrong. */
async function requests(): Promise<string> {
  const counts = new Map<string, string[]>();
  const build = folderOf(1_000);
  for (const live of ['1.0.0', undefined]) {
    const portal = await startSandbox({
      rules: { review: { mode: 'approve', afterMs: 0 } },
      seed: { appId: MINIAPP, spaceId: SPACE, channelCode: TARGET, ...(live && { live }) },
    });
    const counter = await countingProxy(portal.url);
    const stages: Record<string, string>[] = [
      { stage: 'upload', package: build },
      { stage: 'submit' },
      { stage: 'apply' },
      ...(live
        ? [
            { stage: 'whitelist', 'whitelist-ids': '628111, 628222' },
            { stage: 'grayscale', 'grayscale-ratio': '20' },
          ]
        : []),
      { stage: 'release' },
      { stage: 'status' },
    ];
    for (const inputs of stages) {
      counter.reset();
      const version = '1.1.0';
      await exited(step({ ...inputs, version, 'portal-url': counter.url, 'portal-session': 'a=b' }));
      if (counter.connections() !== 1)
        throw new Error(`${inputs['stage']} opened ${counter.connections()} connections`);
      const stage = inputs['stage'] ?? '';
      counts.set(stage, [...(counts.get(stage) ?? []), String(counter.requests())]);
    }
    counter.close();
    await portal.close();
  }
  rmSync(build, { recursive: true });
  const rows = [...counts].map(([stage, [later = '', first = '-']]) => `| ${stage} | ${first} | ${later} |`);
  return ['### Requests', '', '| stage | first release | later one |', '| --- | --- | --- |', ...rows].join('\n');
}

// --- Notice of an approval -------------------------------------------------------------------------------------------

interface Policy {
  readonly name: string;
  readonly gap: (waitedMs: number, isFirst: boolean) => number;
  readonly givesUpMs?: number;
}

const worstFirst: Clock = { now: () => 0, random: () => 0.999, sleep: async () => {} };
const POLICIES: readonly Policy[] = [
  {
    name: 'a sixteenth of the time waited, at least 2 s to 10 s (ours)',
    gap: (waitedMs, isFirst) => pollGapMs(waitedMs, isFirst, worstFirst),
  },
  {
    name: 'a tenth of the time waited, at least 2 s',
    gap: (waitedMs) => Math.min(Math.max(waitedMs / 10, 2_000), 5 * MINUTE),
  },
  { name: 'every 1 s, given up after 15 min', gap: () => 1_000, givesUpMs: 15 * MINUTE },
  { name: 'every 30 s', gap: () => 30_000 },
  { name: 'every 5 min', gap: () => 5 * MINUTE },
];

/** Looks made and the delay until an approval is noticed, on a fake clock. */
function notice(): string {
  const approvals = [MINUTE, 15 * MINUTE, 24 * HOUR, 2 * HOUR, 120 * HOUR, ...longTail(500)];
  const rows = POLICIES.map((policy) => {
    const cells = approvals.slice(0, 3).map((approvalMs) => {
      // An approval comes at no round time: the worst of a hundred between this and a tenth later.
      const seen = Array.from({ length: 100 }, (_, i) => simulate(policy, approvalMs * (1 + i / 1_000)));
      const looks = seen[0]?.looks;
      const delayMs = Math.max(...seen.map((each) => each?.delayMs ?? 0));
      return seen.includes(undefined) ? 'given up' : `${looks} looks, ${(delayMs / 1000).toFixed(0)} s`;
    });
    return `| ${[policy.name, ...cells, brokenBounds(policy, approvals)].join(' | ')} |`;
  });
  const head = ['policy', '1 min', '15 min', '24 h', 'bounds broken'];
  return [
    '### Notice of an approval',
    '',
    `Looks made by then, and the worst delay of an approval at that time or up to a tenth later. Bounds: a delay of at most a sixteenth of the time waited (10 s where that is less) and 5 min; 60 looks in 15 min; 350 in 24 h. The last column also counts approvals after 2 h, after 5 days, and ${approvals.length - 5} after a long-tailed random time.`,
    '',
    `| ${head.join(' | ')} |`,
    `|${' --- |'.repeat(head.length)}`,
    ...rows,
  ].join('\n');
}

function simulate(policy: Policy, approvalMs: number): { looks: number; delayMs: number } | undefined {
  let nowMs = 0;
  for (let looks = 1; ; looks++) {
    nowMs += policy.gap(nowMs, looks === 1);
    if (nowMs >= approvalMs) return { looks, delayMs: nowMs - approvalMs };
    if (policy.givesUpMs && nowMs >= policy.givesUpMs) return undefined;
  }
}

function brokenBounds(policy: Policy, approvals: readonly number[]): string {
  const broken = new Set<string>();
  for (const approvalMs of approvals) {
    const seen = simulate(policy, approvalMs);
    if (!seen) broken.add('gives up');
    // The look that notices lies at most a sixteenth of the time waited before it, so of the time at its end.
    else if (seen.delayMs > Math.min(Math.max(approvalMs / 16, 10_000), 5 * MINUTE)) broken.add('delay');
  }
  const looksWithin = (ms: number) => simulate({ ...policy, givesUpMs: Number.POSITIVE_INFINITY }, ms)?.looks ?? 0;
  if (looksWithin(15 * MINUTE) > 60) broken.add('looks in 15 min');
  if (looksWithin(24 * HOUR) > 350) broken.add('looks in 24 h');
  return [...broken].join(', ') || 'none';
}

/** Times between a minute and some days, most of them short; the same in every run. */
function longTail(count: number): number[] {
  const random = seeded(42);
  return Array.from({ length: count }, () => MINUTE * Math.min((1 - random()) ** -1.2, 10_000));
}

/** A thousand jobs that begin within a minute: the peak rate of their looks in minutes 5 to 15 against the mean. */
function crowd(): string {
  const random = seeded(7);
  const clock: Clock = { now: () => 0, random, sleep: async () => {} };
  const perSecond = new Array<number>(600).fill(0);
  for (let job = 0; job < 1_000; job++) {
    const startMs = random() * MINUTE;
    for (let waitedMs = 0, looks = 1; waitedMs < 16 * MINUTE; looks++) {
      waitedMs += pollGapMs(waitedMs, looks === 1, clock);
      const second = Math.floor((startMs + waitedMs - 5 * MINUTE) / 1_000);
      if (second >= 0 && second < perSecond.length) perSecond[second] = (perSecond[second] ?? 0) + 1;
    }
  }
  const mean = perSecond.reduce((sum, count) => sum + count, 0) / perSecond.length;
  const peak = Math.max(...perSecond);
  return [
    '### A thousand jobs',
    '',
    `Begun within a minute; minutes 5 to 15: ${mean.toFixed(1)} looks a second on average, ${peak} at the peak, ${(peak / mean).toFixed(1)} times the mean.`,
  ].join('\n');
}

// --- Growth ----------------------------------------------------------------------------------------------------------

/** Time and peak memory of a step as what it carries grows. */
async function growth(): Promise<string> {
  const rows: string[] = [];
  const measure = async (what: string, inputs: Record<string, string>, seed: object = {}, env = {}) => {
    const portal = await startSandbox({
      rules: { review: { mode: 'approve', afterMs: 0 } },
      seed: { appId: MINIAPP, spaceId: SPACE, channelCode: TARGET, ...seed },
    });
    const counter = await countingProxy(portal.url);
    const startMs = performance.now();
    const child = step({ 'portal-url': counter.url, 'portal-session': 'a=b', ...inputs }, env);
    const peak = peakMemory(child.pid ?? 0);
    const code = await exited(child);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    rows.push(`| ${what} | ${seconds} | ${peak()} | ${counter.requests()} | ${code === 0 ? 'green' : 'red'} |`);
    counter.close();
    await portal.close();
  };
  const approved = { live: '1.0.0', version: '1.1.0', state: 'approved' };
  await measure('status (the base)', { stage: 'status', version: '1.1.0' }, approved);
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  for (const count of [100, 10_000, 100_000, 1_000_000]) {
    writeFileSync(join(folder, 'ids.txt'), Array.from({ length: count }, (_, i) => 628_000_000_000 + i).join('\n'));
    const inputs = { stage: 'whitelist', version: '1.1.0', 'whitelist-file': 'ids.txt' };
    await measure(`whitelist of ${count} IDs`, inputs, approved, { GITHUB_WORKSPACE: folder });
  }
  for (const megabytes of [1, 20, 200]) {
    const build = folderOf(megabytes * 1_000_000);
    await measure(
      `upload of ${megabytes} MB`,
      { stage: 'upload', version: '1.1.0', package: build },
      {},
      {
        GITHUB_WORKSPACE: build,
      },
    );
    rmSync(build, { recursive: true });
  }
  const versions = Array.from({ length: 10_000 }, (_, i) => `0.${Math.floor(i / 100)}.${i % 100}`);
  await measure('submit, the version newest of 10,000', { stage: 'submit', version: '0.99.99' }, { versions });
  await measure('submit, the version oldest of 10,000', { stage: 'submit', version: '0.0.0' }, { versions });
  rmSync(folder, { recursive: true });
  return ['### Growth', '', '| step | s | peak MB | requests | |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

// --- Folders of many small files ---------------------------------------------------------------------------------------

/** A build folder packed and checked, against `zip -r` of the same folder, in turns. */
async function manyFiles(): Promise<string> {
  const rows: string[] = [];
  const tempDir = mkdtempSync(join(tmpdir(), 'bench-zip-'));
  for (const count of [10, 1_000, 5_000, 50_000]) {
    const folder = smallFiles(count);
    const [ours, zip]: [number[], number[]] = [[], []];
    for (let round = 0; round < (count > 10_000 ? 3 : 7); round++) {
      const file = join(tempDir, `${round}.zip`);
      zip.push(await timed(() => exited(spawn('zip', ['-qr', file, '.'], { cwd: folder }))));
      rmSync(file);
      ours.push(await timed(async () => (await openPackage('.', { workspace: folder, tempDir })).close()));
    }
    rmSync(folder, { recursive: true });
    const [oursMs, zipMs] = [median(ours), median(zip)];
    rows.push(`| ${count} | ${zipMs.toFixed(0)} | ${oursMs.toFixed(0)} | ${(oursMs / zipMs).toFixed(1)} |`);
  }
  rmSync(tempDir, { recursive: true });
  const head = ['### Folders of many small files', '', '| files | `zip -r`, ms | packed and checked, ms | ratio |'];
  return [...head, '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** Scripts of 1 to 4 kB, in 50 folders. */
function smallFiles(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-files-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  for (let part = 0; part < 50; part++) mkdirSync(join(folder, `part-${part}`));
  for (let at = 1; at < count; at++) {
    const lines = Array.from(
      { length: 20 + (at % 60) },
      (_, i) => `export const value${i} = (a, b) => a * ${at * i} + b;`,
    );
    writeFileSync(join(folder, `part-${at % 50}`, `${at}.js`), lines.join('\n'));
  }
  return folder;
}

// --- Size ------------------------------------------------------------------------------------------------------------

/** What a chunk is there for, by a text that only it holds; ncc numbers them. The first that fits counts. */
const REASONS: readonly (readonly [text: string, reason: string])[] = [
  ['ghadelimiter_', 'every run, while the portal responds: stages, outputs, summary'],
  ['<!-- gopay-miniapp-release', 'the comment: its text'],
  ['in_progress', 'the deployment: its text'],
  ['octokit-core.js', '@actions/github: where a comment, a deployment or tags are asked for'],
  ['Page.navigate', 'puppeteer-core: the login in a browser'],
  ['proxy-agent', 'puppeteer-core: an optional package, which dist has not'],
  ['detectBrowserPlatform:', 'puppeteer-core: names of its installer'],
  ['unknown placeholder', 'a profile of your own, checked'],
  ['--no-first-run', 'the login in a browser: ours'],
  ['ZodError', 'zod: for a profile of your own, and for the sandbox'],
  ['end of central directory', 'yauzl: checks a package'],
  ['directory is damaged after', 'upload: zips and checks a package'],
  ['issues/comments', 'the comment, the deployment, the tags: ours'],
  ['current-password', 'the sandbox: its server'],
  ['RATIO_MUST_INCREASE', "the sandbox: the portal's rules"],
  ['"sandbox?name=value', 'the sandbox: its options'],
  ['Version value out of range', 'uqr: the QR code of a preview'],
  ['createTunnelAgent:', 'a proxy on the way'],
  ['healthy', "the canary's health check"],
  ['undici', "undici and the toolkit's HTTP client: with @actions/github"],
];

/** Files with names of their own: the programs, and what one of them alone loads. */
const OWN: Readonly<Record<string, string>> = {
  'index.js': 'every run',
  'demo/index.js': 'the page of the demo; jobs do not download it',
  'learn.js': 'the start of learn/index.js',
  'learn/index.js': 'a program of its own: learns a portal from a recording',
  'learn/recording.js': 'the same: the calls of a recording',
  'learn/watch.js': 'the same: watches you in a browser',
  'puppeteer/index.js': 'puppeteer-core for the action and for learn: its loader',
};

/** The sizes of dist, and of what a job downloads: `git archive` of the last commit, packed as GitHub packs it. */
function size(): string {
  const archive = execFileSync('git', ['archive', 'HEAD'], { cwd: ROOT, maxBuffer: 64 * 1024 ** 2 });
  const downloadKb = (gzipSync(archive, { level: 9 }).length / 1000).toFixed(0);
  const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));
  const rows = files.map((name) => {
    const text = readFileSync(join(DIST, name), 'utf8');
    const own = OWN[name];
    const reason = own ?? REASONS.find(([marker]) => text.includes(marker))?.[1] ?? 'UNKNOWN: name it in REASONS';
    return { name, kb: statSync(join(DIST, name)).size / 1000, reason };
  });
  const format = (name: string, kb: number, reason: string) => `| ${name} | ${kb.toFixed(1)} | ${reason} |`;
  const large = rows
    .filter(({ kb }) => kb >= 15)
    .sort((a, b) => Number(b.reason === 'every run') - Number(a.reason === 'every run'));
  const small = rows.filter(({ kb }) => kb < 15);
  const sorted = [
    ...large.map(({ name, kb, reason }) => format(name, kb, reason)),
    format(
      `${small.length} smaller ones`,
      small.reduce((sum, { kb }) => sum + kb, 0),
      'such as the health check or a proxy',
    ),
  ];
  return [
    '### Size of dist',
    '',
    `A job downloads ${downloadKb} kB: \`git archive HEAD | gzip -9\`.`,
    '',
    '| file | kB | loaded for |',
    '| --- | --- | --- |',
    ...sorted,
  ].join('\n');
}

// --- What the sections share -----------------------------------------------------------------------------------------------------------

function step(inputs: Record<string, string>, env: Record<string, string> = {}) {
  const all: Record<string, string> = { 'miniapp-id': MINIAPP, 'space-id': SPACE, 'target-app': TARGET, ...inputs };
  const variables = Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const workspace = all['package'] ?? tmpdir();
  return spawn(process.execPath, [`${DIST}index.js`], {
    env: { PATH: process.env['PATH'], GITHUB_WORKSPACE: workspace, ...Object.fromEntries(variables), ...env },
    stdio: 'ignore',
  });
}

function exited(child: ReturnType<typeof spawn>): Promise<number | null> {
  return new Promise((resolve) => child.on('exit', resolve));
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await act();
  return performance.now() - startMs;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** The largest resident size that the process has had, in MB, as the kernel counts it. */
function peakMemory(pid: number): () => string {
  let peakKb = 0;
  const timer = setInterval(() => {
    try {
      const line = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
      peakKb = Math.max(peakKb, Number(line?.[1] ?? 0));
    } catch {
      clearInterval(timer);
    }
  }, 5);
  return () => {
    clearInterval(timer);
    return (peakKb / 1024).toFixed(0);
  };
}

/** A build folder of about so many bytes that do not compress. */
function folderOf(bytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'bench-build-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  mkdirSync(join(folder, 'assets'));
  const random = seeded(1);
  const chunk = Buffer.from(Uint32Array.from({ length: 250_000 }, () => random() * 2 ** 32).buffer);
  for (let at = 0; at < bytes; at += chunk.length) {
    chunk.writeUInt32LE(at, 0);
    writeFileSync(join(folder, 'assets', `${at}.bin`), chunk.subarray(0, Math.min(chunk.length, bytes - at)));
  }
  return folder;
}

/** mulberry32: small, seeded, good enough to spread numbers. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function listen(server: Server, scheme = 'http'): Promise<{ url: string; close: () => void }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Passes bytes on and counts what passes: connections, and requests by their request lines. */
async function countingProxy(target: string) {
  let connections = 0;
  let requestCount = 0;
  const server = createTcpServer((socket) => {
    connections++;
    const upstream = connectSocket(Number(new URL(target).port), '127.0.0.1');
    socket.on('data', (data) => {
      if (/^(GET|POST) \S+ HTTP\/1\.1\r\n/.test(data.subarray(0, 2_000).toString('latin1'))) requestCount++;
    });
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on('error', () => end.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requestCount,
    connections: () => connections,
    reset: () => {
      connections = 0;
      requestCount = 0;
    },
    close: () => server.close(),
  };
}

// --- The run ---------------------------------------------------------------------------------------------------------

const sections = [coldStart, requests, notice, crowd, growth, manyFiles, size];
const isWritten = process.argv.includes('--write');
const only = process.argv.slice(2).find((argument) => argument !== '--write');
const load = loadavg()[0]?.toFixed(1);
const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.version}, ${process.platform}`;
console.log(`${machine}, load ${load}\n`);
for (const section of sections) {
  if (only && section.name !== only) continue;
  const text = await section();
  console.log(`${text}\n`);
  if (isWritten) writeFileSync(PAGE, inPage(readFileSync(PAGE, 'utf8'), text));
}
if (isWritten && !only) {
  const onWhat = /load of [\d.]+(\s+at its start on ).*linux/;
  writeFileSync(PAGE, readFileSync(PAGE, 'utf8').replace(onWhat, `load of ${load}$1${machine}`));
}

/** The page with a section's table, and its sentence with figures, in place of those under the same heading. */
function inPage(page: string, section: string): string {
  const [heading = '', ...lines] = section.split('\n');
  const table = lines.filter((line) => line.startsWith('|')).join('\n');
  const figures = lines.find((line) => /^(Begun within|A job downloads)/.test(line));
  const parts = page.split(/^(?=## )/m).map((part) => {
    if (!part.startsWith(`${heading.slice(1)}\n`)) return part;
    const withTable = table === '' ? part : part.replace(/^\|.*(?:\n\|.*)*/m, () => table);
    return figures === undefined ? withTable : withTable.replace(/^(Begun within|A job downloads).*/m, () => figures);
  });
  return parts.join('');
}
