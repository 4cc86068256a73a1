/** The program dist/check-har.js on recordings of real runs against the sandbox. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkProfile } from '../../src/portal/profile/load.ts';
import { defaultProfile, templateIn } from '../../src/portal/profile/profile.ts';
import { MINIAPP, newJob, runStep, SPACE, TARGET } from '../support/action.ts';
import { startPortal } from '../support/portal.ts';
import { type Har, type HarEntry, startRecorder } from '../support/recorder.ts';

const PROGRAM = fileURLToPath(new URL('../../dist/check-har.js', import.meta.url));
const ACCOUNT = { username: 'developer.jane@example.com', password: 'hunter2-hunter2' };
const USERS = ['tester-4711', 'tester-4712'];
const NOTES = 'Secret notes of the release';

let folder: string;
let recorded: Har;
let secrets: string[];

/** One whole release by the action, recorded on the wire. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'check-har-'));
  const portal = await startPortal({ credentials: ACCOUNT, seed: { live: '1.0.0' } });
  const recorder = await startRecorder(portal.url);
  const job = newJob();
  mkdirSync(join(job.workspace, 'build'));
  writeFileSync(join(job.workspace, 'build', 'index.html'), '<!doctype html>');
  const { 'portal-session': _, ...inputs } = portal.inputs;
  const step = await runStep(
    {
      ...inputs,
      'portal-url': recorder.url,
      'portal-username': ACCOUNT.username,
      'portal-password': ACCOUNT.password,
      stage: 'upload submit apply whitelist grayscale release',
      version: '1.1.0',
      package: 'build',
      'release-notes': NOTES,
      'whitelist-ids': USERS.join(),
      'grayscale-ratio': '37',
      'grayscale-soak': '0s',
    },
    { job },
  );
  recorded = recorder.har();
  const cookie = /SESSION=(\w+)/.exec(JSON.stringify(recorded))?.[1] ?? 'no cookie';
  secrets = [
    ...Object.values(ACCOUNT),
    ...USERS,
    NOTES,
    cookie,
    step.outputs['publish-id'],
    'sandbox-0000',
    'sandbox-dev',
  ];
  await recorder.close();
  await portal.close();
  job.close();
  if (step.outputs.verdict !== 'succeeded') throw new Error(step.log);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let runs = 0;
function check(har: unknown, ...args: string[]) {
  const cwd = join(folder, String(runs++));
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'r.har'), typeof har === 'string' ? har : JSON.stringify(har));
  return { cwd, ...run(cwd, ...args) };
}
function run(cwd: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, 'r.har', ...args], {
    cwd,
    encoding: 'utf8',
  });
  const file = join(cwd, 'portal-profile.json');
  const written = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  return { status, out: stdout, err: stderr, written };
}

function verdicts(out: string): Record<string, string> {
  const lines = out.matchAll(/^ {2}(confirmed|different|not seen) +(\w+)/gm);
  return Object.fromEntries([...lines].map(([, verdict = '', operation = '']) => [operation, verdict]));
}

/** The recording of a portal that speaks otherwise: each entry rewritten. */
function translated(change: (entry: HarEntry) => void): Har {
  const har = structuredClone(recorded);
  har.log.entries.forEach(change);
  return har;
}

describe('a recording of one release', () => {
  test('confirms what it shows, and gives the ids, the status words and a valid profile', () => {
    const { status, out, err, written } = check(recorded);
    expect([status, err]).toEqual([0, '']);
    const { findRelease, releaseHistory, cancelApproval, cancelRelease, rollback, ...seen } = verdicts(out);
    expect([findRelease, releaseHistory, cancelApproval, cancelRelease, rollback]).toEqual(Array(5).fill('not seen'));
    expect(new Set(Object.values(seen))).toEqual(new Set(['confirmed']));
    expect(out).toContain('Wrote portal-profile.json.');
    expect(out).not.toMatch(/guess/i);
    expect(out).toContain(`miniapp-id: '${MINIAPP}'`);
    expect(out).toContain(`space-id: '${SPACE}'`);
    expect(out).toContain(`target-app: '${TARGET}'`);
    for (const word of ['INIT', 'PASSED', 'GRAY', 'ONLINE']) expect(out).toMatch(new RegExp(`^ {2}${word}: `, 'm'));
    const { profile, faults } = checkProfile(JSON.parse(written ?? '{}'));
    expect(faults).toEqual([]);
    expect(profile?.operations.setRatio).toEqual({ ...templateIn(defaultProfile, 'setRatio'), mark: 'observed' });
    expect(profile?.operations.rollback?.mark).toBe('inferred');
    expect(profile?.statuses['ONLINE']).toEqual({ state: 'released', mark: 'observed' });
  });

  test('shows and writes no value but the three ids', () => {
    const { out, written } = check(recorded);
    expect(JSON.stringify(recorded)).toContain(ACCOUNT.password);
    for (const secret of [...secrets, '37%']) {
      expect(out).not.toContain(secret);
      expect(written).not.toContain(secret);
    }
    // The ratio; the recorded portal's port may begin like it.
    for (const text of [out, written]) expect(text).not.toMatch(/:37\b/);
    for (const id of [MINIAPP, SPACE]) expect(written).not.toContain(id);
  });
});

describe('a portal that speaks otherwise', () => {
  test('another base path, path, field, method and list, and a call that nothing explains', () => {
    const har = translated((entry) => {
      entry.request.url = entry.request.url
        .replace('/rest/intercnn/', '/open/api/')
        .replace('gray/setRatio', 'gray/updatePercent')
        .replace('/user/login', '/user/login/Jane_Doe');
      const { postData } = entry.request;
      if (postData) postData.text = postData.text.replace('"ratio":37', '"percent":37');
      if (entry.request.url.includes('startBeta')) entry.request.method = 'PUT';
      entry.response.content.text = entry.response.content.text.replace('"list":', '"rows":');
    });
    har.log.entries.push({
      startedDateTime: '',
      request: {
        method: 'POST',
        url: har.log.entries[0]?.request.url.replace(/\/open.*/, '/open/api/user/menu/jane.doe') ?? '',
        headers: [],
        postData: { mimeType: 'application/json', text: '{"theme":"dark-secret","5b1f00c0ffee9a":1}' },
      },
      response: { status: 200, headers: [], content: { mimeType: 'application/json', text: '{"success":true}' } },
    });
    const { out, written } = check(har);
    expect(verdicts(out)).toMatchObject({
      setRatio: 'different',
      startPilot: 'different',
      listReleases: 'different',
      skipPilot: 'confirmed',
    });
    expect(out).toContain('Base path /open/api.');
    expect(out).toContain('a guess by its words and fields: POST /app/publish/version/gray/updatePercent');
    expect(out).toContain('The guesses in it are named above.');
    expect(out).toContain('method: PUT instead of POST');
    expect(out).toContain('the list stands at data.rows');
    expect(out).toContain('POST /user/menu/{value} (theme)');
    for (const secret of ['jane', 'Jane', 'dark-secret', '5b1f00']) {
      expect(out).not.toContain(secret);
      expect(written).not.toContain(secret);
    }
    const { profile, faults } = checkProfile(JSON.parse(written ?? '{}'));
    expect(faults).toEqual([]);
    expect(profile).toMatchObject({
      basePath: '/open/api',
      operations: {
        startPilot: { method: 'PUT' },
        findRelease: { answer: ['data.rows'] },
        setRatio: {
          path: '/app/publish/version/gray/updatePercent',
          body: { percent: '{ratio}', version: '{version}' },
        },
      },
    });
    expect((profile && templateIn(profile, 'setRatio'))?.body).not.toHaveProperty('ratio');
  });

  test('success as a code, and a status word that nobody knows', () => {
    const har = translated(({ response }) => {
      response.content.text = response.content.text
        .replace('"success":true', '"code":200')
        .replaceAll('"ONLINE"', '"LIVE_NOW"')
        .replaceAll('"PASSED"', '"Jane said yes"');
    });
    const { out, written } = check(har);
    expect(JSON.parse(written ?? '{}').envelope).toEqual({ success: { at: 'code', equals: 200 } });
    expect(out).toContain('LIVE_NOW: not known. Find out what it means');
    expect(out).not.toContain('Jane');
  });
});

describe('with care', () => {
  test('says how it is used: asked, that is no fault', () => {
    const usage = expect.stringContaining('Usage: node dist/check-har.js recording.har');
    expect(run(folder, '--help')).toMatchObject({ status: 0, out: usage, written: undefined });
    expect(run(folder, 'another.har')).toMatchObject({ status: 1, out: usage });
  });

  test('writes over nothing unasked, and only the portal is read', () => {
    const first = check(recorded);
    writeFileSync(join(first.cwd, 'portal-profile.json'), 'mine');
    expect(run(first.cwd)).toMatchObject({ status: 0, written: 'mine' });
    expect(run(first.cwd).out).toContain('was left alone');
    expect(run(first.cwd, '--force').written).toContain('"operations"');
    const other = run(first.cwd, '--host', 'elsewhere.example');
    expect(other).toMatchObject({ status: 1 });
    expect(other.out).toContain('has no calls of elsewhere.example');
  });

  test('warns of a recording that git would take', () => {
    const { cwd, out } = check(recorded);
    expect(out).not.toContain('Warning');
    execFileSync('git', ['init', '-q'], { cwd });
    expect(run(cwd).out).toContain('Warning: r.har lies in a git repository');
    writeFileSync(join(cwd, '.gitignore'), '*.har\n');
    expect(run(cwd).out).not.toContain('Warning');
  });

  test('what is no recording, or tries the terminal', () => {
    expect(check('not json')).toMatchObject({ status: 1, out: 'The file is not JSON, so it is no HAR.\n' });
    expect(check({}).out).toContain('no log.entries');
    const evil = translated((entry) => {
      entry.request.url += '/%1b%5b2J/\u202e';
      entry.response.content.text = '{"success":"\\u001b[2J"}';
    });
    const { out } = check(evil);
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/);
  });
});
