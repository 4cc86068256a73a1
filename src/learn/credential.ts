/** Headers that carry a credential: where its value comes from, and what a profile cannot say of it. */

import type { Profile } from '../portal/profile/profile.ts';
import type { Call } from './calls.ts';
import { isName, leavesOf } from './values.ts';

/** Headers that may carry a credential; a cookie is the profile's usual one. */
export const SECRET_HEADER =
  /^(proxy-)?authorization$|token|csrf|xsrf|api-?key|^x-.*(auth|session|secret|sign(ature)?)$/i;

export interface FoundCredential {
  readonly credential?: Profile['credential'];
  /** Where the response to the login holds it. */
  readonly answer?: string;
  /** What no profile can send. */
  readonly unexplained: readonly string[];
}

/** The credential that the login returned and that the calls of the profile carry in a header. */
export function credentialOf(calls: readonly Call[], login: Call | undefined, base: Profile): FoundCredential {
  const given = (login?.exchanges ?? []).flatMap(({ answer }) => leavesOf(answer));
  const unexplained: string[] = [];
  let found: Omit<FoundCredential, 'unexplained'> = {};
  const headers = new Map<string, string>();
  for (const { exchanges } of calls)
    for (const { secrets } of exchanges)
      for (const [name, value] of Object.entries(secrets ?? {})) headers.set(name.toLowerCase(), value);
  const known = [base.credential.name, ...Object.keys(base.headers)].map((name) => name?.toLowerCase());
  for (const [name, value] of headers) {
    if (known.includes(name)) continue;
    const leaf = given.find(
      ({ place, value: text }) =>
        typeof text === 'string' && text.length >= 8 && value.endsWith(text) && place.split('.').every(isName),
    );
    const before = leaf && value.slice(0, -String(leaf.value).length);
    if (leaf && found.credential === undefined && /^([A-Za-z]{1,20} )?$/.test(before ?? '-'))
      found = { credential: { in: 'header', name, value: `${before}{credential}` }, answer: leaf.place };
    else unexplained.push(`the header ${name}: its value is not kept, and a profile cannot say where it comes from`);
  }
  return { ...found, unexplained };
}
