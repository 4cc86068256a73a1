/**
 * `node dist/check-har.js recording.har`: reads a recording of one release done by hand, says what it proves of the
 * profile, and writes the profile that fits. A program of its own: it sends nothing and needs nothing but the file.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cleanLine } from '../lib/text.ts';
import { defaultProfile } from '../portal/profile/profile.ts';
import { type Comparison, compare, wordsOf } from './compare.ts';
import { type HarRecording as Recording, RecordingFault, readRecording } from './recording.ts';

const MAX_FILE_BYTES = 256 * 1024 * 1024;
const MAX_LINES = 40;
const USAGE = `Usage: node dist/check-har.js recording.har [--host portal.example.com] [--out portal-profile.json] [--force]
       node dist/check-har.js --help

Compares a recording of your portal (docs/portal.md says how to make one) with the default profile. It reads the
portal's host only, prints names and no values but your three ids, and sends nothing.`;

process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): 0 | 1 {
  try {
    const { file, host, out, force, help } = readArguments(args);
    if (help) {
      print([USAGE]);
      return 0;
    }
    if (statSync(file).size > MAX_FILE_BYTES) throw new RecordingFault('The file is larger than 256 MiB.');
    const recording = readRecording(readFileSync(file, 'utf8'), host);
    const comparison = compare(recording, defaultProfile);
    print(linesOf(recording, comparison));
    print(warnOfGit(file));
    print(writeProfile(recording, comparison, out, force));
    return 0;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (!(error instanceof RecordingFault) && code === undefined) throw error;
    print([error instanceof RecordingFault ? error.message : `The file cannot be read or written (${code}).`]);
    return 1;
  }
}

function readArguments(args: readonly string[]) {
  const options = {
    host: { type: 'string' },
    out: { type: 'string' },
    force: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new RecordingFault(`${cleanLine((error as Error).message, 200)}\n\n${USAGE}`);
  }
  const [file = '', ...more] = parsed.positionals;
  const { host, out = 'portal-profile.json', force = false, help = false } = parsed.values;
  if (!help && (file === '' || more.length > 0)) throw new RecordingFault(USAGE);
  return { file, host, out, force, help };
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function linesOf(recording: Recording, comparison: Comparison): string[] {
  const others = recording.otherHosts > 0 ? `; ${recording.otherHosts} other hosts were not looked at` : '';
  const seen = comparison.findings.filter(({ verdict }) => verdict === 'confirmed').length;
  return [
    `${clean(recording.host)}: ${recording.exchanges.length} calls${others}. Base path ${clean(comparison.basePath) || '/'}.`,
    ...recording.warnings.map(clean),
    '',
    `Operations: ${seen} of ${comparison.findings.length} confirmed.`,
    ...comparison.findings.flatMap(({ operation, verdict, differences }) => [
      `  ${verdict.padEnd(9)}  ${operation.padEnd(14)}  ${wordsOf(operation)}`,
      ...differences.map((difference) => `${' '.repeat(13)}${clean(difference)}`),
    ]),
    '',
    ...section('Calls that no operation explains', comparison.unexplained.map(unexplainedLine)),
    ...section(
      'Status words met',
      comparison.statuses.map(({ word, state }) =>
        state
          ? `  ${clean(word)}: ${state}`
          : `  ${clean(word)}: not known. Find out what it means and add to statuses: ${JSON.stringify(clean(word))}: { "state": "...", "mark": "observed" }`,
      ),
    ),
    ...section('For your workflow', idLines(comparison.ids)),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > MAX_LINES ? [`  and ${lines.length - MAX_LINES} more`] : [];
  return [`${title}:`, ...lines.slice(0, MAX_LINES), ...more, ''];
}

function unexplainedLine({ call, fields, maybe, times }: Comparison['unexplained'][number]): string {
  const named = fields.length > 0 ? ` (${fields.slice(0, 12).map(clean).join(', ')})` : '';
  return `  ${clean(call)}${named}${times > 1 ? `, ${times} times` : ''}${maybe ? `: may be ${maybe}` : ''}`;
}

function idLines(ids: Comparison['ids']): string[] {
  return Object.entries(ids).flatMap(([input, values = []]) =>
    values.map((value, index) => `  ${input}: '${clean(value)}'${index > 0 ? '  # or this one' : ''}`),
  );
}

/** Never over another file unless asked to, and nothing where the default fits. */
function writeProfile({ host }: Recording, comparison: Comparison, out: string, force: boolean): string[] {
  const { changes, findings } = comparison;
  const shown = clean(basename(out));
  if (Object.keys(changes).length === 0) return ['The default profile fits as it is: no file was written.'];
  if (existsSync(out) && !force)
    return [`${shown} exists and was left alone; --force writes over it, --out names another.`];
  const profile = { name: clean(host).slice(0, 100), ...changes };
  writeFileSync(out, `${JSON.stringify(profile, null, 2)}\n`, { flag: force ? 'w' : 'wx' });
  const guesses = findings.some(({ isGuess }) => isGuess) ? ' The guesses in it are named above.' : '';
  return [
    `Wrote ${shown}. Read it, commit it, and give its path as portal-profile.${guesses}`,
    'Check it with status and a dry run before the first real release.',
  ];
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
    `Warning: ${clean(basename(file))} lies in a git repository that does not ignore it. It holds your session: delete it, or add *.har to .gitignore.`,
    '',
  ];
}

function clean(text: string): string {
  return cleanLine(text, 300);
}
