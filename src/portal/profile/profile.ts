/**
 * A portal profile: how each operation is sent to a portal and how its responses are read, as data. A user whose portal
 * has a different API writes a profile and no code.
 */

import { type Folds, foldsIn } from '../../release/folds.ts';
import { OPERATIONS, type Operation } from '../../release/lifecycle.ts';
import type { Profile } from './shape.ts';
import { superapp } from './superapp.ts';

export type { Profile };

/** How the request of one operation is built and where its response holds what. */
export type CallTemplate = Exclude<NonNullable<Profile['operations'][Operation]>, string>;

/** Where a value stands in an item of a list, and how sure that is. */
export type Field = Profile['release']['version'];

/** How a user name and a password become a session. */
export type Login = Profile['login'];

/** The portal of the vendor's guide, from profiles/superapp.json. */
export const defaultProfile: Profile = superapp;

export const OPERATION_NAMES: readonly Operation[] = Object.keys(OPERATIONS).filter(isOperation);

function isOperation(name: string): name is Operation {
  return Object.hasOwn(OPERATIONS, name);
}

/** The operations that the portal does with another call, or does not have. */
export function foldsOf({ operations }: Profile): Folds {
  return foldsIn(operations);
}

/** The operation's own call template; undefined where it is folded, or the profile does not have it. */
export function templateIn({ operations }: Profile, operation: Operation): CallTemplate | undefined {
  const template = operations[operation];
  return typeof template === 'string' ? undefined : template;
}

/** Whether the profile has a call that does the operation, or needs none for it. */
export function isSupported(profile: Profile, operation: Operation): boolean {
  const given = profile.operations[operation];
  if (typeof given !== 'string') return given !== undefined;
  return given === 'none' || templateIn(profile, given as Operation) !== undefined;
}

/** The call templates that a profile has. */
export function templatesOf(profile: Profile): (readonly [Operation, CallTemplate])[] {
  return OPERATION_NAMES.flatMap((operation) => {
    const template = templateIn(profile, operation);
    return template ? [[operation, template] as const] : [];
  });
}
