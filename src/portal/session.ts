/** The credential of a run: given, or got by logging in; renewed when the portal no longer accepts it. */

import { backoffMs, type Clock } from '../clock.ts';
import { ReleaseError } from '../errors.ts';

/** Logins in a run, the first and the failed ones included (promise 2). */
const MAX_LOGINS = 5;

export interface Session {
  /** The credential to send; logs in where there is none yet. Undefined where the portal asks for none. */
  credential(): Promise<string | undefined>;
  /** After the portal refused `used`: whether there is another one now. Throws what the login throws. */
  renew(used: string | undefined): Promise<boolean>;
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

  async function logIn(): Promise<boolean> {
    if (!login) return false;
    if (refused) throw refused;
    while (logins < MAX_LOGINS) {
      logins++;
      try {
        current = await login();
        return true;
      } catch (error) {
        if (!(error instanceof ReleaseError)) throw error;
        if (error.code === 'portal-unauthorized') refused = error;
        if (!error.passing || logins === MAX_LOGINS) throw error;
        await clock.sleep(error.retryAfterMs ?? backoffMs(logins, clock), signal);
      }
    }
    return false;
  }

  return {
    async credential() {
      if (current === undefined && login) await logIn();
      return current;
    },
    async renew(used) {
      return current !== used || (await logIn());
    },
  };
}
