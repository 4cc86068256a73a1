/** Templates of a profile: texts with `{placeholders}`, the placeholders that exist, and how they are filled. */

import type { Folds } from '../../release/folds.ts';
import type { Operation, WriteOperation } from '../../release/lifecycle.ts';

/** The values of the placeholders of one call. */
export type Values = Readonly<Record<string, string | number | readonly string[]>>;

interface Placeholder {
  /** The value is a list, which can only be the whole value in a JSON body. */
  readonly isList?: true;
  /** Allowed in a JSON body only: addresses and forms are logged by servers and proxies on the way. */
  readonly isBodyOnly?: true;
  /** The value consists of digits, in a version up to its first dot. */
  readonly isDigits?: true;
  /** How the value may be written besides as it is: `{ratio:fraction}`. */
  readonly forms?: readonly string[];
}

/** What user IDs may be joined by to one text: `{userIds:,}`. */
const SEPARATORS = [',', ';', '|', ' ', '\n'] as const;

const PLACEHOLDERS = {
  appId: { forms: ['number'] },
  spaceId: { forms: ['number'] },
  channelCode: { forms: ['number'] },
  version: { isDigits: true },
  publishId: { forms: ['number'] },
  page: { isDigits: true, forms: ['zero-based'] },
  offset: { isDigits: true },
  pageSize: { isDigits: true },
  artifacts: { isList: true, isBodyOnly: true, forms: ['repeat'] },
  artifact: {},
  releaseNotes: {},
  userIds: { isList: true, isBodyOnly: true, forms: ['each', 'repeat', ...SEPARATORS] },
  userId: { isBodyOnly: true },
  ratio: { isDigits: true, forms: ['text', 'fraction', 'fraction-text'] },
  username: { isBodyOnly: true },
  password: { isBodyOnly: true },
} as const satisfies Readonly<Record<string, Placeholder>>;
type PlaceholderName = keyof typeof PLACEHOLDERS;

/** The placeholders that identify the miniapp; every operation has them, and so have the profile's headers. */
export const ID_PLACEHOLDERS: readonly PlaceholderName[] = ['appId', 'spaceId', 'channelCode'];
const VERSION: readonly PlaceholderName[] = ['version'];
/** An operation on a release that exists already, which a portal may name by its ticket. */
const RELEASE: readonly PlaceholderName[] = ['version', 'publishId'];
const PAGE: readonly PlaceholderName[] = ['page', 'pageSize', 'offset'];

/** The placeholders of an operation besides those of the miniapp; those of a release for an operation that is not listed. */
const OF_OPERATION: Readonly<Partial<Record<Operation, readonly PlaceholderName[]>>> = {
  listVersions: PAGE,
  listReleases: PAGE,
  findRelease: ['version', ...PAGE],
  releaseHistory: [...RELEASE, ...PAGE],
  uploadPackage: VERSION,
  createVersion: ['version', 'artifacts', 'artifact'],
  createRelease: ['version', 'artifacts', 'artifact', 'releaseNotes'],
  startApproval: [...RELEASE, 'releaseNotes'],
  addWhitelist: [...RELEASE, 'userIds', 'userId'],
  setRatio: [...RELEASE, 'ratio'],
  startGrayscale: [...RELEASE, 'ratio'],
  login: ['username', 'password'],
};

/** The placeholders that the templates of an operation may contain, with those of what is folded into it. */
export function knownPlaceholders(operation: Operation, folds: Folds = {}): readonly string[] {
  const folded = (Object.keys(folds) as WriteOperation[]).filter((one) => folds[one] === operation);
  // What uploads with the version has no path of an earlier upload.
  const own = folded.includes('uploadPackage') ? VERSION : (OF_OPERATION[operation] ?? RELEASE);
  const names = [...own, ...folded.flatMap((one) => OF_OPERATION[one] ?? RELEASE)];
  // What creates the release has no ticket yet.
  const isNew = folded.includes('createRelease');
  return [...new Set([...ID_PLACEHOLDERS, ...names])].filter((name) => !(isNew && name === 'publishId'));
}

const ROWS: readonly (readonly [string, Placeholder])[] = Object.entries(PLACEHOLDERS);

/** What is special about the value of a placeholder; nothing for one that does not exist. */
export function placeholderTraits(name: string): Placeholder {
  return ROWS.find(([known]) => known === name)?.[1] ?? {};
}

/** Whether the value of a placeholder consists of digits; its name in any letter case. */
export function isFilledWithDigits(name: string): boolean {
  return ROWS.some(([known, { isDigits }]) => isDigits && known.toLowerCase() === name.toLowerCase());
}

/** `{name}` or `{name:form}`. */
export const PLACEHOLDER = /\{([A-Za-z]+)(?::([^{}]+))?\}/g;
const WHOLE = /^\{([A-Za-z]+)(?::([^{}]+))?\}$/;

/** The names of the placeholders in a template, in their order. */
export function placeholdersOf(template: unknown): string[] {
  return usesIn(template).map(({ name }) => name);
}

/** A placeholder as it is used. */
export interface Use {
  readonly name: string;
  readonly form: string | undefined;
}

/** The placeholders in a template with their forms, in their order. */
export function usesIn(template: unknown): Use[] {
  if (typeof template === 'string') {
    return [...template.matchAll(PLACEHOLDER)].map(([, name = '', form]) => ({ name, form }));
  }
  if (template === null || typeof template !== 'object') return [];
  return Object.values(template).flatMap(usesIn);
}

/** Whether a text is one placeholder and nothing else. */
export function isWholePlaceholder(template: string): boolean {
  return WHOLE.test(template);
}

/** Fills a JSON template: a text that is one placeholder becomes its value with its type, any other text a text. */
export function fill(template: unknown, values: Values): unknown {
  if (typeof template === 'string') {
    const [, name, form] = WHOLE.exec(template) ?? [];
    return name ? inForm(values[name], form) : fillText(template, values);
  }
  if (Array.isArray(template)) {
    const { userIds } = values;
    const isForEach = template.length === 1 && usesIn(template).some(({ form }) => form === 'each');
    if (isForEach && Array.isArray(userIds))
      return userIds.map((one: string) => fill(template[0], { ...values, userIds: one }));
    return template.map((item) => fill(item, values));
  }
  if (template === null || typeof template !== 'object') return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value, values)]));
}

type Value = Values[string] | undefined;

/** The value of a placeholder as JSON has it in that form. */
function inForm(value: Value, form: string | undefined): unknown {
  switch (form) {
    case undefined:
    case 'each':
    case 'repeat':
      return value;
    case 'text':
      return value === undefined ? undefined : String(value);
    case 'fraction':
      return Number(value) / 100;
    case 'fraction-text':
      return String(Number(value) / 100);
    case 'zero-based':
      return Number(value) - 1;
    case 'number':
      return rawNumber(String(value));
    default:
      return Array.isArray(value) ? value.join(form) : value;
  }
}

/**
 * A JSON number of these digits. A JavaScript number would round an identifier of 19 digits.
 * @throws RangeError where JSON knows no such number
 */
function rawNumber(digits: string): unknown {
  if (!/^(0|[1-9]\d*)$/.test(digits)) throw new RangeError('is not a whole number');
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits);
}

function textOf(value: Value, form: string | undefined): string {
  return form === 'number' ? String(value ?? '') : String(inForm(value, form) ?? '');
}

/** Fills a text; a placeholder without a value becomes empty. */
export function fillText(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (_, name: string, form?: string) => textOf(values[name], form));
}

/** Fills a path; each value is encoded, so that it stays within one segment and cannot lead to another address. */
export function fillPath(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (_, name: string, form?: string) =>
    encodeURIComponent(textOf(values[name], form)),
  );
}
