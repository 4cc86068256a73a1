/**
 * Promises 5 and 6 on the built action: a portal whose every text is hostile, and one that sends every secret back,
 * on every ending.
 */

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { afterAll, describe, expect, test } from 'vitest';
import { COMMON, newJob, runStep, type StepResult } from '../support/action.ts';
import { COOKIE } from '../support/portal.ts';
import { runShareOfTables } from '../support/thorough.ts';

runShareOfTables();

const HOSTILE = [
  '::set-env name=X::1',
  '\r::error::boo\n  ::stop-commands::x\n::add-path::/evil',
  '##[error]no ##[set-output name=verdict]succeeded',
  '\u001b[31mred\u001b]8;;https://evil.example\u0007',
  '<img src=https://evil.example/x.png onerror=alert(1)><script>alert(1)</script>',
  '[a](javascript:alert(1)) ![i](https://evil.example/i.png) https://evil.example www.evil.example',
  '| cell | @victim @org/team closes #12 GH-12 ghost/repo#7',
  '\u202egnp.exe\u2066 \u{e0041}\u{e0042}',
  '`$(touch PWNED)` "; touch PWNED; \' $(touch PWNED) ${IFS} & | > PWNED',
  '```\n</details><details open>\n# Headline\n-----',
].join(' ');

const closers: (() => unknown)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

interface Exchange {
  readonly operation: string;
  readonly isWrite: boolean;
  /** What came: the cookie, the query and the body. */
  readonly came: string;
}

async function portalThatSays(answer: (exchange: Exchange) => unknown): Promise<string> {
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const operation = (request.url ?? '').split('?')[0] ?? '';
    const came = `${request.headers.cookie ?? ''} ${body}`;
    const said = answer({ operation, isWrite: request.method === 'POST', came });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(
    () => server.close(),
    () => server.closeAllConnections(),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A release each of whose texts is `text`, but for those that must be read to get anywhere. */
const releaseSaying = (text: string, status = 'REJECTED') => ({
  version: '1.0.0',
  versionStatus: status,
  versionStatusDesc: text,
  publishId: text,
  approveComment: text,
  grayRatio: text,
  whitelistCount: text,
  gmtModified: text,
});
const historySaying = (text: string) => [{ type: text, operator: text, time: text, comment: text }];
const ok = (data: unknown, traceId: string) => ({ success: true, data, errorCode: '', errorMsg: '', traceId });
const no = (text: string, errorCode = text) => ({
  success: false,
  data: null,
  errorCode,
  errorMsg: text,
  traceId: text,
});

/** How a run may end, by what the portal says. The first takes no second look, and is of the share of npm test. */
const ENDINGS: Readonly<
  Record<string, { stage: string; verdict: string; says: (text: string) => (exchange: Exchange) => unknown }>
> = {
  pending: {
    stage: 'approval',
    verdict: 'pending',
    says: (text) => () => ok({ list: [releaseSaying(text, 'APPROVE')] }, text),
  },
  rejected: {
    stage: 'apply',
    verdict: 'rejected',
    says: (text) => (exchange) =>
      exchange.operation.includes('history')
        ? ok({ list: historySaying(text) }, text)
        : ok({ list: [releaseSaying(text)] }, text),
  },
  'an unknown status': {
    stage: 'release',
    verdict: 'failed',
    says: (text) => () => ok({ list: [releaseSaying(text, text)] }, text),
  },
  'a status of unknown words': {
    stage: 'status',
    verdict: 'unchanged',
    says: (text) => () =>
      ok({ list: [releaseSaying(text, text), { ...releaseSaying(text, text), version: text }] }, text),
  },
  'refused by the portal': {
    stage: 'release',
    verdict: 'refused',
    says: (text) => (exchange) =>
      exchange.isWrite ? no(text, 'STATUS_NOT_ALLOWED') : ok({ list: [releaseSaying(text, 'GRAY')] }, text),
  },
  'failed at a write': {
    stage: 'release',
    verdict: 'failed',
    says: (text) => (exchange) => (exchange.isWrite ? no(text) : ok({ list: [releaseSaying(text, 'GRAY')] }, text)),
  },
  'failed at the first look': { stage: 'status', verdict: 'failed', says: (text) => () => no(text) },
  'not logged in': { stage: 'status', verdict: 'failed', says: (text) => () => no(`not login ${text}`, '401') },
  'a shape that is none': { stage: 'status', verdict: 'failed', says: (text) => () => ({ [text]: text }) },
  'whitelisted and refused': {
    stage: 'whitelist',
    verdict: 'failed',
    says: (text) => (exchange) =>
      exchange.isWrite
        ? no(text)
        : ok({ list: [releaseSaying(text, 'PASSED'), { version: '0.9.0', versionStatus: 'ONLINE' }] }, text),
  },
};

/** Two that can be traced, and those that numbers, paths and fixed forms of the outputs hold by chance. */
const USER_IDS = ['user-id-4711-0815', 'müller+ä/=?&"quoted', ...'0123456789', 'true', 'false', 'tmp', 'PASSED'];
const SESSION = `${COOKIE}; lang=en; token=a+b/c=%22%5Cx-secret`;
const inputsFor = (url: string, stage: string) => ({
  ...COMMON,
  'portal-url': url,
  'portal-session': SESSION,
  version: '1.0.0',
  stage,
  'approval-timeout': '0s',
  ...(stage === 'whitelist' && { 'whitelist-ids': USER_IDS.join('\n') }),
});
const EVENT_ENV = Object.fromEntries(
  ['ACTOR', 'TRIGGERING_ACTOR', 'REF', 'REF_NAME', 'WORKFLOW', 'SHA', 'RUN_ID', 'RUN_ATTEMPT', 'REPOSITORY'].map(
    (name) => [`GITHUB_${name}`, HOSTILE.replaceAll('\0', '')],
  ),
);

describe.concurrent('hostile text in every field', () => {
  test.each(Object.entries(ENDINGS))('%s', async (_, { stage, verdict, says }) => {
    const url = await portalThatSays(says(HOSTILE));
    const env = { ...EVENT_ENV, GITHUB_EVENT_NAME: 'release', RUNNER_DEBUG: '1' };
    const event = { action: 'published', release: { tag_name: HOSTILE, body: HOSTILE, draft: false } };
    const step = await runStep(inputsFor(url, stage), { env, event });
    expect(step.outputs, step.log).toMatchObject({ verdict });
    expectHarmlessLog(step.log);
    expectHarmlessMarkdown(step.summary);
    expectHarmlessOutputs(step);
  });
});

/** Only our own commands, each on a line of its own, and nothing that moves a terminal. */
function expectHarmlessLog(log: string): void {
  expect(log).not.toMatch(/[\r\u001b\u0007\u202e\u2066]|[\u{e0000}-\u{e007f}]/u);
  expect(log).not.toContain('##[');
  const commands = log.split('\n').filter((line) => /^\s*::/.test(line));
  for (const line of commands) expect(line).toMatch(/^::(add-mask|group|endgroup|notice|warning|error|debug)::/);
}

function expectHarmlessMarkdown(markdown: string): void {
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  expect(html).not.toMatch(/<(img|script|iframe|h1>Headline)/i);
  expect(html).not.toMatch(/href="[^"]*(javascript|evil)/i);
  expect(html).not.toMatch(/(^|[\s>(])@(victim|org)/);
  expect(html).not.toMatch(/closes #12|GH-12\b|ghost\/repo#7/);
  expect(markdown).not.toMatch(/[\r\u001b\u202e\u2066]|[\u{e0000}-\u{e007f}]/u);
}

/** Pasted between the quotes of a script, as users do. */
function expectHarmlessOutputs({ outputs }: StepResult): void {
  const folder = mkdtempSync(join(tmpdir(), 'pasted-'));
  const { report: _, 'report-file': __, ...pasted } = outputs;
  for (const [name, value] of Object.entries(pasted)) expect(value, name).not.toMatch(/[\r\n`$"'\\;&|<>(){}]/);
  const lines = Object.values(pasted).flatMap((value) => [`: ${value}`, `: "${value}"`, `: '${value}'`]);
  writeFileSync(join(folder, 'script.sh'), lines.join('\n'));
  execFileSync('bash', ['script.sh'], { cwd: folder, stdio: 'ignore' });
  expect(existsSync(join(folder, 'PWNED'))).toBe(false);
  rmSync(folder, { recursive: true });
}

/** The secrets in each form that promise 5 names. */
const SECRETS = [SESSION, ...SESSION.split('; ').map((pair) => pair.slice(pair.indexOf('=') + 1)), ...USER_IDS]
  .filter((secret) => secret.length >= 8)
  .flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    JSON.stringify(secret).slice(1, -1),
  ]);

describe.concurrent('a portal that sends every secret back', () => {
  test.each(Object.entries(ENDINGS))('%s', async (_, { stage, verdict, says }) => {
    const echo = SECRETS.join(' ');
    const url = await portalThatSays((exchange) => says(`${echo} ${exchange.came}`.slice(0, 4_000))(exchange));
    const job = newJob();
    const step = await runStep(inputsFor(url, stage), { job, env: { RUNNER_DEBUG: '1', ACTIONS_STEP_DEBUG: 'true' } });
    expect(step.outputs, step.log).toMatchObject({ verdict });
    const secrets = stage === 'whitelist' ? SECRETS : SECRETS.filter((secret) => !isOfUser(secret));
    for (const secret of secrets) expect(step.everything).not.toContain(secret);
    // A short value, `lang=en`, masks nothing.
    expect(step.log).not.toContain('::add-mask::en\n');
    expect(step.report.miniappId).toBe(COMMON['miniapp-id']);
    expect(JSON.parse(readFileSync(step.outputs['report-file'], 'utf8'))).toEqual(step.report);
    job.close();
    expect(step.outputs).toMatchObject({ complete: String(step.report.complete), version: '1.0.0' });
  });
});

/** IDs are secret where they were given. */
function isOfUser(secret: string): boolean {
  return USER_IDS.some(
    (id) =>
      [id, encodeURIComponent(id), JSON.stringify(id).slice(1, -1)].includes(secret) ||
      Buffer.from(id).toString('base64').startsWith(secret),
  );
}
