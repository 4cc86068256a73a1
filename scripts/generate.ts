/**
 * Writes what follows from the code's tables and from profiles: action.yml, the default profile as a module, and the
 * tables in the Markdown pages, each between `<!-- inputs -->` (outputs, stages) and `<!-- end -->`.
 *
 *     node scripts/generate.ts           writes
 *     node scripts/generate.ts --check   writes nothing; exit 1 where something is out of date
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INPUT_NAMES, inputRow } from '../src/action/inputs.ts';
import { STAGE_NAMES, STATES, type Stage, type State, stageRow } from '../src/release/lifecycle.ts';
import { OUTPUTS } from '../src/report/outputs.ts';
import { PORTAL_TABLES } from './generate-portal.ts';
import { profileModule } from './generate-profile.ts';

const ACTION = {
  name: 'GoPay MiniApp Release',
  description:
    'Releases a GoPay MiniApp: upload, review, whitelist test, gradual rollout, official release and rollback.',
  author: 'The gopay-miniapp-release contributors',
};
const inputs = INPUT_NAMES.map((name) => [name, inputRow(name)] as const);
const row = (...cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const code = (text: string) => `\`${text}\``;

/** What stands between the markers of each name. */
export const TABLES: Readonly<Record<string, () => string>> = {
  inputs: () =>
    table(
      ['input', 'default', 'meaning'],
      inputs.flatMap(([name, { default: value, required, description, group = '' }], index) => [
        ...(index > 0 && startsGroup(index) ? [[`**${group}**`, '', '']] : []),
        [code(name), required ? '**required**' : value ? code(value) : '', description],
      ]),
    ),
  outputs: () =>
    table(
      ['output', 'meaning'],
      Object.entries(OUTPUTS).map(([name, text]) => [code(name), text]),
    ),
  stages: () =>
    table(
      ['stage', "the portal's words", 'what it does', 'runs from', 'ends in'],
      STAGE_NAMES.map((stage) => {
        const { portalWords, words, end } = stageRow(stage);
        return [code(stage), portalWords, words, runsFrom(stage), endsIn(end)];
      }),
    ),
  ...PORTAL_TABLES,
};

/** action.yml, whole. */
export function actionYml(): string {
  const lines = [
    '# Generated from src/action/inputs.ts and src/report/outputs.ts by scripts/generate.ts. Change those, not this.',
    ...Object.entries(ACTION).map(([name, value]) => `${name}: ${quoted(value)}`),
    'branding:',
    '  icon: smartphone',
    '  color: blue',
    'inputs:',
    ...inputs.flatMap(([name, { description, required, default: value, group }], index) => [
      ...(startsGroup(index) ? [`  # --- ${group}`] : []),
      `  ${name}:`,
      `    description: ${quoted(description)}`,
      ...(required ? ['    required: true'] : []),
      ...(value === undefined ? [] : [`    default: ${quoted(value)}`]),
    ]),
    'outputs:',
    ...Object.entries(OUTPUTS).flatMap(([name, text]) => [`  ${name}:`, `    description: ${quoted(text)}`]),
    'runs:',
    '  using: node24',
    '  main: dist/index.js',
  ];
  return `${lines.join('\n')}\n`;
}

/** A page with every table between its markers made anew. Throws where a marker is not closed. */
export function withTables(page: string): string {
  return page.replace(/<!-- (\w+) -->\n[\s\S]*?(?=<!-- (\w+) -->|$)/g, (whole, name: string, next?: string) => {
    const make = TABLES[name];
    if (!make) return whole;
    if (next !== 'end') throw new Error(`<!-- ${name} --> is not followed by <!-- end -->`);
    return `<!-- ${name} -->\n\n${make()}\n\n`;
  });
}

/** Every file that is generated, or holds something that is, with its content as it should be. */
export function generated(root: string): Map<string, string> {
  const files = new Map([['action.yml', actionYml()]]);
  const profile = current(root, 'profiles/superapp.json');
  if (profile !== undefined) files.set('src/portal/profile/superapp.ts', profileModule(profile));
  for (const page of pagesOf(root)) files.set(page, withTables(readFileSync(join(root, page), 'utf8')));
  return files;
}

/** The names of the files that are not as they should be. */
export function outOfDate(root: string): string[] {
  return [...generated(root)].filter(([name, content]) => content !== current(root, name)).map(([name]) => name);
}

function pagesOf(root: string): string[] {
  const docs = existsSync(join(root, 'docs')) ? readdirSync(join(root, 'docs')) : [];
  const pages = docs.filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`);
  return existsSync(join(root, 'README.md')) ? ['README.md', ...pages.sort()] : pages.sort();
}

function current(root: string, name: string): string | undefined {
  return existsSync(join(root, name)) ? readFileSync(join(root, name), 'utf8') : undefined;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(...head), row(...head.map(() => '---')), ...rows.map((cells) => row(...cells))].join('\n');
}

/** JSON's strings are YAML's double-quoted ones (YAML 1.2, 1.3), which the formatter prefers, too. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Whether the input at this place is the first of its group. */
function startsGroup(index: number): boolean {
  return inputs[index]?.[1].group !== inputs[index - 1]?.[1].group;
}

function runsFrom(stage: Stage): string {
  const { way, end, reapplies } = stageRow(stage);
  if (end === 'version') return 'a version that the portal does not have';
  const onlyAgain = (state: State) => reapplies && (state === 'rejected' || state === 'withdrawn');
  const words = (Object.keys(way) as State[]).map(
    (state) => STATES[state].words + (onlyAgain(state) ? ' (with `reapply`)' : ''),
  );
  return words.join('; ') || 'anywhere';
}

function endsIn(end: string): string {
  if (end === 'version') return 'the version is on the portal';
  return end === 'any' ? 'as it is' : STATES[end as State].words;
}

if (import.meta.main) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const stale = outOfDate(root);
  if (process.argv.includes('--check')) {
    for (const name of stale) console.error(`${name} is out of date: run node scripts/generate.ts`);
    process.exitCode = stale.length > 0 ? 1 : 0;
  } else {
    const files = generated(root);
    for (const name of stale) writeFileSync(join(root, name), files.get(name) ?? '');
    console.log(stale.length > 0 ? `written: ${stale.join(', ')}` : 'nothing to do');
  }
}
