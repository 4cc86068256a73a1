/**
 * Parsers of inputs: each takes the trimmed text of one input and returns its value, or throws a `Fault` that says what
 * the input takes.
 */

import { isAbsolute, normalize } from 'node:path';
import { lazyPattern } from '../lib/lazy-pattern.ts';
import { nearest } from '../lib/nearest.ts';
import { ALLOWED_PLACES } from '../lib/paths.ts';
import { cleanLine } from '../lib/text.ts';
import { isLoopback } from '../lib/trust.ts';
import { type Condition, PLACEHOLDERS, parseConditions, placeholdersIn } from '../release/health-conditions.ts';
import { STAGE_NAMES, STAGES, type Stage } from '../release/lifecycle.ts';
import { hintOnBuildMetadata, isVersion, versionIn } from '../release/versions.ts';
import { Fault } from './fault.ts';

/** Any text, as it is. */
export function parseText(text: string): string {
  return text;
}

/** `true` or `false`. */
export function parseBoolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Fault('true or false');
  return text === 'true';
}

/** A parser that takes one of some words. */
export function oneOf<Word extends string>(...words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word === undefined) throw new Fault(words.join(' or '));
    return word;
  };
}

/** Names of stages, sorted into the order of a release. */
export function parseStages(text: string): readonly Stage[] {
  const takes = `one or more of ${STAGE_NAMES.join(', ')}`;
  const names = text.split(/[\s,]+/).filter((name) => name !== '');
  const unknown = names.find((name) => !Object.hasOwn(STAGES, name));
  if (unknown !== undefined) {
    const near = nearest(unknown, STAGE_NAMES);
    throw new Fault(`${takes}${near ? ` (did you mean ${near}?)` : ''}`);
  }
  if (names.length === 0) throw new Fault(takes);
  return STAGE_NAMES.filter((stage) => names.includes(stage));
}

/** An identifier of the portal, with all its digits. */
export function parseId(text: string): string {
  if (/^[\d.]+e\+?\d+$/i.test(text)) {
    throw new Fault("an id in quotes, '2088000000000000000001': this is a number that YAML has rounded");
  }
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(text)) throw new Fault('1 to 64 letters, digits, _ or -');
  return text;
}

const LATEST = ['latest', 'latest-prerelease'];

/** `latest`, `latest-prerelease`, or the version that the text is or that follows the prefix in it. */
export function parseVersion(text: string, tagPrefix: string): string {
  if (LATEST.includes(text)) return text;
  const tag = text.replace(/^refs\/tags\//, '');
  const version = isVersion(tag) ? tag : versionIn(tag, tagPrefix);
  if (version !== undefined) return version;
  const before = tagPrefix === '' ? '' : `, the same behind "${cleanLine(tagPrefix, 64)}" (tag-prefix)`;
  throw new Fault(
    `three or four numbers with an optional suffix, 1.2.3 or 1.2.3-beta${before}, latest, or latest-prerelease${hintOnQuotes(tag)}${hintOnBuildMetadata(tag)}`,
  );
}

/** `1.10` without quotes is a number to YAML, which the action gets as `1.1`. */
function hintOnQuotes(text: string): string {
  return /^\d+\.\d+$/.test(text) ? `; in quotes: ${text} may be an unquoted ${text}0, which YAML cuts` : '';
}

/** A path that does not leave the workspace by its text. Where its links lead is checked when the file is opened. */
export function parsePath(text: string): string {
  if (!isAbsolute(text) && /^\.\.(\/|\\|$)/.test(normalize(text))) {
    throw new Fault(`a path that stays inside, and this one leaves the workspace; ${ALLOWED_PLACES}`);
  }
  return text;
}

/** Whole percentages in rising order. */
export function parseRatios(text: string): readonly number[] {
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

const MS_PER_UNIT = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration such as `90s` or `15m`, in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (!match) throw new Fault('a duration such as 0s, 90s, 15m, 6h or 2d');
  return Number(match[1]) * MS_PER_UNIT[match[2] as keyof typeof MS_PER_UNIT];
}

/** An https address, or http on loopback, with placeholders in its path and query. */
export function parseHealthUrl(text: string): string {
  const unknown = placeholdersIn(text).find((name) => !(PLACEHOLDERS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, PLACEHOLDERS);
    throw new Fault(
      `the placeholders ${PLACEHOLDERS.map((name) => `{${name}}`).join(', ')}, and no {${cleanLine(unknown, 40)}}${near ? ` (did you mean {${near}}?)` : ''}`,
    );
  }
  const [, authority = '', rest = ''] = /^([^:]*:[/\\]*[^/\\?#]*)(.*)$/.exec(text) ?? [];
  const fragment = rest.replace(/^[^#]*/, '');
  if ([authority, fragment].some((part) => placeholdersIn(part).length > 0)) {
    throw new Fault('placeholders in the path and in the query only');
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSecure = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url)));
  if (!url || !isSecure || url.username || url.password) {
    throw new Fault('an https address without user name or password');
  }
  return text;
}

/** Conditions on the health check's JSON, one a line; a fault names every line that is not one. */
export function parseHealthWhen(text: string): readonly Condition[] {
  const { conditions, faults } = parseConditions(text);
  if (faults.length === 0) return conditions;
  throw new Fault(`conditions such as data.result.0.value.1 < 0.01, one a line: ${faults.join('; ')}`);
}

/** A bearer token, without the word Bearer. */
export function parseHealthToken(text: string): string {
  if (/^bearer\s/i.test(text)) throw new Fault('the token alone: the word Bearer is added');
  // The characters of a header value (RFC 9110, 5.5) without spaces.
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Fault('a token on one line without spaces');
  return text;
}

/** A duration of one second to one hour, in milliseconds. */
export function parseHealthInterval(text: string): number {
  const ms = /^\d{1,6}[smhd]$/.test(text) ? parseDuration(text) : 0;
  if (ms < 1_000 || ms > 3_600_000) throw new Fault('a duration of 1s to 1h, such as 30s or 5m');
  return ms;
}

/** A whole number of 1 to 10. */
export function parseHealthFailures(text: string): number {
  if (!/^([1-9]|10)$/.test(text)) throw new Fault('a whole number of 1 to 10');
  return Number(text);
}

/** A cookie header's value. */
export function parseSession(text: string): string {
  // A header value (RFC 9110, 5.5): visible ASCII and spaces.
  if (!/^[\x20-\x7e]+$/.test(text)) throw new Fault('a cookie header on one line, name=value; name=value');
  return text;
}

/** `auto`, `off`, or the number of a pull request. */
export function parseComment(text: string): 'auto' | 'off' | number {
  if (text === 'auto' || text === 'off') return text;
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Fault("auto, off, or a pull request's number");
  return Number(text);
}

const displayName = lazyPattern(String.raw`^[\p{L}\p{N}][\p{L}\p{N} .-]{0,39}$`, 'u');
const invisible = lazyPattern(String.raw`\p{C}`, 'u');

/**
 * A name that is only shown. It becomes part of our sentences, so it contains nothing that Markdown or a shell
 * interprets.
 */
export function parseDisplayName(text: string): string {
  if (!displayName().test(text)) {
    throw new Fault('a name of at most 40 letters, digits, spaces, dots and dashes');
  }
  return text;
}

/** The name of a GitHub environment. */
export function parseEnvironmentName(text: string): string {
  if (text.length > 255 || invisible().test(text))
    throw new Fault('the name of an environment, at most 255 characters');
  return text;
}

/** `auto`, `true` or `false`. */
export function parseShowPreview(text: string): 'auto' | boolean {
  const word = oneOf('auto', 'true', 'false')(text);
  return word === 'auto' ? word : word === 'true';
}
