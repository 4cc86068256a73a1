/** What differs on Windows: paths, names of environment variables, ends of lines. Runs on every system. */

import { win32 } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readInputs } from '../../src/action/read-inputs.ts';
import { isInside } from '../../src/lib/paths.ts';
import { environmentOf } from '../../src/portal/browser-login.ts';

describe('a path of Windows is in the workspace', () => {
  const WORKSPACE = 'D:\\a\\shop\\shop';
  test.each([
    WORKSPACE,
    'D:\\a\\shop\\shop\\build\\index.html',
    'd:\\A\\Shop\\shop\\build', // Windows does not tell cases apart.
    'D:/a/shop/shop/build',
    'D:\\a\\shop\\shop\\..secrets',
    'D:\\a\\shop\\shop\\x\\..\\build',
  ])('%s', (path) => expect(isInside(path, WORKSPACE, win32)).toBe(true));
});

describe('a path of Windows leaves the workspace', () => {
  const WORKSPACE = 'D:\\a\\shop\\shop';
  test.each([
    'D:\\a\\shop',
    'D:\\a\\shop\\shop2',
    'D:\\a\\shop\\shop\\..\\other',
    'C:\\a\\shop\\shop\\build', // another drive
    '\\\\server\\share\\a\\shop\\shop', // a network share
    'D:/a/shop/shop/../../x',
  ])('%s', (path) => expect(isInside(path, WORKSPACE, win32)).toBe(false));
});

test('a browser gets the PATH of Windows, which is listed as Path, and no input', () => {
  const environment = { Path: 'C:\\bin', SystemRoot: 'C:\\Windows', 'INPUT_PORTAL-PASSWORD': 'c0ffee' };
  const kept = environmentOf(environment, 'D:\\temp');
  expect(kept).toMatchObject({ Path: 'C:\\bin', SystemRoot: 'C:\\Windows', TMP: 'D:\\temp' });
  expect(JSON.stringify(kept)).not.toContain('c0ffee');
});

test('inputs of several lines mean the same with the line ends of Windows', async () => {
  const lines = {
    INPUT_STAGE: 'submit\napply\ngrayscale\n',
    'INPUT_GRAYSCALE-RATIO': '5,\n20\n',
    'INPUT_GRAYSCALE-SOAK': '1h',
    'INPUT_HEALTH-URL': 'https://status.example.com/health',
    'INPUT_HEALTH-WHEN': 'error_rate < 0.01\nrequests > 100\n',
    'INPUT_WHITELIST-IDS': '1001\n1002 # a tester\n',
    'INPUT_PORTAL-HOSTS': 'portal.example.com,\nother.example.com\n',
    'INPUT_PORTAL-URL': 'https://miniapp.midtrans.com\n',
    'INPUT_MINIAPP-ID': '1',
    'INPUT_SPACE-ID': '1',
    'INPUT_TARGET-APP': 'GOPAY',
    'INPUT_PORTAL-SESSION': 'SESSION=c0ffee',
  };
  const windows = Object.fromEntries(
    Object.entries(lines).map(([name, text]) => [name, text.replaceAll('\n', '\r\n')]),
  );
  const read = await readInputs(lines);
  expect(read.faults).toEqual([]);
  expect(await readInputs(windows)).toEqual(read);
});
