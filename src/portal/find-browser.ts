/** Where the machine's own Chrome, Chromium or Edge is. */

import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = [
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'chromium',
  'chromium-browser',
  'microsoft-edge',
  'chrome.exe',
  'msedge.exe',
];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** The browser that CHROME_BIN names, or else one of the usual names on the PATH; undefined where there is none. */
export async function findBrowserPath(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const named = environment['CHROME_BIN'];
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(Boolean);
  const usual = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES];
  for (const path of named ? [named] : usual) if (await isExecutable(path)) return path;
  return undefined;
}

/** Chromium refuses to run as root with its sandbox, and jobs in a container run as root. */
export function flagsForRoot(): string[] {
  return userInfo().uid === 0 ? ['--no-sandbox'] : [];
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
