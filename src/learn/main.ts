/**
 * `node dist/learn.js`: learns a portal from one release done by hand, and writes the profile that fits. A program of its
 * own. `read` takes HAR files; `watch` opens a browser window and is loaded only then. It sends nothing itself.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cleanLine } from '../lib/text.ts';
import { parseJson } from '../net/json.ts';
import { checkProfile } from '../portal/profile/load.ts';
import { defaultProfile, type Profile } from '../portal/profile/profile.ts';
import { askAbout } from './ask.ts';
import type { Learned } from './findings.ts';
import { readHars } from './har.ts';
import { learn } from './learner.ts';
import { type Recording, RecordingFault } from './recording.ts';
import { isExplained, reportOf } from './report.ts';

const USAGE = `Usage: node dist/learn.js watch https://miniapp.midtrans.com [--out portal-profile.json] [--headless]
       node dist/learn.js read recording.har [another.har ...] [--host portal.example.com] [--out portal-profile.json]

  --out FILE           the profile to write (portal-profile.json); --force writes over it
  --profile FILE       begin from a profile that was learned before
  --is OPERATION='METHOD /path'   settle which call is the operation
  --means WORD=STATE   settle which state a status word stands for

It sends nothing itself, and shows and writes names and your three ids, no other value. It ends with 0 where all that was
recorded is explained, 3 where something is unsure, 1 where nothing could be read.`;

// If nobody reads the report to its end, as in `| head`, the profile is written all the same.
process.stdout.on('error', () => {});
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<0 | 1 | 3> {
  try {
    const given = readArguments(args);
    if (given.help) {
      print([USAGE]);
      return 0;
    }
    const base = baseOf(given.profile);
    const { recording, warnings } = await record(given);
    const answers = { is: given.is, means: given.means };
    const first = learn([recording], base, answers);
    const asked = await askAbout(first, answers, process);
    const learned = asked === answers ? first : learn([recording], base, asked);
    print([...warnings.map((warning) => `Note: ${warning}`), ...reportOf(learned)]);
    if (given.command === 'read') print(given.files.flatMap(warnOfGit));
    print(write(learned, given));
    return isExplained(learned) && warnings.length === 0 ? 0 : 3;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (!(error instanceof RecordingFault) && typeof code !== 'string') throw error;
    const { path } = error as NodeJS.ErrnoException;
    const file = path === undefined ? 'The file' : cleanLine(basename(path), 100);
    print([error instanceof RecordingFault ? error.message : `${file} cannot be read or written (${code}).`]);
    return 1;
  }
}

function readArguments(args: readonly string[]) {
  const options = {
    host: { type: 'string' },
    out: { type: 'string' },
    profile: { type: 'string' },
    is: { type: 'string', multiple: true },
    means: { type: 'string', multiple: true },
    force: { type: 'boolean' },
    headless: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new RecordingFault(`${cleanLine((error as Error).message, 200)}\n\n${USAGE}`);
  }
  const [command, ...files] = parsed.positionals;
  const { values } = parsed;
  const help = values.help ?? false;
  const isRight = (command === 'read' && files.length > 0) || (command === 'watch' && files.length === 1);
  if (!help && !isRight) throw new RecordingFault(USAGE);
  return {
    command,
    files,
    help,
    host: values.host,
    out: values.out ?? 'portal-profile.json',
    profile: values.profile,
    is: pairs('--is', values.is),
    means: pairs('--means', values.means),
    force: values.force ?? false,
    headless: values.headless ?? false,
  };
}

type Given = ReturnType<typeof readArguments>;

function pairs(option: string, given: readonly string[] = []): Record<string, string> {
  const found = new Map<string, string>();
  for (const text of given) {
    const at = text.indexOf('=');
    if (at < 1) throw new RecordingFault(`${option} takes NAME=VALUE.\n\n${USAGE}`);
    const [name, value] = [text.slice(0, at), text.slice(at + 1)];
    const before = found.get(name);
    if (before !== undefined && before !== value)
      throw new RecordingFault(
        `${option} ${cleanLine(name, 100)} is given twice: ${cleanLine(before, 200)} and ${cleanLine(value, 200)}. Give one.`,
      );
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

/** What was learned before is merged into the default profile, as the action does it. */
function baseOf(file: string | undefined): Profile {
  if (file === undefined) return defaultProfile;
  const { profile, faults } = checkProfile(jsonIn(file));
  if (!profile)
    throw new RecordingFault(
      `${cleanLine(basename(file), 100)} is no profile. Give the file that learn wrote, or leave --profile out:\n- ${faults.slice(0, 10).join('\n- ')}`,
    );
  return profile;
}

function jsonIn(file: string): unknown {
  try {
    return parseJson(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code) throw error;
    throw new RecordingFault(
      `${cleanLine(basename(file), 100)} is not JSON, so it is no profile. Give the file that learn wrote, or leave --profile out.`,
    );
  }
}

async function record(given: Given): Promise<{ recording: Recording; warnings: readonly string[] }> {
  if (given.command === 'read') {
    const { warnings, ...recording } = readHars(given.files, given.host);
    return { recording, warnings };
  }
  const [address = ''] = given.files;
  const { watch, WatchFault } = await import('./watch.ts');
  const { signal, release } = interrupted();
  // A closed terminal or pipe ends the text, not the program: the browser's folder is removed and the profile written.
  process.stdout.on('error', () => {});
  try {
    const recording = await watch({
      address,
      headless: given.headless,
      signal,
      stdin: process.stdin,
      stdout: process.stdout,
      env: process.env,
    });
    return { recording, warnings: [] };
  } catch (error) {
    throw error instanceof WatchFault ? new RecordingFault(error.message) : error;
  } finally {
    release();
  }
}

/** Ctrl-C ends the watching, not the program. */
function interrupted(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, abort);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, abort);
    },
  };
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

/** Never over another file unless asked to, and nothing where the profile fits as it is. */
function write(learned: Learned, { out, force, profile }: Given): string[] {
  const shown = cleanLine(out, 300);
  const { operations, statuses } = learned.changes;
  if (!operations && !statuses) {
    const isSure = learned.operations.some(({ verdict }) => verdict === 'confirmed' || verdict === 'learned');
    return [
      isSure ? 'The profile fits as it is: no file was written.' : 'Nothing was established: no file was written.',
    ];
  }
  const isSame = profile !== undefined && resolve(profile) === resolve(out);
  if (existsSync(out) && !force && !isSame)
    return [`${shown} exists and was left alone; --force writes over it, --out names another.`];
  const before = profile === undefined ? { name: cleanLine(new URL(learned.origin).host, 100) } : jsonIn(profile);
  const merged = merge(before as Record<string, unknown>, learned.changes);
  writeFileSync(out, `${JSON.stringify(merged, null, 2)}\n`, { flag: force || isSame ? 'w' : 'wx' });
  return [
    `Wrote ${shown}. Read it, commit it, and give its path as portal-profile.`,
    'Check it with the stage status and a dry run before the first real release.',
  ];
}

function merge(before: Record<string, unknown>, changes: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result = new Map(Object.entries(before));
  const isPlain = (value: unknown) => value !== null && typeof value === 'object' && !Array.isArray(value);
  for (const [key, value] of Object.entries(changes)) {
    const old = result.get(key);
    result.set(
      key,
      isPlain(value) && isPlain(old) ? merge(old as Record<string, unknown>, value as Record<string, unknown>) : value,
    );
  }
  return Object.fromEntries(result);
}

/** A recording holds cookies and a password: git must not take it. */
function warnOfGit(file: string): string[] {
  const cwd = dirname(resolve(file));
  const git = (...args: string[]) => {
    try {
      return execFileSync('git', args, { cwd, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' }).trim();
    } catch {
      return undefined;
    }
  };
  if (git('rev-parse', '--is-inside-work-tree') !== 'true' || git('check-ignore', '--', basename(file))) return [];
  return [
    `Warning: ${cleanLine(basename(file), 100)} lies in a git repository that does not ignore it. It holds your session: delete it, or add *.har to .gitignore.`,
    '',
  ];
}
