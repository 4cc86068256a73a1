/** The report as JSON of a limited size. Pure. */

import type { Report } from './report.ts';

/** The lists of unlimited length, and which end of each is kept. */
const LISTS = { history: 'first', operations: 'last', underWay: 'first', notices: 'first' } as const;
type List = keyof typeof LISTS;
const LIST_NAMES = Object.keys(LISTS) as List[];

const MAX_TEXT_CHARS = 500;

/** How many entries of each list were left out, and how many texts were cut off. */
type Truncated = Partial<Record<List | 'texts', number>>;

/**
 * The report as JSON in at most `maxBytes` of UTF-8. While it is larger, the largest list is shortened, and then long
 * texts are cut; every field stays, and the field `truncated` counts what was left out.
 */
export function boundedJson(report: Report, maxBytes: number): string {
  const whole = JSON.stringify(report);
  if (Buffer.byteLength(whole) <= maxBytes) return whole;
  const roomForLists = maxBytes - Buffer.byteLength(JSON.stringify({ ...report, ...NO_LISTS }));
  // If the texts take more than half of the space, they are cut too.
  const { texts, cut } = roomForLists < maxBytes / 2 ? withShortTexts(report) : { texts: report, cut: 0 };
  let bounded: Report = texts;
  for (;;) {
    const json = JSON.stringify({ ...bounded, truncated: truncatedOf(report, bounded, cut) });
    const longest = largestList(bounded);
    if (Buffer.byteLength(json) <= maxBytes || longest === undefined) return json;
    bounded = { ...bounded, [longest]: shortened(bounded[longest], LISTS[longest]) };
  }
}

const NO_LISTS = { history: [], operations: [], underWay: [], notices: [] } satisfies Record<List, []>;

function truncatedOf(report: Report, bounded: Report, texts: number): Truncated {
  const counts = LIST_NAMES.map((name) => [name, report[name].length - bounded[name].length] as const);
  return Object.fromEntries([...counts, ['texts', texts] as const].filter(([, count]) => count > 0));
}

function largestList(report: Report): List | undefined {
  const bytes = (name: List) => Buffer.byteLength(JSON.stringify(report[name]));
  const [largest] = LIST_NAMES.filter((name) => report[name].length > 0).sort((a, b) => bytes(b) - bytes(a));
  return largest;
}

/** Removes a quarter of a list, so that most of the space is used and a few dozen rounds shorten any list. */
function shortened(list: readonly unknown[], end: 'first' | 'last'): readonly unknown[] {
  const kept = Math.floor(list.length * 0.75);
  return end === 'first' ? list.slice(0, kept) : list.slice(list.length - kept);
}

function withShortTexts(report: Report): { texts: Report; cut: number } {
  let cut = 0;
  const texts = JSON.parse(JSON.stringify(report), (_, value: unknown) => {
    if (typeof value !== 'string' || value.length <= MAX_TEXT_CHARS) return value;
    cut++;
    // Half of a surrogate pair would be invalid text.
    return `${value.slice(0, MAX_TEXT_CHARS - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
  }) as Report;
  return { texts, cut };
}
