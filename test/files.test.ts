/** Files that are not what they should be: the sandbox's state, and the list of user IDs. */

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { COMMON } from './support/action.ts';
import { fakeClock, newPlace, type Place, runHere } from './support/fake-world.ts';

let place: Place;
beforeEach(() => {
  place = newPlace();
});
afterEach(() => place.close());

const SECRET = 'content-that-nobody-may-see';
const run = (inputs: Readonly<Record<string, string>>) =>
  runHere({ ...COMMON, version: '1.0.0', stage: 'submit', ...inputs }, { clock: fakeClock(), place });
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
    const { report, log } = await runHere({ ...inputs, ...sandbox }, { clock, place });
    expect(report, log).toMatchObject({ verdict: 'failed', error: { code: 'sandbox-invalid' }, state: 'in-review' });
    expect(sleeps).toBe(3);
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
