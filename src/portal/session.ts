/** The credential of a run: given by the user or by a login, and renewed when the portal no longer accepts it. */

import { backoffMs, type Clock } from '../lib/clock.ts';
import { ReleaseError } from '../lib/errors.ts';
import type { Patience } from './port.ts';
import { ResponseError } from './response.ts';

/** Logins of a run (promise 2): each one whose password the portal may have checked, whatever the response was. */
const MAX_LOGINS = 5;
/** Attempts at one login, as long as the portal has not received it. */
const ATTEMPTS = 5;
/** A page instead of the API may be maintenance, which may also hide the outcome of a login: it has this long to end. */
const PAGE_LOGIN_GAP_MS = 15 * 60_000;

/** The credential of one login. Compared by identity, since two logins may give the same value. */
export interface Credential {
  /** Empty where the credential is cookies, which a jar keeps. */
  readonly value: string;
}

export interface Session {
  /**
   * The current credential, after a login where there is none yet. Undefined where the portal needs none.
   * @throws {ReleaseError} whatever the login throws
   */
  credential(patience: Patience): Promise<Credential | undefined>;
  /**
   * After the portal refused `used`: whether there is another credential now.
   * @throws {ReleaseError} whatever the login throws
   */
  renew(used: Credential | undefined, patience: Patience): Promise<boolean>;
  /**
   * After a page came instead of an API response: whether there is another credential now. Maintenance also shows a
   * page, so a session that has worked is renewed once, and a page after that causes no further login.
   * @throws {ReleaseError} whatever the login throws
   */
  renewAfterPage(used: Credential | undefined, isLoginPage: boolean, patience: Patience): Promise<boolean>;
  /** The portal accepted a call with `used`. */
  worked(used: Credential | undefined): void;
}

export interface SessionOptions {
  readonly given?: string | undefined;
  /**
   * Logs in and returns the credential.
   * @throws {ReleaseError} `portal-unauthorized` for a refused password, which is never sent again
   */
  readonly login?: (() => Promise<string>) | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The session of a run: starts with the credential that is given, or with a login at the first call. */
export function createSession({ given, login, clock, signal }: SessionOptions): Session {
  let current: Credential | undefined = given ? { value: given } : undefined;
  let hasWorked = false;
  let logins = 0;
  /** A login of this run was accepted, so the password is correct. */
  let isProven = false;
  /** The last login whose password the portal may have checked. */
  let last: { readonly outcome: 'accepted' | Outcome; readonly atMs: number } | undefined;
  /** Why the password is not sent again. */
  let barred: ReleaseError | undefined;
  /** The pause that the portal requested. */
  let pause: { readonly untilMs: number; readonly error: ReleaseError } | undefined;

  async function logIn(patience: Patience): Promise<boolean> {
    if (!login) return false;
    for (let attempt = 1; ; attempt++) {
      if (barred) throw barred;
      if (pause && patience === 'once' && clock.now() < pause.untilMs) throw pause.error;
      if (logins === MAX_LOGINS) {
        throw new ReleaseError('portal-unauthorized', {
          found: `The portal asks for another login after ${MAX_LOGINS} of this run.`,
        });
      }
      try {
        current = { value: await login() };
        settle('accepted');
        isProven = true;
        return true;
      } catch (error) {
        if (!(error instanceof ReleaseError)) throw error;
        const outcome = outcomeOf(error);
        if (outcome !== 'not-judged') settle(outcome);
        if (outcome === 'refused') barred = error;
        if (outcome === 'unknown' && !isProven) barred = notAgain(error);
        const waitMs = Math.max(error.retryAfterMs ?? 0, backoffMs(attempt, clock));
        pause = error.retryAfterMs ? { untilMs: clock.now() + error.retryAfterMs, error } : undefined;
        if (outcome === 'unknown' && barred && error.transient) throw barred;
        // A wait polls again later: an outage of minutes must not use up the logins of days.
        const mayRetry = error.transient && (outcome === 'not-judged' || outcome === 'limited');
        if (!mayRetry || patience === 'once' || attempt === ATTEMPTS) throw error;
        await clock.sleep(waitMs, signal);
      }
    }
  }

  function settle(outcome: 'accepted' | Outcome): void {
    logins++;
    hasWorked = false;
    last = { outcome, atMs: clock.now() };
  }

  function mayLogInAfterPage(isLoginPage: boolean): boolean {
    if (!isLoginPage && (barred || logins === MAX_LOGINS)) return false;
    if (hasWorked) return true;
    if (last?.outcome === 'accepted') return false;
    return isLoginPage || (last !== undefined && clock.now() - last.atMs >= PAGE_LOGIN_GAP_MS);
  }

  return {
    async credential(patience) {
      if (current === undefined && login) await logIn(patience);
      return current;
    },
    async renew(used, patience) {
      return current !== used || (await logIn(patience));
    },
    async renewAfterPage(used, isLoginPage, patience) {
      if (current !== used) return true;
      return mayLogInAfterPage(isLoginPage) && (await logIn(patience));
    },
    worked(used) {
      if (used === current) hasWorked = true;
    },
  };
}

/**
 * What is known of a login that failed. `not-judged`: the password was not checked. `limited`: not checked either, but
 * the portal counts the attempt. `unknown`: it may have been checked and refused.
 */
type Outcome = 'refused' | 'not-judged' | 'limited' | 'unknown';

/** Statuses of a proxy, or of a server that did not read the request. A response with an envelope never gets here. */
const NOT_JUDGED = [408, 502, 503, 504];

function outcomeOf(error: ReleaseError): Outcome {
  if (error.code === 'portal-unauthorized') return 'refused';
  if (error instanceof ResponseError && error.status === 429) return 'limited';
  if (error instanceof ResponseError) return NOT_JUDGED.includes(error.status) ? 'not-judged' : 'unknown';
  return error.code === 'portal-unreachable' && error.effect === 'none' ? 'not-judged' : 'unknown';
}

function notAgain(cause: ReleaseError): ReleaseError {
  return new ReleaseError('portal-unauthorized', {
    found: `The response to the login does not say whether the password was accepted. ${cause.found}`,
    todo: 'Check portal-username and portal-password, then run the step again. In this run the password is not sent again, so that the account is not locked.',
    traceId: cause.traceId,
    cause,
  });
}
