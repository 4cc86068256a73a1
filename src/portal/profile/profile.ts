/**
 * A portal profile: how each operation is sent to a portal and how its responses are read, as data. A user whose portal
 * has a different API writes a profile and no code.
 *
 * The type is inferred from the schema, which zod needs at run time only for a user's file: that import is type-only.
 */

import type { z } from 'zod';
import { OPERATIONS, type Operation } from '../../release/lifecycle.ts';
import type { profileSchema } from './schema.ts';
import { superapp } from './superapp.ts';

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type Profile = DeepReadonly<z.infer<typeof profileSchema>>;

/** How the request of one operation is built and where its response holds what. */
export type CallTemplate = NonNullable<Profile['operations'][Operation]>;

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

/** The call templates that a profile has. */
export function templatesOf({ operations }: Profile): (readonly [Operation, CallTemplate])[] {
  return OPERATION_NAMES.flatMap((operation) => {
    const template = operations[operation];
    return template ? [[operation, template] as const] : [];
  });
}
