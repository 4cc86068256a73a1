/** Files that are not what they should be: the sandbox's state, and the list of user IDs. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMMON } from '../support/action.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { newPlace, type Place, runInProcess } from '../support/in-process.ts';

let place: Place;
beforeEach(() => {
  place = newPlace();
});
afterEach(() => place.close());

const SECRET = 'content-that-nobody-may-see';
const run = (inputs: Readonly<Record<string, string>>) =>
  runInProcess({ ...COMMON, version: '1.0.0', stage: 'submit', ...inputs }, { clock: fakeClock(), place });
const inSandbox = () => run({ 'portal-url': 'sandbox?file=state.json&versions=1.0.0&after=0s' });

describe("the sandbox's state", () => {
  test('is for its owner alone', async () => {
    const { report, log } = await inSandbox();
    expect(report.verdict, log).toBe('succeeded');
    expect(statSync(join(place.workspace, 'state.json')).mode & 0o777).toBe(0o600);
  });

  const WRONG: Readonly<Record<string, (file: string, state: string) => void>> = {
    truncated: (file, state) => writeFileSync(file, state.slice(0, state.length / 2)),
    empty: (file) => writeFileSync(file, ''),
    'foreign JSON': (file) => writeFileSync(file, JSON.stringify({ name: SECRET })),
    'no JSON': (file) => writeFileSync(file, SECRET),
    'of a later schema': (file, state) => writeFileSync(file, state.replace('"schemaVersion":1', '"schemaVersion":2')),
    'a folder': (file) => mkdirSync(file),
    'a link': (file, state) => {
      writeFileSync(`${file}.elsewhere`, state);
      symlinkSync(`${file}.elsewhere`, file);
    },
    'a dangling link': (file) => symlinkSync(`${file}.nowhere`, file),
  };
  test.each(Object.entries(WRONG))('%s: sandbox-invalid, and left as it is', async (_, spoil) => {
    await inSandbox();
    const state = readFileSync(join(place.workspace, 'state.json'), 'utf8');
    place.close();
    place = newPlace();
    const file = join(place.workspace, 'state.json');
    spoil(file, state);
    const content = () => (existsSync(file) && statSync(file).isFile() ? readFileSync(file, 'utf8') : 'none');
    const before = content();
    const { report, exitCode, log } = await inSandbox();
    expect(report, log).toMatchObject({ verdict: 'failed', error: { code: 'sandbox-invalid' } });
    expect(exitCode).toBe(1);
    expect(log + JSON.stringify(report)).not.toContain(SECRET);
    expect(log + JSON.stringify(report)).not.toContain(place.workspace);
    expect(content()).toBe(before);
  });

  test('spoilt in the middle of a wait: the wait ends, for it would never come right', async () => {
    const clock = fakeClock();
    let sleeps = 0;
    clock.onSleep = () => {
      if (++sleeps === 3) writeFileSync(join(place.workspace, 'state.json'), '{');
    };
    const inputs = { ...COMMON, version: '1.0.0', stage: 'submit apply', 'approval-timeout': '6h' };
    const sandbox = { 'portal-url': 'sandbox?file=state.json&versions=1.0.0&review=never' };
    const { report, log } = await runInProcess({ ...inputs, ...sandbox }, { clock, place });
    expect(report, log).toMatchObject({ verdict: 'failed', error: { code: 'sandbox-invalid' }, state: 'in-review' });
    expect(sleeps).toBe(3);
  });
});

describe("the sandbox's state file and symbolic links", () => {
  let folders: Place[];
  beforeEach(() => {
    folders = [newPlace(), newPlace(), newPlace()];
    for (const { workspace } of folders) mkdirSync(join(workspace, 'sub'));
  });
  afterEach(() => {
    for (const folder of folders) folder.close();
  });
  const [WORKSPACE, TEMP, OUTSIDE] = [0, 1, 2] as const;
  const at = (folder: number, ...names: string[]) => join(folders[folder]?.workspace ?? '', ...names);
  const runWith = (file: string) =>
    runInProcess(
      { ...COMMON, version: '1.0.0', stage: 'submit', 'portal-url': `sandbox?file=${file}&versions=1.0.0` },
      { clock: fakeClock(), place: { ...place, workspace: at(WORKSPACE), temp: at(TEMP) } },
    );

  /** What stands in the workspace, and what file= names; each may name a path that is there or not yet. */
  const OUT: Readonly<Record<string, () => string>> = {
    'a link to a folder': () => linked(at(OUTSIDE), 'link', 'x.json'),
    'a link to a folder, further below': () => linked(at(OUTSIDE), 'link', 'sub/new/x.json'),
    'a link below a folder': () => linked(at(OUTSIDE, 'sub'), 'sub/link', 'new/x.json'),
    'a link by a way up': () => linked('../'.repeat(20) + at(OUTSIDE), 'link', 'x.json'),
    'a link to a link': () => {
      symlinkSync(at(OUTSIDE), at(WORKSPACE, 'first'));
      return linked(at(WORKSPACE, 'first'), 'link', 'x.json');
    },
    'a link in RUNNER_TEMP': () => {
      symlinkSync(at(OUTSIDE), at(TEMP, 'link'));
      return at(TEMP, 'link', 'x.json');
    },
    'a link to a folder that is not there': () => linked(at(OUTSIDE, 'new'), 'link', 'x.json'),
    'a link to a file': () => {
      symlinkSync(at(OUTSIDE, 'x.json'), at(WORKSPACE, 'x.json'));
      writeFileSync(at(OUTSIDE, 'x.json'), SECRET);
      return 'x.json';
    },
    'a link to a file that is not there': () => linked(at(OUTSIDE, 'x.json'), 'x.json', ''),
    'a circle of links': () => linked(at(WORKSPACE, 'link'), 'link', 'x.json'),
  };
  function linked(target: string, link: string, rest: string): string {
    symlinkSync(target, at(WORKSPACE, link));
    return join(link, rest);
  }
  test.each(Object.entries(OUT))('%s out of the workspace is not followed', async (_, prepare) => {
    const file = prepare();
    const tree = () => readdirSync(at(OUTSIDE), { recursive: true }).map(String).sort();
    const before = tree();
    const { report, log } = await runWith(file);
    expect(report, log).toMatchObject({ verdict: 'failed', error: { code: 'sandbox-invalid' } });
    expect(tree()).toEqual(before);
    expect(log + JSON.stringify(report)).not.toContain(SECRET);
    expect(log + JSON.stringify(report)).not.toContain(at(OUTSIDE));
  });

  const IN: Readonly<Record<string, () => [file: string, at: string]>> = {
    'folders that are not there yet': () => ['a/b/x.json', at(WORKSPACE, 'a/b/x.json')],
    'a link to a folder of the workspace': () => [
      linked(at(WORKSPACE, 'sub'), 'link', 'x.json'),
      at(WORKSPACE, 'sub/x.json'),
    ],
    'a link to RUNNER_TEMP': () => [linked(at(TEMP), 'link', 'new/x.json'), at(TEMP, 'new/x.json')],
    'RUNNER_TEMP itself': () => [at(TEMP, 'x.json'), at(TEMP, 'x.json')],
    'a way up that stays within': () => ['sub/../x.json', at(WORKSPACE, 'x.json')],
  };
  test.each(Object.entries(IN))('%s is allowed', async (_, prepare) => {
    const [file, real] = prepare();
    const { report, log } = await runWith(file);
    expect(report.verdict, log).toBe('succeeded');
    expect(existsSync(real)).toBe(true);
  });

  test('a workspace that is itself behind a link is no way out', async () => {
    symlinkSync(at(WORKSPACE), at(OUTSIDE, 'ws'));
    const behind = { ...place, workspace: at(OUTSIDE, 'ws'), temp: at(TEMP) };
    const inputs = { ...COMMON, version: '1.0.0', stage: 'submit', 'portal-url': 'sandbox?file=x.json&versions=1.0.0' };
    const { report, log } = await runInProcess(inputs, { clock: fakeClock(), place: behind });
    expect(report.verdict, log).toBe('succeeded');
  });
});

describe('whitelist-file', () => {
  const withFile = (file: string) =>
    run({ stage: 'whitelist', 'whitelist-file': file, 'portal-url': 'sandbox?live=0.9.0&state=approved' });

  test('a link that leaves the workspace is refused, its content unread', async () => {
    const outside = join(tmpdir(), `outside-${process.pid}.txt`);
    writeFileSync(outside, SECRET);
    symlinkSync(outside, join(place.workspace, 'ids.txt'));
    const { report, log } = await withFile('ids.txt');
    rmSync(outside);
    expect(report.error).toMatchObject({ code: 'input-invalid' });
    expect(report.error?.found).toContain('leaves the workspace');
    expect(log + JSON.stringify(report)).not.toContain(SECRET);
  });

  test('a line that is no ID is named by its number, never by its content', async () => {
    writeFileSync(join(place.workspace, 'ids.txt'), `user-0001\nuser-0002\n${SECRET}${'\u0007'.repeat(3)}\n`);
    const { report, log } = await withFile('ids.txt');
    expect(report.error, log).toMatchObject({ code: 'input-invalid' });
    expect(report.error?.found).toMatch(/line 3/);
    expect(log + JSON.stringify(report)).not.toContain(SECRET);
  });
});
