/**
 * The inputs health-url and health-when: an address with placeholders, and conditions on the JSON of its response.
 * Pure.
 */

const OPERATORS = ['<', '<=', '>', '>=', '==', '!='] as const;
type Operator = (typeof OPERATORS)[number];

export interface Condition {
  /** As the user wrote it, with single spaces: `data.result.0.value.1 < 0.01`. */
  readonly text: string;
  /** The names and indices that lead to the value. */
  readonly place: readonly string[];
  readonly operator: Operator;
  readonly value: number | string;
  /** The value as the user wrote it. */
  readonly valueText: string;
}

export type HealthVerdict = 'good' | 'bad' | 'no data';

/** A condition and the value that a response has at its place. */
export interface Judged {
  readonly verdict: HealthVerdict;
  /** The value as text; empty where there is no data. Untrusted. */
  readonly value: string;
  /** Why there is no data: "absent", "null". */
  readonly missing?: string;
}

// --- Conditions ----------------------------------------------------------------------------------------------------

const MAX_CONDITIONS = 10;
const MAX_CONDITION_CHARS = 200;
const CONDITION = /^([^\s<>=!]+)\s*(<=|>=|==|!=|<|>)\s*([^\s<>=!].*)$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;

/** Parses conditions, one a line. Each fault names its line. */
export function parseConditions(text: string): {
  readonly conditions: readonly Condition[];
  readonly faults: readonly string[];
} {
  const conditions: Condition[] = [];
  const faults: string[] = [];
  for (const [index, content] of text.split(/\r\n|\r|\n/).entries()) {
    const line = content.trim();
    if (line === '') continue;
    const parsed = parseCondition(line);
    if (typeof parsed === 'string') faults.push(`line ${index + 1} ${parsed}`);
    else conditions.push(parsed);
  }
  if (conditions.length > MAX_CONDITIONS) faults.push(`there are more than ${MAX_CONDITIONS} conditions`);
  return { conditions, faults };
}

/** The condition, or what is wrong with the line, as text. */
function parseCondition(line: string): Condition | string {
  if (line.length > MAX_CONDITION_CHARS) return `has more than ${MAX_CONDITION_CHARS} characters`;
  const [, place = '', operator = '', given = ''] = CONDITION.exec(line) ?? [];
  if (operator === '') return whyNoCondition(line);
  const names = place.split('.');
  if (names.includes('')) return 'has an empty name in its place';
  const isQuoted = /^(["']).*\1$/.test(given) && given.length > 1;
  const valueText = isQuoted ? given.slice(1, -1) : given;
  const number = isQuoted ? undefined : decimalOf(given);
  if (number === undefined && operator !== '==' && operator !== '!=') {
    return `compares with ${operator}, which takes a number such as 0.01 (a decimal point, no unit, no percent sign)`;
  }
  return {
    text: `${place} ${operator} ${given}`,
    place: names,
    operator: operator as Operator,
    value: number ?? valueText,
    valueText,
  };
}

function whyNoCondition(line: string): string {
  if (/[^<>=!]=[^=]/.test(` ${line}`)) return 'has the operator =; write == for equal';
  if (/=[<>]|<>|={3}|!==/.test(line)) return `has an unknown operator; the operators are ${OPERATORS.join(' ')}`;
  if (!/[<>=!]/.test(line)) return `has no operator; the operators are ${OPERATORS.join(' ')}`;
  return 'is not of the form PLACE OPERATOR VALUE, with a place that has no spaces';
}

function decimalOf(text: string): number | undefined {
  return DECIMAL.test(text) ? Number(text) : undefined;
}

/** Good if all conditions are true, bad if one is false, else no data. */
export function verdictOf(judged: readonly Judged[]): HealthVerdict {
  const verdicts = judged.map(({ verdict }) => verdict);
  if (verdicts.includes('bad')) return 'bad';
  return verdicts.includes('no data') ? 'no data' : 'good';
}

/** The value and verdict of each condition in a parsed response. */
export function judge(json: unknown, conditions: readonly Condition[]): Judged[] {
  return conditions.map((condition) => judgeOne(valueAt(json, condition.place), condition));
}

function judgeOne(found: unknown, condition: Condition): Judged {
  const missing = whyMissing(found);
  if (missing) return { verdict: 'no data', value: '', missing };
  // A list or an object cannot be compared, so the condition is false.
  if (typeof found === 'object') return { verdict: 'bad', value: Array.isArray(found) ? 'a list' : 'an object' };
  const value = String(found).trim();
  return { verdict: isMet(value, condition) ? 'good' : 'bad', value };
}

function whyMissing(found: unknown): string | undefined {
  if (found === undefined) return 'absent';
  if (found === null) return 'null';
  if (typeof found === 'object') {
    return Object.keys(found).length === 0 ? `an empty ${Array.isArray(found) ? 'list' : 'object'}` : undefined;
  }
  const text = String(found).trim();
  if (text === '') return 'an empty text';
  return /^[+-]?nan$/i.test(text) ? 'NaN' : undefined;
}

function isMet(value: string, { operator, value: limit, valueText }: Condition): boolean {
  const number = numberOf(value);
  if (typeof limit === 'string' || number === undefined) {
    // A text that is not a number is neither above nor below one.
    return operator === '==' ? value === valueText : operator === '!=' && value !== valueText;
  }
  switch (operator) {
    case '<':
      return number < limit;
    case '<=':
      return number <= limit;
    case '>':
      return number > limit;
    case '>=':
      return number >= limit;
    case '==':
      return isSame(value, valueText);
    case '!=':
      return !isSame(value, valueText);
  }
}

/** Compares integers of any length by all their digits. */
function isSame(text: string, other: string): boolean {
  const isInteger = (each: string) => /^-?\d+$/.test(each);
  return isInteger(text) && isInteger(other) ? BigInt(text) === BigInt(other) : numberOf(text) === numberOf(other);
}

/** The number in a text, also as Prometheus writes it: `0.5`, `1e-05`, `+Inf`; undefined where it is not a number. */
export function numberOf(text: string): number | undefined {
  const [isInfinite, sign] = INFINITE.exec(text) ?? [];
  if (isInfinite) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return decimalOf(text);
}

/**
 * The value at a place, or undefined. A name may contain dots (`data.0.p95(transaction.duration)`), so where a short
 * name leads nowhere, it is joined with the next.
 */
function valueAt(value: unknown, place: readonly string[]): unknown {
  if (place.length === 0) return value;
  if (value === null || typeof value !== 'object') return undefined;
  for (let count = 1; count <= place.length; count++) {
    const name = place.slice(0, count).join('.');
    // A list has indices, and no `length` or other name.
    if (!Object.hasOwn(value, name) || (Array.isArray(value) && !/^\d+$/.test(name))) continue;
    const found = valueAt((value as Record<string, unknown>)[name], place.slice(count));
    if (found !== undefined) return found;
  }
  return undefined;
}

// --- The address -----------------------------------------------------------------------------------------------------

/** The placeholders of health-url. */
export const PLACEHOLDERS = ['version', 'miniapp-id', 'target-app', 'ratio', 'since'] as const;
export type PlaceholderValues = Readonly<Record<(typeof PLACEHOLDERS)[number], string>>;

/** A word in braces. Other braces stay as they are: `{job="shop"}` of a Prometheus query is no placeholder. */
const PLACEHOLDER = /\{([a-z][\w-]*)\}/gi;

/** The words in braces, in order of appearance. */
export function placeholdersIn(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
}

/** The address with each placeholder's value, encoded so that it stays one value in a path or a query. */
export function fillAddress(template: string, values: PlaceholderValues): string {
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(values, name) ? encodeURIComponent(values[name as keyof PlaceholderValues]) : whole,
  );
}
