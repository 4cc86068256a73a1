/** What was learned, as text: names and structure, and no values but the three ids. */

import { cleanLine } from '../lib/text.ts';
import { formatCertainty } from '../release/certainty.ts';
import { type Operation, operationRow, STAGE_NAMES, STAGES, stageRow } from '../release/lifecycle.ts';
import { WORD_STATES } from './evidence.ts';
import type { Learned, OperationFinding, WordFinding } from './findings.ts';

const MAX_LINES = 40;
const INPUTS = { appId: 'miniapp-id', spaceId: 'space-id', channelCode: 'target-app' } as const;

/** The report, in lines. */
export function reportOf(learned: Learned): string[] {
  const { operations, words, fields, ids, stages } = learned;
  const count = (verdict: OperationFinding['verdict']) => operations.filter((one) => one.verdict === verdict).length;
  const missing = stages.filter(({ certain }) => !certain);
  return [
    `${clean(new URL(learned.origin).host)}: ${learned.calls} calls. Base path ${clean(learned.basePath) || '/'}.`,
    ...learned.warnings.map((warning) => `Note: ${clean(warning)}`),
    '',
    `Operations: ${count('confirmed')} confirmed, ${count('learned')} learned, ${count('unsure')} unsure, ${count('not seen')} not seen.`,
    ...operations.flatMap(operationLines),
    '',
    ...section('Status words', words.flatMap(wordLines)),
    ...section(
      'Fields of a release',
      Object.entries(fields).map(
        ([name, { at, form, words = form }]) => `  ${name.padEnd(14)} ${clean(at)}${words ? ` (${words})` : ''}`,
      ),
    ),
    ...section(
      'Calls that no operation explains',
      learned.unexplained.map((call) => `  ${clean(call)}`),
    ),
    'Stages:',
    ...[...stages.filter(({ certain }) => certain), ...missing].map((one) => `  ${formatCertainty(one)}`),
    '',
    ...section(
      'For your workflow',
      Object.entries(INPUTS).flatMap(([name, input]) => {
        const value = ids[name as keyof typeof ids];
        return value && /^[A-Za-z0-9_-]{1,64}$/.test(value) ? [`  ${input}: '${value}'`] : [];
      }),
    ),
  ];
}

/** Whether all that was recorded is explained, and each call of the profile says all that was sent. */
export function isExplained({ operations, words, unexplained, gaps }: Learned): boolean {
  const isUnsure = ({ verdict }: { verdict: string }) => verdict === 'unsure';
  const isCut = ({ verdict, candidates }: OperationFinding) => verdict !== 'not seen' && candidates.length > 0;
  const isOpen = operations.some((one) => isUnsure(one) || isCut(one)) || words.some(isUnsure);
  return !isOpen && unexplained.length === 0 && gaps === 0;
}

function operationLines({ operation, verdict, call, evidence, candidates }: OperationFinding): string[] {
  const head = `  ${verdict.padEnd(9)}  ${operation.padEnd(14)}`;
  const indent = ' '.repeat(27);
  if (verdict === 'not seen') return [`${head}  ${buttonOf(operation)}`];
  if (verdict === 'unsure') {
    const example = candidates[0] ?? 'POST /path';
    if (evidence.startsWith('a profile cannot say it')) return [`${head}  ${clean(evidence)}: ${clean(example)}`];
    return [
      `${head}  ${clean(evidence)}: ${candidates.map(clean).join('; ')}`,
      `${indent}settle it with --is ${operation}='${clean(example)}'`,
    ];
  }
  return [`${head}  ${clean(call ?? '')}: ${clean(evidence)}`, ...candidates.map((one) => `${indent}${clean(one)}`)];
}

/** The button to press next time, from the lifecycle table. */
function buttonOf(operation: Operation): string {
  const stage = STAGE_NAMES.find((name) =>
    Object.values(STAGES[name].way).some(
      (step) => step !== 'wait' && (step as readonly Operation[]).includes(operation),
    ),
  );
  const { words } = operationRow(operation);
  return stage ? `${words}: press ${stageRow(stage).portalWords}` : `${words}: open that page of the portal`;
}

function wordLines({ word, label, state, verdict, evidence, candidates }: WordFinding): string[] {
  const shown = label ? `${clean(word)} (${clean(label)})` : clean(word);
  if (verdict !== 'unsure') return [`  ${shown}: ${state}${evidence ? `, ${evidence}` : ''}`];
  const close = candidates.length > 0 ? ` It may be ${candidates.join(' or ')}.` : '';
  const line = { statuses: { [clean(word)]: { state: candidates[0] ?? '...', mark: 'observed' } } };
  return [
    `  ${shown}: unsure${evidence ? `, ${evidence}` : ''}.${close} Settle it with --means ${clean(word)}=STATE, or add to the profile:`,
    '',
    '  ```json',
    `  ${JSON.stringify(line)}`,
    '  ```',
    '',
    `  Allowed states: ${[...WORD_STATES, 'busy'].join(', ')}.`,
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > MAX_LINES * 2 ? [`  and ${lines.length - MAX_LINES * 2} more`] : [];
  return [`${title}:`, ...lines.slice(0, MAX_LINES * 2), ...more, ''];
}

function clean(text: string): string {
  return cleanLine(text, 300);
}
