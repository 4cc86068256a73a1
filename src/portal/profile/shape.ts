/**
 * The type of a profile, inferred from its schema. zod is needed at run time only for a user's file, so both imports are
 * type-only.
 */

import type { z } from 'zod';
import type { profileSchema } from './schema.ts';

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type Profile = DeepReadonly<z.infer<typeof profileSchema>>;
