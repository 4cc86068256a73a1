import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newJob, runStep, type StepResult } from '../support/action.ts';
import { COOKIE } from '../support/portal.ts';
import { annotation, expectWhole, withScene } from '../support/scene.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

const LATER = { versions: ['1.0.0', '1.1.0', '1.2.0'], live: '1.0.0' };
const SECRETS = ['hunter2-hunter2', 'robot-4711', 'c0ffee-secret-session-4711', '77001234', 'pa55-in-address'];

function expectInvalid(result: StepResult, ...faults: (RegExp | string)[]): void {
  expect(result.outputs).toMatchObject({ verdict: 'failed', 'error-code': 'input-invalid', changed: 'false' });
  const text = annotation(result);
  for (const fault of faults) expect(text).toMatch(fault);
  expect(text.match(/^- /gm)).toHaveLength(faults.length);
}

/** As a person reads it in the summary, where every character that means something to Markdown is escaped. */
function plain(text: string): string {
  const characters = text.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
  return characters.replaceAll('\u200b', '');
}

describe.concurrent('faults', () => {
  test('are told all at once, show no secret, and nothing is sent', async () => {
    await withScene({ portal: { seed: LATER } }, async ({ wire, step }) => {
      const result = await step({
        stage: 'sumbit, apply',
        'portal-hosts': 'https://evil.com',
        'miniapp-id': '2.088E+21',
        // What stands in the wrong place is a secret all the same.
        'space-id': 'hunter2-hunter2!',
        'target-app': `${COOKIE}\u00e9`,
        version: '1.1',
        'portal-password': 'hunter2-hunter2',
        'portal-session': `${COOKIE}\u00e9`,
        'whitelist-ids': `77001234, 1\u200b2`,
        'tag-prefix': 'x'.repeat(65),
        'health-url': 'https://robot:pa55-in-address@example.com',
        dry_run: 'true',
      });
      expectInvalid(
        result,
        /^- dry_run: no such input; did you mean dry-run\?$/m,
        /^- stage: got "sumbit, apply"; takes one or more of .*did you mean submit\?/m,
        /^- portal-hosts: got "https:\/\/evil\.com"; takes host names/m,
        /^- miniapp-id: got "2\.088E\+21"; takes .*in quotes.*YAML/m,
        /^- space-id: got "\*\*\*!"; takes 1 to 64/m,
        /^- target-app: got "\*\*\*"; takes 1 to 64/m,
        /^- version: got "1\.1"; takes .*unquoted 1\.10/m,
        /^- portal-session: got a value that is not shown; takes a cookie header/m,
        /^- portal-username: missing; /m,
        /^- whitelist-ids: got a value that is not shown; takes .*line 1/m,
        /^- tag-prefix: got more than 64 characters/m,
        /^- health-url: got a value that is not shown; takes an https address/m,
      );
      const shown = plain(result.everything);
      for (const secret of SECRETS) expect(shown.includes(secret), `${secret} is shown`).toBe(false);
      expect(wire.seen).toEqual([]);
      expect(wire.connections).toBe(0);
    });
  });

  test('of the event and of the environment are told with the others', async () => {
    await withScene({ portal: { seed: LATER } }, async ({ wire, step }) => {
      const inputs = { stage: 'release', version: '1.1', 'whitelist-file': 'testers.txt' };
      const env = { GITHUB_EVENT_NAME: 'issue_comment', NODE_TLS_REJECT_UNAUTHORIZED: '0' };
      expectInvalid(
        await step(inputs, { env }),
        /^- version: /m,
        /^- stage: got release; on issue_comment only status runs, since outsiders .* run on push, release, .*pull_request of the same/m,
        /^- whitelist-file: .*issue_comment/m,
        /^- NODE_TLS_REJECT_UNAUTHORIZED: got 0/m,
      );
      expect(wire.connections).toBe(0);
    });
  });

  thoroughTest('of certificates that nobody checks are refused for a valid step, too', async () => {
    await withScene({ portal: { seed: LATER } }, async ({ wire, step }) => {
      const result = await step({ stage: 'status' }, { env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
      expectInvalid(result, /NODE_EXTRA_CA_CERTS/);
      expect(wire.connections).toBe(0);
    });
  });

  thoroughTest('of a bare process: no input at all', async () => {
    const result = await runStep({});
    expectWhole(result);
    expectInvalid(result, /^- stage: missing/m, /^- portal-url: missing/m, /^- miniapp-id: /m, /^- space-id: /m);
    expect(result.outputs).toMatchObject({ version: '', state: '', 'next-stages': '' });
  });

  test.each([
    'https://miniapp.midtrans.com.evil.com',
    'http://127.evil.com',
    'https://robot:pa55-in-address@miniapp.midtrans.com',
    'robot:pa55-in-address@miniapp.midtrans.com',
    '//evil',
  ])('of the portal: %s', async (url) => {
    await withScene({}, async ({ step }) => {
      const result = await step({ stage: 'status', 'portal-url': url });
      expectInvalid(result, /^- portal-url: got /m);
      expect(result.everything).not.toContain('pa55-in-address');
    });
  });
});

describe.concurrent('whitelist-file', () => {
  const approved = { portal: { seed: { ...LATER, version: '1.1.0', state: 'approved' as const } } };
  const inputs = { stage: 'whitelist', version: '1.1.0' };

  test('is read with whitelist-ids, and neither is shown', async () => {
    await withScene(approved, async ({ portal, wire, step }) => {
      const job = newJob();
      writeFileSync(join(job.workspace, 'testers.txt'), '# testers\n88004321\n77001234\n');
      const ids = { 'whitelist-ids': '77001234', 'whitelist-file': 'testers.txt' };
      const result = await step({ ...inputs, ...ids }, { job });
      job.close();
      expect(result.outputs).toMatchObject({ verdict: 'succeeded', state: 'whitelist-testing' });
      expect(result.report.whitelistIds).toBe(2);
      const sent = wire.seen.find(({ path }) => path.endsWith('/whitelist/add'));
      expect(JSON.parse(sent?.body ?? '{}').userIds).toEqual(['77001234', '88004321']);
      expect(portal.effects()).toEqual(['addWhitelist', 'startPilot']);
      for (const id of ['77001234', '88004321']) expect(result.everything).not.toContain(id);
    });
  });

  test.each([
    ['..', '../outside.txt', /leaves the workspace/],
    ['an absolute path', '/etc/hostname', /leaves the workspace/],
    ['a link', 'link.txt', /leaves the workspace/],
    ['a linked folder', 'linked/testers.txt', /leaves the workspace/],
    ['nothing', 'none.txt', /does not exist/],
    ['a folder', 'folder', /is a folder/],
    ['a file of comments', 'empty.txt', /at least one user ID/],
  ])('%s is refused before anything is sent', async (_, path, found) => {
    await withScene(approved, async ({ wire, step }) => {
      const job = newJob();
      const outside = mkdtempSync(join(tmpdir(), 'outside-'));
      writeFileSync(join(outside, 'testers.txt'), '77001234');
      symlinkSync(join(outside, 'testers.txt'), join(job.workspace, 'link.txt'));
      symlinkSync(outside, join(job.workspace, 'linked'));
      mkdirSync(join(job.workspace, 'folder'));
      writeFileSync(join(job.workspace, 'empty.txt'), '# nobody\n');
      const result = await step({ ...inputs, 'whitelist-file': path }, { job });
      job.close();
      rmSync(outside, { recursive: true });
      expectInvalid(result, /^- whitelist-file: /m);
      expect(annotation(result)).toMatch(found);
      expect(wire.connections).toBe(0);
      expect(result.everything).not.toContain('77001234');
    });
  });
});

thoroughTest.concurrent('a wait that outlasts a hosted runner is warned of', async () => {
  await withScene({ portal: { seed: LATER } }, async ({ step }) => {
    const inputs = { stage: 'status', 'approval-timeout': '7h' };
    const [hosted, own] = await Promise.all([
      step(inputs, { env: { RUNNER_ENVIRONMENT: 'github-hosted' } }),
      step(inputs, { env: { RUNNER_ENVIRONMENT: 'self-hosted' } }),
    ]);
    expect(annotation(hosted, 'warning')).toMatch(/^approval-timeout is over 6 h/);
    expect(own.log).not.toContain('::warning::');
  });
});

describe.concurrent('the version', () => {
  const tag = (name: string) => ({
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: `refs/tags/${name}`,
    GITHUB_REF_NAME: name,
    GITHUB_REF_TYPE: 'tag',
  });
  const release = (action: string, more: object = {}) => ({
    env: { ...tag('v1.1.0'), GITHUB_EVENT_NAME: 'release' },
    event: {
      action,
      release: { tag_name: 'v1.1.0', draft: false, body: 'New: *everything*\nFixed: the rest', ...more },
    },
  });
  const dry = { stage: 'submit', 'dry-run': 'true' };
  const seed = { portal: { seed: LATER } };

  test.each([
    ['a tag push', {}, { env: tag('v1.1.0') }],
    ['a tag push with a prefix', { 'tag-prefix': 'shop/v' }, { env: tag('shop/v1.1.0') }],
    ['a published release', {}, release('published')],
    ['a release that was a preview', {}, release('released')],
    ['the input, before the tag', { version: '1.1.0' }, { env: tag('v1.2.0') }],
    ['the input, before a tag that is none', { version: '1.1.0' }, { env: tag('latest') }],
  ])('of %s', async (_, inputs, options) => {
    await withScene(seed, async ({ step }) => {
      const { outputs } = await step({ ...dry, ...inputs }, options);
      expect(outputs).toMatchObject({ verdict: 'planned', version: '1.1.0', state: 'none' });
    });
  });

  test.each([
    ['a tag that is none', { env: tag('v1.1') }, /The tag "v1\.1" is not "v" and a version such as 1\.2\.3/, true],
    ['a tag of another prefix', { env: tag('other-v1.1.0') }, /The tag "other-v1\.1\.0" is not "v"/, true],
    [
      'a branch',
      { env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main' } },
      /The portal has: 1\.2\.0, 1\.1\.0, 1\.0\.0\./,
      false,
    ],
    ['a draft', release('published', { draft: true }), /this one is of a draft\. The portal has: 1\.2\.0/, false],
    [
      'a created release',
      release('created'),
      /only the types published and released count.*this one is of type/,
      false,
    ],
    ['an edited release', release('edited'), /carries no version tag/, false],
  ] as const)('not of %s', async (_, options, found, beforeAnyLook) => {
    await withScene(seed, async ({ portal, wire, step }) => {
      const result = await step(dry, options);
      expect(result.outputs).toMatchObject({ verdict: 'failed', 'error-code': 'version-unresolved', version: '' });
      expect(annotation(result)).toMatch(found);
      expect(portal.effects()).toEqual([]);
      expect(wire.seen.length === 0).toBe(beforeAnyLook);
    });
  });

  thoroughTest('of package.json, for upload', async () => {
    await withScene(seed, async ({ portal, step }) => {
      const job = newJob();
      mkdirSync(join(job.workspace, 'shop/dist'), { recursive: true });
      writeFileSync(join(job.workspace, 'shop/dist/index.html'), '<!doctype html>');
      writeFileSync(join(job.workspace, 'shop/package.json'), '{"version": "1.3.0"}');
      const { outputs } = await step({ stage: 'upload', package: 'shop/dist' }, { job });
      job.close();
      expect(outputs).toMatchObject({ verdict: 'succeeded', version: '1.3.0' });
      expect(portal.effects()).toEqual(['uploadPackage', 'createVersion']);
    });
  });

  thoroughTest('a named target app is called so in texts, and by its code on the wire', async () => {
    await withScene(seed, async ({ wire, step }) => {
      const { outputs, summary, report } = await step({
        stage: 'submit',
        version: '1.1.0',
        'target-app-name': 'GoPay Indonesia',
      });
      expect(outputs.message).toBe('1.1.0 is created, not applied for on GoPay Indonesia.');
      expect(summary).toContain('| Target app | GoPay Indonesia (<code>GOPAY</code>) |');
      expect(report).toMatchObject({ targetApp: 'GOPAY', targetAppName: 'GoPay Indonesia' });
      const sent = wire.seen.find(({ path }) => path.endsWith('/publish/version/create'));
      expect(JSON.parse(sent?.body ?? '{}')).toMatchObject({ channelCode: 'GOPAY' });
    });
  });

  thoroughTest('is not needed for status, which shows what is in progress, or live', async () => {
    await withScene(seed, async ({ step }) => {
      const live = await step({ stage: 'status' });
      expect(live.outputs).toMatchObject({ verdict: 'unchanged', version: '1.0.0', state: 'released' });
    });
    const underWay = { portal: { seed: { ...LATER, version: '1.2.0', state: 'in-review' as const } } };
    await withScene({ ...underWay }, async ({ step }) => {
      const { outputs } = await step({ stage: 'status' });
      expect(outputs.version).toBe('1.2.0');
      expect(outputs['live-version']).toBe('1.0.0');
    });
  });

  test.each([
    ['the event’s', {}, 'New: *everything*\nFixed: the rest'],
    ['the input', { 'release-notes': 'Mine: a "quoted"\nline' }, 'Mine: a "quoted"\nline'],
  ])('release notes: %s', async (_, inputs, changelog) => {
    await withScene(seed, async ({ wire, step }) => {
      const { outputs } = await step({ stage: 'submit', ...inputs }, release('published'));
      expect(outputs).toMatchObject({ verdict: 'succeeded', version: '1.1.0', state: 'created' });
      const sent = wire.seen.find(({ path }) => path.endsWith('/publish/version/create'));
      expect(JSON.parse(sent?.body ?? '{}')).toMatchObject({ version: '1.1.0', changelog });
    });
  });
});
