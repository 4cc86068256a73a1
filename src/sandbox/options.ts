/** Parses `portal-url: sandbox?...`. See docs/recipes.md for its use. */
import path from 'node:path';
import { type Review, type SeedState, STATUS_OF } from './portal.ts';

export interface SandboxOptions {
  /** The path of the state file, as given; where absent, in RUNNER_TEMP. The caller checks an absolute path. */
  readonly file?: string;
  readonly review: Review;
  /**
   * The path of a portal profile whose API the sandbox has, as given; where absent, its own API. The caller checks the
   * path.
   */
  readonly dialect?: string;
  /** Versions that exist from the start, beside those of `live` and `state`. */
  readonly versions: readonly string[];
  readonly live?: string;
  /** The state of the requested version. */
  readonly state?: SeedState;
}

/** Parses `sandbox` or `sandbox?name=value&...`, and returns all faults at once. */
export function parseSandboxUrl(text: string): { ok: true; options: SandboxOptions } | { ok: false; faults: string[] } {
  const match = /^sandbox(?:\?(.*))?$/s.exec(text);
  if (match === null) return { ok: false, faults: [`${quote(text)} is not "sandbox" or "sandbox?name=value&..."`] };
  const given = new URLSearchParams(match[1] ?? '');
  const faults = [...nameFaults(given), ...valueFaults(given), ...pairFaults(given)];
  return faults.length > 0 ? { ok: false, faults } : { ok: true, options: toOptions(given) };
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DEFAULT_AFTER = '2s';
const DEFAULT_REASON = 'Rejected by the sandbox';
const STATES = Object.keys(STATUS_OF);
const REVIEWS = ['approve', 'reject', 'never'];

/** The values that each option takes, in words, and their check. */
const OPTIONS: Record<string, { takes: string; is: (value: string) => boolean }> = {
  after: { takes: 'a duration such as 0s, 90s, 15m, 6h or 2d', is: (value) => durationMs(value) !== undefined },
  dialect: { takes: 'the path of a portal profile inside the workspace', is: isInside },
  file: { takes: 'a path inside the workspace', is: isInside },
  live: { takes: 'a version such as 1.2.3', is: isVersion },
  reason: { takes: 'a text', is: (value) => value.trim() !== '' },
  review: { takes: REVIEWS.join(', '), is: (value) => REVIEWS.includes(value) },
  state: { takes: STATES.join(', '), is: (value) => STATES.includes(value) },
  versions: { takes: 'versions such as 1.2.3,1.3.0', is: (value) => value.split(',').every(isVersion) },
};

function nameFaults(given: URLSearchParams): string[] {
  const known = Object.keys(OPTIONS);
  return [...new Set(given.keys())].flatMap((name) => {
    if (!known.includes(name)) return [`unknown option ${quote(name)}; known are ${known.join(', ')}`];
    return given.getAll(name).length > 1 ? [`${name} is given more than once`] : [];
  });
}

function valueFaults(given: URLSearchParams): string[] {
  return Object.entries(OPTIONS).flatMap(([name, { takes, is }]) => {
    const value = given.get(name);
    return value === null || is(value) ? [] : [`${name} is ${quote(value)}, and takes ${takes}`];
  });
}

/** Faults of values that are valid but contradict each other. */
function pairFaults(given: URLSearchParams): string[] {
  return given.has('reason') && given.get('review') !== 'reject' ? ['reason needs review=reject'] : [];
}

function toOptions(given: URLSearchParams): SandboxOptions {
  const [file, live, state] = [given.get('file'), given.get('live'), given.get('state')];
  const dialect = given.get('dialect');
  return {
    review: toReview(given),
    versions: given.get('versions')?.split(',') ?? [],
    ...(file !== null && { file }),
    ...(dialect !== null && { dialect }),
    ...(live !== null && { live }),
    ...(state !== null && { state: state as SeedState }),
  };
}

function toReview(given: URLSearchParams): Review {
  const afterMs = durationMs(given.get('after') ?? DEFAULT_AFTER) ?? 0;
  const mode = given.get('review') ?? 'approve';
  if (mode === 'reject') return { mode, afterMs, reason: given.get('reason') ?? DEFAULT_REASON };
  return mode === 'never' ? { mode } : { mode: 'approve', afterMs };
}

function durationMs(value: string): number | undefined {
  const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(value) ?? [];
  return unit === undefined ? undefined : Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS];
}

function isVersion(value: string): boolean {
  return value.length <= 64 && /^\d+(\.\d+){2,3}(-[0-9A-Za-z.-]+)?$/.test(value);
}

function isInside(value: string): boolean {
  const leaves = path.normalize(value).split(/[\\/]/)[0] === '..';
  return value !== '' && !/[\u0000-\u001f\u007f]/.test(value) && !leaves && !/[\\/]$/.test(value) && value !== '.';
}

/** A value in quotes, shortened. The caller escapes it. */
function quote(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}
