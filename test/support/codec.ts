/** The codec of a portal whose profile is the default one with changes. */

import type { Codec } from '../../src/portal/codec.ts';
import { checkProfile } from '../../src/portal/profile/load.ts';

export function codecWith(changes: object, more: Partial<Codec> = {}): Codec {
  const { profile, faults } = checkProfile(changes);
  if (!profile) throw new Error(faults.join('\n'));
  return {
    profile,
    origin: new URL('https://portal.example'),
    miniappId: '2088517340291664370013',
    spaceId: '77',
    targetApp: 'GOPAY',
    userAgent: 'test',
    sandbox: false,
    show: String,
    ...more,
  };
}
