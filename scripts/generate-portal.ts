/** The tables of docs/portal.md that follow from the default profile and the code that reads one. */

import { REFUSALS } from '../src/lib/errors.ts';
import {
  type CallTemplate,
  defaultProfile,
  type Field,
  templateIn,
  templatesOf,
} from '../src/portal/profile/profile.ts';
import { knownPlaceholders } from '../src/portal/profile/template.ts';
import { writesOf } from '../src/release/certainty.ts';
import { type Mark, type Operation, operationRow, STAGE_NAMES, STATES, type State } from '../src/release/lifecycle.ts';

const code = (text: string) => `\`${text}\``;
const operations = templatesOf(defaultProfile);

/** What stands between the markers of each name; joined to the others by generate.ts. */
export const PORTAL_TABLES: Readonly<Record<string, () => string>> = {
  operations: () =>
    table(
      ['operation', 'what it does', 'call', 'fields', 'mark'],
      operations.map(([operation, template]) => [
        code(operation),
        operationRow(operation).words + (isRead(operation) ? ' (read)' : ''),
        code(`${template.method} ${template.path}`),
        fieldsOf(template).map(code).join(', '),
        bold(template.mark),
      ]),
    ),
  statuses: () =>
    table(
      ['status word', 'state', "the portal's phase", 'mark'],
      Object.entries(defaultProfile.statuses).map(([word, { state, mark }]) => [
        code(word),
        code(state),
        state === 'busy' ? '' : STATES[state as State].phase || '-',
        bold(mark),
      ]),
    ),
  fields: () =>
    table(['what', 'stands at', 'mark'], [...fieldRows('release'), ...fieldRows('version'), ...fieldRows('history')]),
  refusals: () =>
    table(
      ['means', 'error codes'],
      REFUSALS.map((refusal) => {
        const codes = Object.entries(defaultProfile.refusals).filter(([, means]) => means === refusal);
        return [code(refusal), codes.map(([name]) => code(name)).join(', ') || '-'];
      }),
    ),
  placeholders: () => table(['operation', 'placeholders'], placeholderRows()),
  needs: () =>
    table(
      ['stage', 'writes that it may send', 'the least sure of them'],
      STAGE_NAMES.flatMap((stage) => {
        const sent = writesOf(stage);
        if (sent.length === 0) return [];
        const marks = sent.map((operation) => templateIn(defaultProfile, operation)?.mark);
        return [[code(stage), sent.map(code).join(', '), bold(marks.includes('inferred') ? 'inferred' : 'observed')]];
      }),
    ),
};

function isRead(operation: Operation): boolean {
  return operationRow(operation).access === 'read';
}

function fieldsOf({ query, body, form, file }: CallTemplate): string[] {
  return [...Object.keys({ ...query, ...form, ...body }), ...(file ? [file.field] : [])];
}

/** First what every operation has, then what every read also has, then the rest; operations with the same ones share a row. */
function placeholderRows(): string[][] {
  const names = operations.map(([operation]) => operation);
  const reads = names.filter(isRead);
  const ofAll = inEach(names);
  const ofReads = inEach(reads).filter((name) => !ofAll.includes(name));
  const othersOf = (operation: Operation) => {
    const shared = isRead(operation) ? [...ofAll, ...ofReads] : ofAll;
    return braced(knownPlaceholders(operation).filter((name) => !shared.includes(name)));
  };
  const others = [...new Set(names.map(othersOf))].filter((text) => text !== '');
  return [
    ['every operation', braced(ofAll)],
    ['every read, also', braced(ofReads)],
    ...others.map((text) => [
      names
        .filter((name) => othersOf(name) === text)
        .map(code)
        .join(', '),
      text,
    ]),
  ];
}

function inEach(names: readonly Operation[]): string[] {
  const [first = [], ...others] = names.map((operation) => knownPlaceholders(operation));
  return first.filter((name) => others.every((known) => known.includes(name)));
}

function braced(names: readonly string[]): string {
  return names.map((name) => code(`{${name}}`)).join(' ');
}

function fieldRows(part: 'release' | 'version' | 'history'): string[][] {
  return Object.entries(defaultProfile[part] as Record<string, Field>).map(([name, { at, mark }]) => [
    code(`${part}.${name}`),
    [at].flat().map(code).join(' or '),
    bold(mark),
  ]);
}

function bold(mark: Mark): string {
  return mark === 'inferred' ? mark : `**${mark}**`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}
