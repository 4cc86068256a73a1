/** The credential of a run: given, or got by logging in; renewed when the portal no longer accepts it. */

import { backoffMs, type Clock } from '../clock.ts';
import { ReleaseError } from '../errors.ts';
import type { Patience } from './portal.ts';

/** Logins in a run (promise 2): those that the portal answered, and those of which nobody knows. */
const MAX_LOGINS = 5;
/** Attempts at one login; a portal that is not there, or answers 5xx, has seen no login. */
const ATTEMPTS = 5;

export interface Session {
  /** The credential to send; logs in where there is none yet. Undefined where the portal asks for none. */
  credential(patience: Patience): Promise<string | undefined>;
  /** After the portal refused `used`: whether there is another one now. Throws what the login throws. */
  renew(used: string | undefined, patience: Patience): Promise<boolean>;
}

export interface SessionOptions {
  readonly given?: string | undefined;
  /** Logs in and gives the credential. Throws portal-unauthorized for a refused password: never tried again. */
  readonly login?: (() => Promise<string>) | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export function createSession({ given, login, clock, signal }: SessionOptions): Session {
  let current = given;
  let logins = 0;
  let refused: ReleaseError | undefined;

  async function logIn(patience: Patience): Promise<boolean> {
    if (!login) return false;
    if (refused) throw refused;
    for (let attempt = 1; ; attempt++) {
      if (logins === MAX_LOGINS) {
        throw new ReleaseError('portal-unauthorized', {
          found: `The portal asks for another login after ${MAX_LOGINS} of this run.`,
        });
      }
      try {
        current = await login();
        logins++;
        return true;
      } catch (error) {
        if (!(error instanceof ReleaseError)) throw error;
        if (!error.passing || error.effect === 'unknown') logins++;
        if (error.code === 'portal-unauthorized') refused = error;
        // A wait looks again later: an outage of minutes must not use up the logins of days.
        if (!error.passing || patience === 'once' || attempt === ATTEMPTS) throw error;
        await clock.sleep(error.retryAfterMs ?? backoffMs(attempt, clock), signal);
      }
    }
  }

  return {
    async credential(patience) {
      if (current === undefined && login) await logIn(patience);
      return current;
    },
    async renew(used, patience) {
      return current !== used || (await logIn(patience));
    },
  };
}
