import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { createTransport } from '../../src/portal/transport.ts';
import { COMMON, runStep, type StepOptions } from '../support/action.ts';
import { type GitHubState, REPOSITORY, startGitHub, TOKEN } from '../support/github.ts';
import { COOKIE, startPortal, type TestPortalOptions } from '../support/portal.ts';
import { startProxy } from '../support/proxy.ts';
import { thoroughTest } from '../support/thorough.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));
const SHA = 'c'.repeat(40);
const PULL_REQUEST = {
  action: 'closed',
  pull_request: { number: 7, head: { repo: { full_name: REPOSITORY } } },
  repository: { full_name: REPOSITORY, private: true },
};

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

/** A portal, a GitHub, and steps of one repository that reach both. */
async function world(seed: TestPortalOptions = {}, state: Partial<GitHubState> = {}) {
  const portal = await startPortal({ seed: { versions: ['1.0.0', '1.1.0'] }, ...seed });
  const gitHub = await startGitHub(state);
  closers.push(portal.close, gitHub.close);
  const env = { ...gitHub.env, GITHUB_SHA: SHA, GITHUB_EVENT_NAME: 'pull_request' };
  const step = (inputs: Record<string, string>, options: StepOptions = {}) =>
    runStep({ ...portal.inputs, ...inputs }, { event: PULL_REQUEST, ...options, env: { ...env, ...options.env } });
  return { portal, gitHub, step };
}

describe.concurrent('a release on GitHub', () => {
  test('one comment tells of the wait and of the end; one deployment for a version follows it', async () => {
    const { gitHub, step } = await world({ rules: { review: { mode: 'approve', afterMs: 400 } } });
    const environment = { environment: 'production' };
    const applied = await step({ stage: 'submit, apply', version: '1.0.0', ...environment });
    expect(applied.outputs.verdict).toBe('succeeded');
    expect(gitHub.bodies.map((body) => body.split('\n')[1])).toEqual([
      expect.stringMatching(/^## ⏳ waiting: .* is in review on /),
      expect.stringMatching(/^## ✅ succeeded: .* is approved on /),
    ]);
    expect(gitHub.bodies[0]).toMatch(/As of \d{4}-\d\d-\d\d \d\d:\d\d UTC/);
    expect(gitHub.bodies[0]).toContain('waiting for the approval');
    expect(gitHub.bodies[0]).toContain('gopay:');
    await step({ stage: 'release', version: '1.0.0', ...environment });
    await step({ stage: 'status', version: '1.0.0', ...environment });
    expect(gitHub.comments.map(({ issue }) => issue)).toEqual([7]);
    expect(gitHub.comments[0]?.body).toContain('officially released');
    expect(gitHub.deployments.map(({ ref, statuses }) => [ref, ...statuses.map(({ state }) => state)])).toEqual([
      [SHA, 'in_progress', 'in_progress', 'success'],
    ]);
    expect(gitHub.violations).toEqual([]);
    expect(applied.everything).not.toContain(TOKEN);
  });

  thoroughTest('a token that may not write leaves the release green, and the warnings say what to add', async () => {
    const faults = [
      'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
      'POST /repos/{owner}/{repo}/deployments',
    ].map((route) => ({ route, status: 403, message: 'Resource not accessible by integration' }));
    const { step } = await world({}, { faults });
    const result = await step({ stage: 'submit', version: '1.0.0', environment: 'production', reapply: 'true' });
    expect(result.exitCode).toBe(0);
    expect(result.outputs.verdict).toBe('succeeded');
    expect(result.log).toMatch(/^::warning::The comment could not be written.*pull-requests: write/m);
    expect(result.everything).not.toContain(TOKEN);
  });

  thoroughTest('version: latest is the highest of all tags with the prefix', async () => {
    const tags = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`other-v9.0.${at}`, ['c']]));
    const { gitHub, step } = await world(
      {},
      { tags: { 'v1.0.0': ['c'], v2: ['c'], ...tags, 'v1.1.0': ['c'], 'v0.9.9': ['c'] } },
    );
    const result = await step(
      { stage: 'submit', version: 'latest', comment: 'off' },
      { env: { GITHUB_EVENT_NAME: 'schedule' } },
    );
    expect(result.outputs).toMatchObject({ verdict: 'succeeded', version: '1.1.0' });
    expect(gitHub.requests).toEqual(Array(2).fill('GET /repos/{owner}/{repo}/tags'));
    const rehearsed = await step({ stage: 'status', version: 'latest', 'portal-url': 'sandbox?state=grayscale' });
    expect(rehearsed.outputs).toMatchObject({ version: '1.1.0', state: 'grayscale' });
    gitHub.faults.push({ route: 'GET /repos/{owner}/{repo}/tags', status: 403 });
    const failed = await step({ stage: 'submit', version: 'latest' });
    expect(failed.outputs).toMatchObject({ verdict: 'failed', 'error-code': 'version-unresolved' });
    expect(failed.log).toContain('contents: read');
  });

  thoroughTest('an outsider gets a status and its comment, and nothing else', async () => {
    const { portal, gitHub, step } = await world({ seed: { versions: ['1.0.0'], live: '1.0.0' } });
    const env = { GITHUB_EVENT_NAME: 'issue_comment' };
    const event = {
      issue: { number: 8, pull_request: {} },
      comment: { body: '/release' },
      repository: { full_name: REPOSITORY },
    };
    const [status, release] = await Promise.all([
      step({ stage: 'status' }, { env, event }),
      step({ stage: 'status, release', package: 'x', 'whitelist-file': 'x', 'portal-profile': 'x' }, { env, event }),
    ]);
    expect(status.outputs.verdict).toBe('unchanged');
    expect(gitHub.comments.map(({ issue }) => issue)).toEqual([8]);
    expect(release.outputs).toMatchObject({ verdict: 'failed', 'error-code': 'input-invalid' });
    for (const name of ['stage', 'package', 'whitelist-file', 'portal-profile']) {
      expect(release.outputs.reason).toContain(`- ${name}: got`.replace('- ', ''));
    }
    expect(portal.effects()).toEqual([]);
  });

  thoroughTest('a cancelled run says so in the comment, though it was waiting', async () => {
    const { gitHub, step } = await world({ rules: { review: { mode: 'never' } } });
    const result = await step(
      { stage: 'submit, apply', version: '1.0.0' },
      {
        onStart: (child, logSoFar) =>
          child.stdout?.on(
            'data',
            () => /comment on pull request 7 was created/.test(logSoFar()) && child.kill('SIGINT'),
          ),
      },
    );
    expect(result.outputs.verdict).toBe('cancelled');
    expect(gitHub.bodies.at(-1)).toContain('cancelled');
  });

  thoroughTest('the client of GitHub is loaded only where something is written or read there', async () => {
    const { step } = await world();
    const chunks = readdirSync(DIST).filter(
      (name) => name.endsWith('.js') && /octokit/.test(readFileSync(join(DIST, name), 'utf8')),
    );
    expect(chunks.length).toBeGreaterThan(0);
    expect(chunks).not.toContain('index.js');
    const [without, dry, sandboxed, withComment] = await Promise.all([
      loaded((env) => step({ stage: 'status', comment: 'off' }, { env })),
      loaded((env) => step({ stage: 'submit', version: '1.0.0', 'dry-run': 'true', environment: 'x' }, { env })),
      loaded((env) => step({ stage: 'status' }, { env: { ...env, 'INPUT_GITHUB-TOKEN': undefined } })),
      loaded((env) => step({ stage: 'status' }, { env })),
    ]);
    for (const files of [without, dry, sandboxed]) expect(files.filter((name) => chunks.includes(name))).toEqual([]);
    expect(withComment.filter((name) => chunks.includes(name))).toEqual(chunks);
  });
});

describe.concurrent('proxies and private CAs', () => {
  const LOOK = { label: 'listReleases', access: 'read', patience: 'once', method: 'GET', headers: {} } as const;
  const PASSWORD = 'pr0xy/s3cret@4711';

  async function behindProxy() {
    const { portal, gitHub } = await world();
    const proxy = await startProxy({ 'portal.test': portal.url, 'api.github.test': gitHub.url }, 'runner', PASSWORD);
    closers.push(proxy.close);
    const env = {
      ...gitHub.env,
      GITHUB_API_URL: 'https://api.github.test',
      GITHUB_EVENT_NAME: 'pull_request',
      https_proxy: proxy.url,
      NODE_EXTRA_CA_CERTS: proxy.caFile,
    };
    const inputs = {
      ...COMMON,
      'portal-url': 'https://portal.test',
      'portal-hosts': 'portal.test',
      'portal-session': COOKIE,
    };
    const status = (changed: StepOptions['env'] = {}) =>
      runStep({ ...inputs, stage: 'status' }, { event: PULL_REQUEST, env: { ...env, ...changed } });
    return { proxy, gitHub, status };
  }

  function expectNoPassword(text: string): void {
    const forms = [PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(`runner:${PASSWORD}`).toString('base64')];
    for (const form of forms) expect(text).not.toContain(form);
  }

  thoroughTest('the portal and GitHub are reached through the proxy', async () => {
    const { proxy, gitHub, status } = await behindProxy();
    const result = await status();
    expect(result.outputs.verdict).toBe('unchanged');
    // One tunnel to the portal for all of its requests.
    expect(proxy.passed.filter((name) => name === 'portal.test:443')).toHaveLength(1);
    expect(proxy.passed).toContain('api.github.test:443');
    expect(result.log).not.toContain('Deprecation');
    expect(gitHub.comments).toHaveLength(1);
    expectNoPassword(result.everything);
  });

  thoroughTest('no_proxy is honoured', async () => {
    const { proxy, status } = await behindProxy();
    const result = await status({ no_proxy: 'api.github.test' });
    expect(result.outputs.verdict).toBe('unchanged');
    expect(result.log).toMatch(/^::warning::The comment could not be written. GitHub could not be reached/m);
    expect(proxy.passed).toEqual(['portal.test:443']);
    expectNoPassword(result.everything);
  });

  thoroughTest('no_proxy is honoured for the portal, on which a step would wait long', async () => {
    const { proxy } = await behindProxy();
    const controller = new AbortController();
    const send = () =>
      createTransport({
        hosts: ['portal.test'],
        clock: { now: Date.now, random: () => 0, sleep: async () => {} },
        signal: controller.signal,
      }).send({ ...LOOK, url: new URL('https://portal.test/x') });
    vi.stubEnv('https_proxy', proxy.url);
    // This process does not know the CA, but got as far as to be shown its certificate.
    await expect(send()).rejects.toMatchObject({ found: expect.stringContaining('not trusted') });
    expect(proxy.passed).toEqual(['portal.test:443']);
    vi.stubEnv('no_proxy', '.test');
    await expect(send()).rejects.toMatchObject({ found: expect.stringMatching(/ENOTFOUND|EAI_AGAIN|ECONNREFUSED/) });
    expect(proxy.passed).toHaveLength(1);
    vi.unstubAllEnvs();
  });

  thoroughTest('an unknown CA is refused by both, and a refused proxy password is not shown', async () => {
    const { proxy, gitHub, status } = await behindProxy();
    const untrusted = await status({ NODE_EXTRA_CA_CERTS: undefined });
    expect(untrusted.outputs['error-code']).toBe('portal-unreachable');
    expect(untrusted.log).toContain('NODE_EXTRA_CA_CERTS');
    expect(untrusted.log).toMatch(/^::warning::The comment could not be written.*NODE_EXTRA_CA_CERTS/m);
    const wrong = new URL(proxy.url);
    wrong.password = 'wr0ng-passw0rd';
    const sandbox = { 'INPUT_PORTAL-URL': 'sandbox?versions=1.0.0', https_proxy: wrong.href };
    const refused = await status(sandbox);
    expect(refused.exitCode).toBe(0);
    expect(refused.log).toMatch(/^::warning::The comment could not be written/m);
    expect(refused.everything).not.toContain('wr0ng-passw0rd');
    expect(proxy.refused).toBeGreaterThan(0);
    expect(gitHub.requests).toEqual([]);
  });
});

/** The files of dist that a step's process has run, as V8's own coverage lists them. */
async function loaded(step: (env: Record<string, string>) => Promise<unknown>): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'coverage-'));
  await step({ NODE_V8_COVERAGE: folder });
  const files = readdirSync(folder).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => basename(url));
  });
  rmSync(folder, { recursive: true, force: true });
  return files.filter((name) => name.endsWith('.index.js')).sort();
}
