/** The responses of the health check: what the report keeps, and the section of the summary. Pure. */

import { code, escapeMarkdown, table } from './markdown.ts';

export type HealthVerdict = 'good' | 'bad' | 'no data';

export interface HealthReport {
  /** The verdict of the last response. */
  readonly verdict: HealthVerdict;
  readonly why: string;
  /** The number of responses in this step. */
  readonly responses: number;
  /** Each condition with its value in the last readable response. */
  readonly conditions: readonly HealthCondition[];
  /** The last responses, oldest first. */
  readonly samples: readonly HealthSample[];
}

export interface HealthCondition {
  /** As the user wrote it. */
  readonly text: string;
  readonly verdict: HealthVerdict;
  /** Untrusted; empty where there was no data. */
  readonly value: string;
}

export interface HealthSample {
  readonly at: string;
  /** The ratio in effect at that time, 0 before the first increase. */
  readonly ratioPercent: number;
  readonly verdict: HealthVerdict;
  /** The value of each condition if it is a number, else empty. Untrusted: a number may be an id of a user. */
  readonly values: readonly string[];
}

const MAX_SAMPLES_OF_A_RATIO = 16;
const MAX_SAMPLES = 50;

/** Adds a sample, within the limits for each ratio and for all. */
export function withSample(samples: readonly HealthSample[], sample: HealthSample): HealthSample[] {
  const same = samples.filter(({ ratioPercent }) => ratioPercent === sample.ratioPercent);
  const [oldest] = same.length < MAX_SAMPLES_OF_A_RATIO ? [] : same;
  return [...samples.filter((each) => each !== oldest), sample].slice(-MAX_SAMPLES);
}

const ICONS: Readonly<Record<HealthVerdict, string>> = { good: '✅', bad: '❌', 'no data': '⚪' };

/** The section of the health check in the job summary; empty where none was called. */
export function healthSummary(health: HealthReport | undefined): string {
  if (!health) return '';
  const last = `The last of ${health.responses} ${health.responses === 1 ? 'response' : 'responses'}: ${ICONS[health.verdict]} ${health.verdict}.`;
  const why = health.conditions.length === 0 ? ` ${escapeMarkdown(health.why, 300)}` : '';
  const rows = health.conditions.map(({ text, verdict, value }) => [
    code(text, 250),
    code(value, 100) || 'none',
    `${ICONS[verdict]} ${verdict}`,
  ]);
  const conditions = rows.length > 0 ? table(rows, ['Condition', 'Last value', 'Verdict']) : '';
  return ['### Health check', last + why, conditions, valuesByRatio(health)].filter(Boolean).join('\n\n');
}

/** The values at each ratio, oldest first. */
function valuesByRatio({ conditions, samples }: HealthReport): string {
  const ratios = [...new Set(samples.map(({ ratioPercent }) => ratioPercent))];
  const rows = ratios.flatMap((ratio) => {
    const own = samples.filter(({ ratioPercent }) => ratioPercent === ratio);
    const name = ratio === 0 ? 'before the first' : `${ratio}%`;
    const verdicts = own.map(({ verdict }) => ICONS[verdict]).join('');
    const lines = conditions.map(({ text }, index) => ({ text, values: own.map(({ values }) => values[index] ?? '') }));
    const drawn = lines.filter(({ values }) => values.some((value) => Number.isFinite(numberIn(value))));
    if (drawn.length === 0) return [[name, '', verdicts, '', '']];
    return drawn.map(({ text, values }, index) => [
      name,
      blocks(values, limitOf(text)),
      index === 0 ? verdicts : '',
      rangeOf(values),
      code(text, 250),
    ]);
  });
  if (rows.length === 0) return '';
  return table(rows, ['Ratio', 'Values, oldest first', 'Verdicts', 'From, to', 'Condition']);
}

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** A block for each value, on a scale that includes the limit, and a dot where there is no number; then the limit. */
function blocks(values: readonly string[], limit: number): string {
  const all = [...values.map(numberIn), limit].filter(Number.isFinite);
  const low = Math.min(...all);
  const span = Math.max(...all) - low;
  const block = (value: number) => {
    if (Number.isNaN(value)) return '·';
    const part = span > 0 ? Math.min(Math.max((value - low) / span, 0), 1) : 0;
    return BLOCKS[Math.round(part * (BLOCKS.length - 1))] ?? '·';
  };
  const line = values.map((value) => block(numberIn(value))).join('');
  return Number.isFinite(limit) ? `${line} limit ${block(limit)}` : line;
}

function rangeOf(values: readonly string[]): string {
  const numbers = values.map(numberIn).filter((value) => !Number.isNaN(value));
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  return low === high ? String(low) : `${low}, ${high}`;
}

/** The number in a condition; NaN where it compares with a text. */
function limitOf(condition: string): number {
  return numberIn(condition.slice(condition.lastIndexOf(' ') + 1));
}

/** The number in a text; NaN where it is not a number or was redacted. */
function numberIn(text: string): number {
  if (/^[+-]?inf(inity)?$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return text === '' ? Number.NaN : Number(text);
}
