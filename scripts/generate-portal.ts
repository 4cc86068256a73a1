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
import { type Mark, operationRow, STAGE_NAMES, STATES, type State } from '../src/release/lifecycle.ts';

const code = (text: string) => `\`${text}\``;
const operations = templatesOf(defaultProfile);

/** What stands between the markers of each name; joined to the others by generate.ts. */
export const PORTAL_TABLES: Readonly<Record<string, () => string>> = {
  operations: () =>
    table(
      ['operation', 'what it does', 'call', 'fields', 'mark'],
      operations.map(([operation, template]) => [
        code(operation),
        `${operationRow(operation).words} (${operationRow(operation).access})`,
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
  placeholders: () =>
    table(
      ['operation', 'placeholders'],
      operations.map(([operation]) => [
        code(operation),
        knownPlaceholders(operation)
          .map((name) => code(`{${name}}`))
          .join(' '),
      ]),
    ),
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

function fieldsOf({ query, body, form, file }: CallTemplate): string[] {
  return [...Object.keys({ ...query, ...form, ...body }), ...(file ? [file.field] : [])];
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
