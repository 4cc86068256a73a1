/**
 * The table of inputs. A row holds everything about an input: its text in action.yml and in the README, which are
 * generated from here, its default, and the parser, which also gives the value its type in `Inputs`.
 */

import { KNOWN_HOSTS } from '../lib/trust.ts';
import { STAGE_NAMES } from '../release/lifecycle.ts';
import {
  oneOf,
  parseBoolean,
  parseComment,
  parseDisplayName,
  parseDuration,
  parseEnvironmentName,
  parseHealthFailures,
  parseHealthInterval,
  parseHealthToken,
  parseHealthUrl,
  parseHealthWhen,
  parseId,
  parsePath,
  parseRatios,
  parseSession,
  parseShowPreview,
  parseStages,
  parseText,
  parseVersion,
} from './parsers.ts';
import { NO_ADDRESS, parseHosts, parsePortalAddress } from './portal-address.ts';
import { parseUserIds } from './user-ids.ts';

/** Values of inputs that the parsers of other inputs need. */
export interface ParseContext {
  readonly tagPrefix: string;
  /** Hosts that may receive credentials. */
  readonly trustedHosts: readonly string[];
}

export interface Input<T> {
  readonly description: string;
  readonly required?: true;
  /** A text, or an expression `${{ ... }}`, which only the runner can evaluate. */
  readonly default?: string;
  /** An empty text is a value and does not count as an absent input. */
  readonly mayBeEmpty?: true;
  /** Never shown, not even in a fault. */
  readonly secret?: true;
  /** @throws {Fault} where the text is not valid */
  readonly parse: (text: string, context: ParseContext) => T | Promise<T>;
  /** The value of an absent input without a default; undefined where it is left out. */
  readonly ifAbsent?: T;
  /** Heading of the inputs that belong together; `group` sets it. */
  readonly group?: string;
}

/** The inputs in the order of action.yml and of the README: the required ones first, then by stage. */
export const INPUTS = {
  ...group('Required', {
    stage: input({
      description: `What to do, in the order of a release: one or more of ${STAGE_NAMES.join(', ')}, separated by commas, spaces or lines.`,
      required: true,
      parse: parseStages,
      ifAbsent: [],
    }),
    'portal-url': input({
      description: 'Address of the portal, such as https://miniapp.midtrans.com, or sandbox for the built-in one.',
      required: true,
      parse: (text, { trustedHosts }) => parsePortalAddress(text, trustedHosts),
      ifAbsent: NO_ADDRESS,
    }),
    'miniapp-id': input({
      description: 'Id of the miniapp (appId), in quotes, since YAML would round it.',
      required: true,
      parse: parseId,
      ifAbsent: '',
    }),
    'space-id': input({
      description: 'Id of its workspace (spaceId), in quotes.',
      required: true,
      parse: parseId,
      ifAbsent: '',
    }),
  }),
  ...group('The target app', {
    'target-app': input({
      description: 'Channel code of the target app, required for every stage except upload.',
      parse: parseId,
      ifAbsent: '',
    }),
    'target-app-name': input({
      description: 'Name of the target app to show in texts, if target-app is a long number.',
      parse: parseDisplayName,
    }),
  }),
  ...group('The portal: login, hosts and API', {
    'portal-session': input({
      description: 'Cookie header of a logged-in portal user, as a secret.',
      secret: true,
      parse: parseSession,
    }),
    'portal-username': input({
      description: 'User name of a portal account, as a secret, to log in without a valid portal-session.',
      secret: true,
      parse: parseText,
    }),
    'portal-password': input({ description: 'Password of that account, as a secret.', secret: true, parse: parseText }),
    'portal-hosts': input({
      description:
        'Hosts, separated by commas, that may receive credentials besides miniapp.midtrans.com, miniapp.stg.midtrans.com and loopback.',
      parse: parseHosts,
      ifAbsent: KNOWN_HOSTS,
    }),
    'portal-profile': input({
      description: 'Path of a portal profile (JSON), for a portal with a different API.',
      parse: parsePath,
    }),
  }),
  ...group('The version', {
    version: input({
      description:
        'Version to release: 1.2.3, a tag such as v1.2.3, latest or latest-prerelease; where empty, the tag of the event or, for upload, the version of package.json.',
      parse: (text, { tagPrefix }) => parseVersion(text, tagPrefix),
    }),
    'tag-prefix': input({
      description: 'Text before the version in your tags, such as shop-v; may be empty.',
      default: 'v',
      mayBeEmpty: true,
      parse: parseText,
    }),
    'allow-downgrade': input({
      description: 'Whether a version below the live one may be released.',
      default: 'false',
      parse: parseBoolean,
    }),
  }),
  ...group('Stage upload', {
    package: input({
      description: 'What upload sends: a ZIP file with index.html at its root, or a build folder to zip.',
      parse: parsePath,
    }),
  }),
  ...group('Stage submit', {
    'release-notes': input({
      description: 'Change log that submit sends; where empty, the body of the GitHub release of the event.',
      parse: parseText,
    }),
  }),
  ...group('Stages apply and approval', {
    reapply: input({
      description: 'Whether apply resubmits a rejected or withdrawn release.',
      default: 'false',
      parse: parseBoolean,
    }),
    'approval-timeout': input({
      description:
        'How long apply and approval wait for the administrator, such as 90s, 15m, 6h or 2d; 0s checks once.',
      default: '15m',
      parse: parseDuration,
    }),
  }),
  ...group('Stage whitelist', {
    'whitelist-ids': input({
      description:
        'User IDs to whitelist, as a secret (the runner prints plain inputs), separated by commas, semicolons or white space; # starts a comment.',
      secret: true,
      parse: parseUserIds,
      ifAbsent: [],
    }),
    'whitelist-file': input({
      description: 'File of user IDs to whitelist, written as in whitelist-ids.',
      parse: parsePath,
    }),
  }),
  ...group('Stage grayscale', {
    'grayscale-ratio': input({
      description: 'Percentage of users who get the version, 1-100, such as 20, or a rising ramp, such as 5, 20, 50.',
      parse: parseRatios,
      ifAbsent: [],
    }),
    'grayscale-soak': input({
      description:
        'How long each ratio, the last one included, is held, such as 30m; required for a ramp, for grayscale with release in one step, and with health-url.',
      parse: parseDuration,
    }),
    'soak-mode': input({
      description:
        'What a run does while a ratio is held: wait, or resume, which ends it pending so that a later run continues.',
      default: 'wait',
      parse: oneOf('wait', 'resume'),
    }),
  }),
  ...group('Health check of stages grayscale and release', {
    'health-url': input({
      description:
        'Address of a health check, called while a ratio is held, before every increase and before the release that follows (docs/health.md).',
      parse: parseHealthUrl,
    }),
    'health-when': input({
      description:
        'Conditions on the JSON response of health-url that must all hold, one a line, such as error_rate < 0.01 (docs/health.md).',
      parse: parseHealthWhen,
      ifAbsent: [],
    }),
    'health-token': input({
      description: 'Bearer token for the host of health-url, as a secret.',
      secret: true,
      parse: parseHealthToken,
    }),
    'health-interval': input({
      description: 'Time between two health checks, 1s to 1h.',
      default: '30s',
      parse: parseHealthInterval,
    }),
    'health-failures': input({
      description: 'How many bad health checks in a row halt the rollout, 1 to 10.',
      default: '3',
      parse: parseHealthFailures,
    }),
  }),
  ...group('The run', {
    'dry-run': input({
      description: 'Whether to only read the portal and say what would be done.',
      default: 'false',
      parse: parseBoolean,
    }),
    'on-pending': input({
      description:
        'How a pending step ends: succeed, fail, or auto, which succeeds if apply or approval is the last stage or soak-mode is resume.',
      default: 'auto',
      parse: oneOf('auto', 'succeed', 'fail'),
    }),
  }),
  ...group('GitHub', {
    // Undefined outside GitHub: only the runner can evaluate the default.
    'github-token': input<string | undefined>({
      description: 'Token for the pull request comment, the deployment and version: latest.',
      default: '${{ github.token }}',
      secret: true,
      parse: parseText,
    }),
    comment: input({
      description: 'Pull request to comment on: its number, auto to find it, or off.',
      default: 'auto',
      parse: parseComment,
    }),
    environment: input({
      description: 'GitHub environment that gets a deployment, with a status for each state of the release.',
      parse: parseEnvironmentName,
    }),
    'show-preview': input({
      description:
        'Whether summary and comment show the preview link and QR code: true, false, or auto, which shows them unless the repository may be public.',
      default: 'auto',
      parse: parseShowPreview,
    }),
  }),
};

export type InputName = keyof typeof INPUTS;
export const INPUT_NAMES = Object.keys(INPUTS) as readonly InputName[];

/** The row of an input, without the type of its value. */
export function inputRow(name: InputName): Input<unknown> {
  return INPUTS[name];
}

/** Names in `Inputs` that differ from the input's own name in camel case. */
const PROPERTIES = {
  stage: 'stages',
  'portal-url': 'portal',
  'portal-session': 'session',
  'grayscale-ratio': 'ratios',
  'grayscale-soak': 'soakMs',
  'health-interval': 'healthIntervalMs',
  'approval-timeout': 'approvalTimeoutMs',
} as const satisfies Partial<Record<InputName, string>>;

type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;
type PropertyOf<Name extends InputName> = Name extends keyof typeof PROPERTIES
  ? (typeof PROPERTIES)[Name]
  : CamelCase<Name>;
type InputValue<Row> = Row extends Input<infer T> ? T : never;

/** The value of each input. */
export type InputValues = { readonly [Name in InputName as PropertyOf<Name>]: InputValue<(typeof INPUTS)[Name]> };

/** The values of the inputs of a step. */
export interface Inputs extends Omit<InputValues, 'portalUsername' | 'portalPassword'> {
  readonly login: { readonly username: string; readonly password: string } | undefined;
}

/** The name in `Inputs` of an input's value. */
export function propertyOf(name: InputName): string {
  const properties: Partial<Record<InputName, string>> = PROPERTIES;
  return properties[name] ?? name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A row. The value can be undefined unless the row has a default or says what an absent input means. */
function input<T>(row: Input<T> & ({ readonly default: string } | { readonly ifAbsent: T })): Input<T>;
function input<T>(row: Input<T>): Input<T | undefined>;
function input<T>(row: Input<T>): Input<T | undefined> {
  return row;
}

/** Rows under a heading. */
function group<Rows extends Readonly<Record<string, Input<unknown>>>>(heading: string, rows: Rows): Rows {
  const entries = Object.entries(rows).map(([name, row]) => [name, { ...row, group: heading }]);
  return Object.fromEntries(entries) as Rows;
}
