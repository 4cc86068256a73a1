/**
 * The table of inputs, and text -> Inputs with all faults at once. action.yml and the README's table are generated
 * from the table, so that what is promised is what is read.
 */

import { isAbsolute, normalize } from 'node:path';
import { hyphenated, nearest } from '../lib/nearest.ts';
import { ALLOWED_PLACES } from '../lib/paths.ts';
import { cleanLine } from '../lib/text.ts';
import { isLoopback, whyNotTrusted } from '../lib/trust.ts';
import { type Condition, PLACEHOLDERS, parseConditions, placeholdersIn } from '../release/health-conditions.ts';
import { STAGE_NAMES, STAGES, type Stage, stageRow } from '../release/lifecycle.ts';
import { hintOnBuildMetadata, isVersion, versionIn } from '../release/versions.ts';
import type { SandboxOptions } from '../sandbox/options.ts';

export interface InputRow {
  readonly description: string;
  readonly required?: true;
  readonly default?: string;
  /** An empty text is a value of its own, not an absent input. */
  readonly mayBeEmpty?: true;
  /** Never shown, not even in a fault. */
  readonly secret?: true;
}

export const INPUTS = {
  stage: {
    description: `One or more of ${STAGE_NAMES.join(', ')}; separated by commas, spaces or lines, run in the order of a release. withdraw and rollback run alone.`,
    required: true,
  },
  'portal-url': {
    description:
      'Address of the portal, such as https://miniapp.midtrans.com, or sandbox for the built-in one. No default: a forgotten variable must not mean production.',
    required: true,
  },
  'portal-hosts': {
    description: 'Hosts that may receive credentials besides miniapp.midtrans.com and loopback; separated by commas.',
  },
  'miniapp-id': { description: 'The id of the miniapp (appId). Quote it: YAML would round it.', required: true },
  'space-id': { description: 'The id of its workspace (spaceId). Quote it.', required: true },
  'target-app': { description: 'Channel code of the target app; required but for upload alone.' },
  version: {
    description:
      'Version to release: 1.2.3, or a tag of it, v1.2.3 or refs/tags/v1.2.3; latest, the highest version tag of the repository without a suffix such as -rc.1; or latest-prerelease, the highest one of all. Where empty: the tag of the event; for upload, the version of package.json.',
  },
  'tag-prefix': {
    description: 'What stands before the version in a tag, such as shop-v. Empty: nothing does.',
    default: 'v',
    mayBeEmpty: true,
  },
  'allow-downgrade': { description: 'Release a version below the live one.', default: 'false' },
  package: { description: 'For upload: a ZIP file with index.html at its root, or a build folder to zip.' },
  'release-notes': {
    description: 'Change log that submit sends; where empty, the body of the GitHub release that the event carries.',
  },
  reapply: { description: 'Let apply send a rejected or withdrawn release again.', default: 'false' },
  'whitelist-ids': {
    description:
      'For whitelist: user IDs, separated by commas, semicolons or white space; # starts a comment. Give them as a secret: the runner prints plain inputs.',
    secret: true,
  },
  'whitelist-file': { description: 'For whitelist: a file of user IDs in the same form.' },
  'grayscale-ratio': {
    description: 'For grayscale: a percentage of users, 20, or a ramp, 5, 20, 50; whole numbers 1-100, rising.',
  },
  'grayscale-soak': {
    description:
      'How long each ratio is held, the last one too: 0s, 90s, 15m, 6h, 2d. Must be given for a ramp, for grayscale with release in one step, and with health-url.',
  },
  'soak-mode': {
    description:
      'wait: the runner holds the soak. resume: a run that comes too early ends pending, a later one goes on.',
    default: 'wait',
  },
  'health-url': {
    description:
      'Address of a health check, called while a ratio is held, before every increase and before the release that follows. Placeholders in its path and query: {version}, {miniapp-id}, {target-app}, {ratio}, and {since}, the Unix time in seconds at which the ratio in effect took effect. See docs/health.md.',
  },
  'health-when': {
    description:
      'Conditions on the JSON of its response, one a line, such as data.result.0.value.1 < 0.01; all must hold. Operators: < <= > >= == !=. Where empty: a response is good that is 2xx and does not say "healthy": false.',
  },
  'health-token': {
    description: 'Sent as Authorization: Bearer to the host of health-url, and nowhere else. A secret.',
    secret: true,
  },
  'health-interval': {
    description: 'Time between two calls of the health check, 1s to 1h.',
    default: '30s',
  },
  'health-failures': {
    description: 'How many bad responses in a row halt the rollout, 1 to 10.',
    default: '3',
  },
  'approval-timeout': {
    description: 'How long apply and approval wait for the administrator: 0s is one look; 90s, 15m, 6h, 2d.',
    default: '15m',
  },
  'on-pending': {
    description:
      'succeed or fail while an approval or a soak is still under way; auto: succeed where apply or approval is the last stage, or with soak-mode resume.',
    default: 'auto',
  },
  'dry-run': { description: 'Read, say what would be done, write nothing.', default: 'false' },
  'portal-session': { description: 'Cookie header of a logged-in portal user. A secret.', secret: true },
  'portal-username': { description: 'Log in with this user instead. A secret.', secret: true },
  'portal-password': { description: 'The password to log in with. A secret.', secret: true },
  'portal-profile': {
    description: 'Path of a portal profile (JSON), for a portal with a different API.',
  },
  'github-token': {
    description: 'For the comment, the deployment and version: latest.',
    default: '${{ github.token }}',
    secret: true,
  },
  comment: { description: "Pull request comment: auto, off, or a pull request's number.", default: 'auto' },
  environment: { description: 'Where given: a GitHub deployment to this environment that follows the release.' },
  'show-preview': {
    description:
      'Preview link and QR code in summary and comment: true, false, or auto (unless the repository may be public).',
    default: 'auto',
  },
} as const satisfies Readonly<Record<string, InputRow>>;

export type InputName = keyof typeof INPUTS;

export interface Inputs {
  readonly stages: readonly Stage[];
  readonly portal:
    | { readonly kind: 'url'; readonly origin: URL }
    | { readonly kind: 'sandbox'; readonly options: SandboxOptions };
  readonly portalHosts: readonly string[];
  readonly miniappId: string;
  readonly spaceId: string;
  /** Empty for upload alone. */
  readonly targetApp: string;
  /** A version, `latest`, `latest-prerelease`, or nothing. */
  readonly version: string | undefined;
  readonly tagPrefix: string;
  readonly allowDowngrade: boolean;
  readonly package: string | undefined;
  readonly releaseNotes: string | undefined;
  readonly reapply: boolean;
  readonly whitelistIds: readonly string[];
  readonly whitelistFile: string | undefined;
  readonly ratios: readonly number[];
  readonly soakMs: number | undefined;
  readonly soakMode: 'wait' | 'resume';
  /** An address with placeholders. */
  readonly healthUrl: string | undefined;
  readonly healthWhen: readonly Condition[];
  readonly healthToken: string | undefined;
  readonly healthIntervalMs: number;
  readonly healthFailures: number;
  readonly approvalTimeoutMs: number;
  readonly onPending: 'auto' | 'succeed' | 'fail';
  readonly dryRun: boolean;
  readonly session: string | undefined;
  readonly login: { readonly username: string; readonly password: string } | undefined;
  readonly portalProfile: string | undefined;
  readonly githubToken: string | undefined;
  readonly comment: 'auto' | 'off' | number;
  readonly environment: string | undefined;
  readonly showPreview: 'auto' | boolean;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Hosts that may receive credentials without being named. */
const KNOWN_HOSTS = ['miniapp.midtrans.com'];

/**
 * Reads every input. All faults are found before anything is sent, each naming its input, what it got and what it
 * takes; a secret is never shown. Where there are faults, the inputs are no more than what could be read of them.
 */
export async function readInputs(
  environment: Environment,
  show: (untrusted: string) => string = String,
): Promise<{ readonly inputs: Inputs; readonly faults: readonly string[] }> {
  const faults = unknownInputs(environment);
  const read = reader(environment, faults, show);
  const stages = read('stage', parseStages) ?? [];
  const asks = (stage: Stage) => stages.includes(stage);
  const tagPrefix = read.text('tag-prefix') ?? '';
  const portalHosts = read('portal-hosts', parseHosts) ?? [];
  const portal = await readPortal(read.text('portal-url'), [...KNOWN_HOSTS, ...portalHosts], faults, show);
  const username = read.text('portal-username');
  const password = read.text('portal-password');
  const inputs: Inputs = {
    stages,
    portal: portal ?? { kind: 'url', origin: new URL('https://invalid.invalid') },
    portalHosts: [...KNOWN_HOSTS, ...portalHosts],
    miniappId: read('miniapp-id', parseId) ?? '',
    spaceId: read('space-id', parseId) ?? '',
    targetApp: read('target-app', parseId) ?? '',
    version: read('version', (text) => parseVersionInput(text, tagPrefix)),
    tagPrefix,
    allowDowngrade: read('allow-downgrade', parseBoolean) ?? false,
    package: read('package', parsePath),
    releaseNotes: read.text('release-notes'),
    reapply: read('reapply', parseBoolean) ?? false,
    whitelistIds: read('whitelist-ids', parseUserIds) ?? [],
    whitelistFile: read('whitelist-file', parsePath),
    ratios: read('grayscale-ratio', parseRamp) ?? [],
    soakMs: read('grayscale-soak', parseDuration),
    soakMode: read('soak-mode', oneOf('wait', 'resume')) ?? 'wait',
    healthUrl: read('health-url', parseHealthUrl),
    healthWhen: read('health-when', parseHealthWhen) ?? [],
    healthToken: read('health-token', parseHealthToken),
    healthIntervalMs: read('health-interval', parseHealthInterval) ?? 0,
    healthFailures: read('health-failures', parseHealthFailures) ?? 1,
    approvalTimeoutMs: read('approval-timeout', parseDuration) ?? 0,
    onPending: read('on-pending', oneOf('auto', 'succeed', 'fail')) ?? 'auto',
    dryRun: read('dry-run', parseBoolean) ?? false,
    session: read('portal-session', parseSession),
    login: username && password ? { username, password } : undefined,
    portalProfile: read('portal-profile', parsePath),
    githubToken: read.text('github-token'),
    comment: read('comment', parseComment) ?? 'auto',
    environment: read('environment', parseEnvironmentName),
    showPreview: read('show-preview', parseShowPreview) ?? 'auto',
  };

  const missing = (name: InputName, why: string) => faults.push(`${name}: missing; ${why}`);
  for (const [name, row] of Object.entries(INPUTS) as [InputName, InputRow][]) {
    if (row.required && !read.text(name)) missing(name, `it takes: ${row.description}`);
  }
  if (!read.text('target-app') && stages.some((stage) => stage !== 'upload')) {
    missing('target-app', 'every stage but upload needs the channel code of the target app.');
  }
  const alone = stages.find((stage) => stageRow(stage).alone);
  if (alone && stages.length > 1) faults.push(`stage: got ${stages.join(', ')}; ${alone} runs alone in a step.`);
  if (asks('upload') && !read.text('package')) missing('package', 'upload takes a ZIP file or a build folder.');
  if (asks('whitelist') && !read.text('whitelist-ids') && !read.text('whitelist-file')) {
    missing('whitelist-ids', 'whitelist takes user IDs here or in whitelist-file.');
  }
  if (asks('grayscale') && !read.text('grayscale-ratio')) {
    missing('grayscale-ratio', 'grayscale takes a percentage, 20, or a ramp, 5, 20, 50.');
  }
  if (asks('grayscale') && !read.text('grayscale-soak')) {
    const needs = whatNeedsSoak(inputs);
    if (needs) missing('grayscale-soak', `${needs} needs to know how long a ratio is held (0s if no time is meant).`);
  }
  if (!read.text('health-url')) {
    for (const name of OF_HEALTH_URL) {
      const row: InputRow = INPUTS[name];
      if (read.text(name) !== row.default) faults.push(`${name}: got a value, and no health-url that it is for.`);
    }
  }
  if (Boolean(username) !== Boolean(password)) {
    missing(username ? 'portal-password' : 'portal-username', 'a login takes both a user name and a password.');
  }
  if (portal?.kind === 'url' && !read.text('portal-session') && !username && !password) {
    missing('portal-session', 'a portal takes a session, or portal-username and portal-password to log in.');
  }
  if (portal?.kind === 'sandbox' && read.text('portal-profile')) {
    faults.push('portal-profile: got a path; the sandbox speaks the default profile only.');
  }
  if (inputs.tagPrefix.length > 64) faults.push('tag-prefix: got more than 64 characters.');
  return { inputs, faults };
}

/** Inputs that say nothing without health-url. */
const OF_HEALTH_URL = ['health-when', 'health-token', 'health-interval', 'health-failures'] as const;

/** Commas and semicolons of spreadsheets and of Chinese and Arabic keyboards, and white space. */
const SEPARATORS = ',;\uff0c\uff1b\u3001\uff64\u060c\u061b';
const BETWEEN_IDS = new RegExp(`[${SEPARATORS}\\s]+`);
const BETWEEN_COLUMNS = new RegExp(`[${SEPARATORS}\\t]`);
const QUOTED_ID = new RegExp(
  `(?<=^|[${SEPARATORS}\\s])(["'])\\s*(?:([^"'${SEPARATORS}\\s]+)\\s*)?\\1(?=[${SEPARATORS}\\s]|$)`,
  'g',
);

/** Quotes may stand inside, but not at an end, where they are a spreadsheet's. */
const USER_ID = /^\+?[\p{L}\p{N}]([\p{L}\p{M}\p{N}_.@+/=:&?%~"'-]{0,126}[\p{L}\p{M}\p{N}_.@+/=:&?%~-])?$/u;
/** Without a letter it is a number, or several that are joined: `1001/1002`, `62.811,5`, full-width digits. */
const NO_NUMBER = /\p{L}|^\+?[\d_-]+$/u;
const FULL_WIDTH = /[\uff01-\uff60]/;
/** `6.2811E+10`, `62811.0`, `62.811.234`: a long number as spreadsheets show and export it. */
const REWRITTEN_NUMBER = /^[+-]?\d+(\.\d+)*(\.\d+|\.|e[+-]?\d{1,3})$/i;
const ID_HEADER = /^((user|tester|member|account|customer|open)?[ _-]?ids?|uid|phone([ _-]?(number|no))?|msisdn)$/i;

/**
 * A text list of user IDs, as people write it and spreadsheets export it: commas, semicolons or white space between,
 * quotes around, a header on top, duplicates dropped; `#` starts a comment.
 */
export function parseUserIds(text: string): string[] {
  const ids = new Set<string>();
  let isFirst = true;
  for (const [index, content] of text.split(/\r\n|\r|\n/).entries()) {
    const line = content.replace(/#.*/, '').trim();
    if (line === '') continue;
    if (!(isFirst && isHeader(line, index + 1))) for (const id of idsOf(line, index + 1)) ids.add(id);
    isFirst = false;
  }
  if (ids.size === 0) throw new Fault('at least one user ID');
  return [...ids];
}

/** Whatever may be a user ID in a list that has faults, for a redactor. */
export function possibleUserIds(text: string): string[] {
  return text.split(new RegExp(`[${SEPARATORS}\\s"']+`)).filter((id) => id !== '');
}

function idsOf(line: string, lineNumber: number): string[] {
  const ids = line
    .replace(QUOTED_ID, ' $2 ')
    .split(BETWEEN_IDS)
    .filter((id) => id !== '');
  if (ids.some((id) => REWRITTEN_NUMBER.test(id))) {
    throw new Fault(
      `user IDs with all their digits; line ${lineNumber} holds a number that a spreadsheet has rounded or formatted (export the column as text)`,
    );
  }
  if (ids.some((id) => !USER_ID.test(id) || !NO_NUMBER.test(id) || FULL_WIDTH.test(id))) {
    throw new Fault(
      `user IDs of at most 128 letters, digits and the marks _ - . @ + / = : & ? % ~, separated by commas, semicolons or white space (one without a letter holds only digits, _ and -); line ${lineNumber} holds something else`,
    );
  }
  return ids;
}

/** Whether the line is the header of a table that has no other column. */
function isHeader(line: string, lineNumber: number): boolean {
  const columns = line
    .split(BETWEEN_COLUMNS)
    .map((column) =>
      column
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2')
        .trim(),
    )
    .filter((column) => column !== '');
  if (!columns.some((column) => ID_HEADER.test(column))) return false;
  if (columns.length > 1) {
    throw new Fault(`user IDs alone; line ${lineNumber} is the header of a table with ${columns.length} columns`);
  }
  return true;
}

/** The values of secret inputs as they came, for a redactor: a fault, too, may hold one that stands in the wrong place. */
export function secretTexts(environment: Environment): Readonly<Partial<Record<InputName, string>>> {
  const secrets = (Object.entries(INPUTS) as [InputName, InputRow][]).filter(([, row]) => row.secret);
  return Object.fromEntries(secrets.map(([name]) => [name, inputText(environment, name)]).filter(([, text]) => text));
}

/** The plain inputs that were given, besides those with a fault: nothing in them is a secret. */
export function plainTexts(environment: Environment, faults: readonly string[]): string[] {
  const isFaulty = (name: string) => faults.some((fault) => fault.startsWith(`${name}:`));
  return (Object.entries(INPUTS) as [InputName, InputRow][])
    .filter(([name, row]) => !row.secret && inputText(environment, name) !== row.default && !isFaulty(name))
    .map(([name]) => inputText(environment, name))
    .filter((text) => text !== '');
}

/** Thrown by a parser: what the input takes. */
export class Fault extends Error {}

interface Reader {
  <T>(name: InputName, parse: (text: string) => T): T | undefined;
  /** The trimmed text; the default, or undefined, where it is absent or empty (but see `mayBeEmpty`). */
  text(name: InputName): string | undefined;
}

function reader(environment: Environment, faults: string[], show: (untrusted: string) => string): Reader {
  const text = (name: InputName) => {
    const row: InputRow = INPUTS[name];
    const fallback = row.default?.startsWith('${{') ? undefined : row.default;
    // The runner sets what a workflow leaves out to its default, so that what is there and empty was given as empty.
    if (row.mayBeEmpty && environment[variableOf(name)] !== undefined) return inputText(environment, name);
    return inputText(environment, name) || fallback;
  };
  const read = <T>(name: InputName, parse: (value: string) => T): T | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const row: InputRow = INPUTS[name];
      faults.push(`${name}: got ${row.secret ? NOT_SHOWN : shown(show(value))}; takes ${error.message}.`);
      return undefined;
    }
  };
  return Object.assign(read, { text });
}

function inputText(environment: Environment, name: InputName): string {
  return environment[variableOf(name)]?.trim() ?? '';
}

function variableOf(name: InputName): string {
  return `INPUT_${name.toUpperCase()}`;
}

const NOT_SHOWN = 'a value that is not shown';

/** In quotes; but what may be an address with a password is not. `user:password@host` parses as a scheme and a path. */
function shown(value: string): string {
  return value.includes('@') ? NOT_SHOWN : `"${cleanLine(value, 100)}"`;
}

/**
 * The runner only warns of an input that does not exist; a misspelt dry-run would release. But a variable such as
 * INPUT_METHOD belongs to the machine: one that a shell could have set counts only where its name is near one of ours.
 */
function unknownInputs(environment: Environment): string[] {
  const known = Object.keys(INPUTS) as InputName[];
  return Object.keys(environment)
    .filter((key) => key.startsWith('INPUT_') && !known.some((name) => key.toUpperCase() === variableOf(name)))
    .flatMap((key) => {
      const given = key.slice('INPUT_'.length).toLowerCase();
      const near = meantInput(given, known);
      if (near === undefined && /^\w*$/.test(given)) return [];
      return `${cleanLine(given, 60)}: no such input${near ? `; did you mean ${near}?` : '.'}`;
    });
}

/** The input that a name stands for: with a slip of the hand, cut after a word, or with words around it. */
function meantInput(given: string, known: readonly InputName[]): InputName | undefined {
  const name = hyphenated(given.slice(0, 64)).replace(/^-|-$/g, '');
  const closest = nearest(name, known, (each) => each.length / 3);
  if (closest !== undefined) return closest;
  return known.find((each) => each.startsWith(`${name}-`) || (each.includes('-') && `-${name}-`.includes(`-${each}-`)));
}

function whatNeedsSoak(inputs: Inputs): string | undefined {
  if (inputs.ratios.length > 1) return 'a ramp';
  if (inputs.stages.includes('release')) return 'grayscale with release in one step';
  return inputs.healthUrl ? 'health-url' : undefined;
}

async function readPortal(
  text: string | undefined,
  hosts: readonly string[],
  faults: string[],
  show: (untrusted: string) => string,
): Promise<Inputs['portal'] | undefined> {
  if (text === undefined) return undefined;
  if (/^sandbox(\?|$)/.test(text)) {
    const { parseSandboxUrl } = await import('../sandbox/options.ts');
    const parsed = parseSandboxUrl(text);
    if (parsed.ok) return { kind: 'sandbox', options: parsed.options };
    faults.push(...parsed.faults.map((fault) => `portal-url: ${fault}.`));
    return undefined;
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const why = url ? whyNoPortal(url, text, hosts) : 'takes https://host (begin it with https://), or sandbox';
  if (!why) return { kind: 'url', origin: new URL(url?.origin ?? text) };
  faults.push(`portal-url: got ${shown(show(text))}; ${why}.`);
  return undefined;
}

function whyNoPortal(url: URL, text: string, hosts: readonly string[]): string | undefined {
  const rest = text.slice(text.indexOf('//') + 2);
  if (!['http:', 'https:'].includes(url.protocol)) return 'takes https://host, or sandbox';
  if (text.includes('\\')) return 'takes https://host without backslashes';
  if (url.pathname !== '/' || url.search || url.hash || /[/?#]./.test(rest)) {
    return `takes the portal's host alone, ${url.origin}; paths are the profile's`;
  }
  const why = whyNotTrusted(url, hosts);
  if (!why) return undefined;
  return url.protocol === 'https:' && !url.username && !url.password
    ? `${why}. Name it in portal-hosts if it is meant`
    : `${why}; takes https://host, or sandbox`;
}

// --- Parsers: text -> value, or a Fault that says what is taken ------------------------------------------------------

function parseStages(text: string): Stage[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  for (const name of names) {
    if (Object.hasOwn(STAGES, name)) continue;
    const near = nearest(name, STAGE_NAMES);
    throw new Fault(`one or more of ${STAGE_NAMES.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`);
  }
  if (names.length === 0) throw new Fault(`one or more of ${STAGE_NAMES.join(', ')}`);
  return STAGE_NAMES.filter((stage) => names.includes(stage));
}

function parseHosts(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .filter((host) => host !== '')
    .map((host) => {
      if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/i.test(host)) {
        throw new Fault('host names, such as portal.example.com, separated by commas');
      }
      return host.toLowerCase();
    });
}

function parseId(text: string): string {
  if (/^[\d.]+e\+?\d+$/i.test(text)) {
    throw new Fault("an id in quotes, '2088000000000000000001': this is a number that YAML has rounded");
  }
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(text)) throw new Fault('1 to 64 letters, digits, _ or -');
  return text;
}

const LATEST = ['latest', 'latest-prerelease'];

function parseVersionInput(text: string, tagPrefix: string): string {
  if (LATEST.includes(text)) return text;
  const tag = text.replace(/^refs\/tags\//, '');
  const version = isVersion(tag) ? tag : versionIn(tag, tagPrefix);
  if (version !== undefined) return version;
  const before = tagPrefix === '' ? '' : `, the same behind "${cleanLine(tagPrefix, 64)}" (tag-prefix)`;
  throw new Fault(
    `three or four numbers with an optional suffix, 1.2.3 or 1.2.3-beta${before}, latest, or latest-prerelease${whyUnquoted(tag)}${hintOnBuildMetadata(tag)}`,
  );
}

function whyUnquoted(text: string): string {
  return /^\d+\.\d+$/.test(text) ? `; in quotes: ${text} may be an unquoted ${text}0, which YAML cuts` : '';
}

function parseBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Fault('true or false');
  return text === 'true';
}

function oneOf<T extends string>(...values: readonly T[]): (text: string) => T {
  return (text) => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw new Fault(values.join(' or '));
    return value;
  };
}

function parseRamp(text: string): number[] {
  const takes = 'a whole percentage 1-100, such as 20 or 20%, or a rising ramp, such as 5, 20, 50';
  const ratios = text
    .split(/[\s,]+/)
    .filter((part) => part !== '')
    .map((part) => {
      const digits = /^(\d{1,3})%?$/.exec(part)?.[1];
      const ratio = Number(digits);
      if (digits === undefined || ratio < 1 || ratio > 100) throw new Fault(takes);
      return ratio;
    });
  const isRising = ratios.every((ratio, index) => index === 0 || ratio > (ratios[index - 1] ?? 0));
  if (ratios.length === 0 || !isRising) throw new Fault(takes);
  return ratios;
}

const DURATION_UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (!match) throw new Fault('a duration such as 0s, 90s, 15m, 6h or 2d');
  return Number(match[1]) * DURATION_UNITS[match[2] as keyof typeof DURATION_UNITS];
}

function parseHealthUrl(text: string): string {
  const names = placeholdersIn(text);
  const unknown = names.find((name) => !(PLACEHOLDERS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, PLACEHOLDERS);
    throw new Fault(
      `the placeholders ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}, and no {${cleanLine(unknown, 40)}}${near ? ` (did you mean {${near}}?)` : ''}`,
    );
  }
  const [, authority = '', rest = ''] = /^([^:]*:[/\\]*[^/\\?#]*)(.*)$/.exec(text) ?? [];
  const isElsewhere = placeholdersIn(authority).length > 0 || placeholdersIn(rest.replace(/^[^#]*/, '')).length > 0;
  if (isElsewhere) throw new Fault('placeholders in the path and in the query only');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const secure = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)));
  if (!url || !secure || url.username || url.password) {
    throw new Fault('an https address without user name or password');
  }
  return text;
}

function parseHealthWhen(text: string): readonly Condition[] {
  const { conditions, faults } = parseConditions(text);
  if (faults.length === 0) return conditions;
  throw new Fault(`conditions such as data.result.0.value.1 < 0.01, one a line: ${faults.join('; ')}`);
}

function parseHealthToken(text: string): string {
  if (/^bearer\s/i.test(text)) throw new Fault('the token alone: the word Bearer is added');
  // The characters of a header value (RFC 9110, 5.5) without spaces.
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Fault('a token on one line without spaces');
  return text;
}

function parseHealthInterval(text: string): number {
  const ms = /^\d{1,6}[smhd]$/.test(text) ? parseDuration(text) : 0;
  if (ms < 1_000 || ms > 3_600_000) throw new Fault('a duration of 1s to 1h, such as 30s or 5m');
  return ms;
}

function parseHealthFailures(text: string): number {
  if (!/^([1-9]|10)$/.test(text)) throw new Fault('a whole number of 1 to 10');
  return Number(text);
}

function parseSession(text: string): string {
  // A header value (RFC 9110, 5.5): visible ASCII and spaces.
  if (!/^[\x20-\x7e]+$/.test(text)) throw new Fault('a cookie header on one line, name=value; name=value');
  return text;
}

/** By its words alone; where it really leads, links and all, is looked at when it is opened. */
function parsePath(text: string): string {
  if (!isAbsolute(text) && /^\.\.(\/|\\|$)/.test(normalize(text)))
    throw new Fault(`a path that stays inside, and this one leaves the workspace; ${ALLOWED_PLACES}`);
  return text;
}

function parseComment(text: string): 'auto' | 'off' | number {
  if (text === 'auto' || text === 'off') return text;
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Fault("auto, off, or a pull request's number");
  return Number(text);
}

function parseEnvironmentName(text: string): string {
  if (text.length > 255 || /\p{C}/u.test(text)) throw new Fault('the name of an environment, at most 255 characters');
  return text;
}

function parseShowPreview(text: string): 'auto' | boolean {
  const value = oneOf('auto', 'true', 'false')(text);
  return value === 'auto' ? value : value === 'true';
}
