/**
 * A portal profile: how each operation is spoken, as data. A user whose portal differs edits a profile and no code.
 * The shape is checked by profile-schema.ts when a user's file is loaded; the default profile is checked by the tests.
 */

import superapp from '../../../profiles/superapp.json' with { type: 'json' };
import type { Refusal } from '../../lib/errors.ts';
import type { Mark, Operation, State } from '../../release/lifecycle.ts';

/** A place in a JSON answer: names joined by dots. */
type Place = string;

export interface Spelling {
  readonly mark: Mark;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** A JSON body; `{placeholders}` stand for values of their own type. */
  readonly body?: Readonly<Record<string, unknown>>;
  /** Fields of a multipart body, sent before the file. */
  readonly form?: Readonly<Record<string, string>>;
  readonly file?: { readonly field: string; readonly name: string; readonly contentType: string };
  /** Where the list or the value stands; the first place that holds one counts. */
  readonly answer?: readonly Place[];
  /** Where the number of rows of all pages stands; the first place that holds a number counts. */
  readonly total?: readonly Place[];
  /** The value where the answer holds none. */
  readonly otherwise?: string;
}

export interface Field {
  readonly at: Place;
  readonly mark: Mark;
}

export interface CredentialPlace {
  readonly in: 'header' | 'query';
  readonly name: string;
  /** `Bearer {credential}`; the credential alone where absent. */
  readonly value?: string;
}

/** How a user name and a password become a session. */
export interface Login {
  /** The operation `login`, or the portal's own page in the runner's browser. */
  readonly by: 'call' | 'browser';
  /** The page's path on the portal; of several, the first that shows the fields counts. */
  readonly page: string | readonly string[];
  /** Hosts that the page loads files from until something is typed: `host` or `host:port`. */
  readonly staticHosts?: readonly string[];
  /** The page's fields as CSS selectors, and what the address ends in afterwards. */
  readonly username: string;
  readonly password: string;
  /** What to click; absent: Enter in the password field. */
  readonly submit?: string;
  readonly done: string;
}

export interface Profile {
  readonly name: string;
  readonly basePath: string;
  readonly envelope: {
    readonly success: { readonly at: Place; readonly equals: boolean | number | string };
    readonly errorCode: Place;
    readonly errorMessage: Place;
    readonly traceId: Place;
    readonly notLoggedIn: {
      readonly httpStatuses: readonly number[];
      readonly errorCodes: readonly string[];
      readonly messageContains: readonly string[];
      readonly present: readonly Place[];
      /** In the Location of a redirect, without its query: it leads to the login page. */
      readonly redirectsTo?: readonly string[];
      /** In an HTML page: it is the login page. Case, quotes and white space do not count. */
      readonly pageContains?: readonly string[];
    };
  };
  readonly credential: { readonly in: 'cookie' } | CredentialPlace;
  readonly login: Login;
  readonly headers: Readonly<Record<string, string>>;
  readonly pageSize: number;
  readonly whitelistBatch: number;
  readonly operations: Readonly<Partial<Record<Operation, Spelling>>>;
  readonly release: Readonly<
    Record<'version' | 'status', Field> &
      Partial<
        Record<'publishId' | 'comment' | 'ratio' | 'whitelistCount' | 'modifiedAt' | 'targetApp' | 'miniapp', Field>
      >
  >;
  readonly version: Readonly<Record<'version' | 'artifacts', Field>>;
  readonly history: Readonly<Partial<Record<'type' | 'operator' | 'time' | 'comment', Field>>>;
  readonly statuses: Readonly<Record<string, { readonly state: State | 'busy'; readonly mark: Mark }>>;
  readonly refusals: Readonly<Record<string, Refusal>>;
}

export const defaultProfile = superapp as unknown as Profile;

/** What a placeholder may stand for. */
export type Values = Readonly<Record<string, string | number | readonly string[]>>;

const PLACEHOLDER = /\{([A-Za-z]+)\}/g;

/** The placeholders of a template, in their order. */
export function placeholdersOf(template: unknown): string[] {
  if (typeof template === 'string') return [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');
  if (template === null || typeof template !== 'object') return [];
  return Object.values(template).flatMap(placeholdersOf);
}

/** A template filled: a string that is one placeholder takes the value with its type, any other its text. */
export function fill(template: unknown, values: Values): unknown {
  if (typeof template === 'string') {
    const whole = /^\{([A-Za-z]+)\}$/.exec(template)?.[1];
    return whole ? values[whole] : fillText(template, values);
  }
  if (Array.isArray(template)) return template.map((item) => fill(item, values));
  if (template === null || typeof template !== 'object') return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value, values)]));
}

export function fillText(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (_, name: string) => String(values[name] ?? ''));
}

/** A path filled: each placeholder is one encoded segment, or part of one, and can never lead elsewhere. */
export function fillPath(template: string, values: Values): string {
  return template.replace(PLACEHOLDER, (_, name: string) => encodeURIComponent(String(values[name] ?? '')));
}

/** The value at a place, or undefined. */
export function at(value: unknown, place: Place): unknown {
  let found = value;
  for (const name of place.split('.')) {
    if (found === null || typeof found !== 'object' || !Object.hasOwn(found, name)) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found;
}
