/** The shape of a profile file, and what zod finds wrong with one as sentences. Loads zod, so it is a lazy chunk. */

import { z } from 'zod';
import { REFUSALS } from '../../lib/errors.ts';
import { nearest } from '../../lib/nearest.ts';
import { cleanLine } from '../../lib/text.ts';
import { type Operation, STATES, type State } from '../../release/lifecycle.ts';
import { isObject, placeName, TOKEN, VISIBLE } from './places.ts';

const MARKS = ['documented', 'observed', 'inferred'] as const;

/** Segments of names and placeholders: no encoding, no `;`, no host, nothing that servers interpret in different ways. */
const PATH = /^(\/([A-Za-z0-9_~.-]|\{[A-Za-z]+(:[a-z-]+)?\})+)+\/?$/;

const mark = z.enum(MARKS);
/** Typed as unknown: the recursive type of JSON is too deep for the types that are derived from it. */
const json: z.ZodType<unknown> = z.json();
const text = z.string().max(1_000);
const place = z
  .string()
  .max(200)
  .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'takes a place in the response: names joined by dots, such as data.list');
const path = z
  .string()
  .max(300)
  .regex(PATH, 'takes a path that begins with one /; letters, digits and _ ~ . - between the slashes, and placeholders')
  .refine((value) => !/\/\.\.?(\/|$)/.test(value), 'takes a path without . and .. segments');
const word = z.string().min(1).max(200);
const name = z
  .string()
  .regex(/^[A-Za-z0-9_.[\]-]{1,100}$/, 'takes a name of letters, digits and _ . - [ ], at most 100 characters');
/** Of several places the first that has a value counts. */
const places = z.union(
  [place, z.array(place).min(1).max(10)],
  'takes a place in the item, or a list of 1 to 10 places',
);
const field = z.strictObject({ at: places, mark });
const ratioField = z.strictObject({
  at: places,
  mark,
  form: z.enum(['percent', 'fraction'], 'takes percent or fraction').optional(),
});
const timeField = z.strictObject({
  at: places,
  mark,
  form: z.enum(['milliseconds', 'seconds', 'text'], 'takes milliseconds, seconds or text').optional(),
  zone: z
    .string()
    .regex(/^(Z|[+-]\d\d:\d\d)$/, 'takes a zone such as +07:00, or Z')
    .optional(),
});
const selector = z
  .string()
  .max(200)
  .regex(/^[\w #.[\]="'>-]+$/, 'takes a CSS selector such as #username or [name="user"]');

const LOGIN_PAGE =
  'takes a path on the portal that begins with one /, without // and .., or a list of 1 to 10 such paths';
const loginPath = z
  .string()
  .max(300)
  .regex(/^\/[\w~.\-/#?=&]*$/)
  .refine((value) => !value.includes('//') && !value.includes('..'));
const hostName = z
  .string()
  .max(260)
  .toLowerCase()
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/,
    'takes a host name such as cdn.example.com, without https:// and path',
  );

/** Schemes by which a link leaves the target app, or runs something: a profile is untrusted. */
const OTHER_SCHEMES =
  /^(https?|wss?|ftps?|file|data|blob|about|javascript|vbscript|mailto|tel|sms|intent|view-source)$/;
const scheme = z
  .string()
  .regex(/^[a-z][a-z0-9+.-]{1,30}$/, 'takes the scheme of a deep link in lower case, such as gopay')
  .refine((value) => !OTHER_SCHEMES.test(value), 'takes the scheme of the target app, such as gopay');

const callTemplate = z.strictObject({
  mark,
  /** The day of the recording that held this call, written by `learn`. */
  confirmedOn: z.iso.date('takes a date such as 2026-11-27').optional(),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'], 'takes GET, POST, PUT, PATCH or DELETE'),
  path,
  query: z.record(name, text).optional(),
  body: z.record(z.string().min(1).max(100), json).optional(),
  /** How the body is sent: as JSON, or as a form (`application/x-www-form-urlencoded`). */
  bodyType: z.enum(['json', 'form'], 'takes json or form').optional(),
  form: z.record(name, text).optional(),
  file: z
    .strictObject({
      field: name,
      name: z
        .string()
        .regex(/^[A-Za-z0-9_.{}-]{1,200}$/, 'takes a file name of letters, digits, _ . - and placeholders'),
      contentType: z.string().regex(/^[a-z]+\/[a-z0-9.+-]+$/i, 'takes a media type such as application/zip'),
    })
    .optional(),
  answer: z.array(place).min(1).max(10).optional(),
  total: z.array(place).min(1).max(10).optional(),
  otherwise: text.optional(),
});

/** A call, or the name of the operation whose call does this one as well; rules.ts says which. */
const foldable = z.union([callTemplate, z.string().max(100)]);

/** The shape of a profile; what it cannot express is in rules.ts. */
export const profileSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).max(100),
  basePath: z.union([z.literal(''), path.refine((value) => !value.endsWith('/'), 'takes no slash at its end')]),
  envelope: z.strictObject({
    /** `http-status`: below 400, whatever the response says. */
    success: z.union(
      [
        z.strictObject({ at: place, equals: z.union([z.boolean(), z.number(), z.string().max(200)]) }),
        z.literal('http-status'),
      ],
      'takes at and equals, or "http-status"',
    ),
    errorCode: place,
    errorMessage: place,
    traceId: place,
    notLoggedIn: z.strictObject({
      // A response that succeeds must not read as the end of the session: each would cost a login.
      httpStatuses: z.array(z.int().min(400).max(499)).max(20),
      errorCodes: z.array(word).max(50),
      messageContains: z.array(z.string().trim().min(3).max(200)).max(50),
      present: z.array(place).max(20),
      redirectsTo: z.array(z.string().trim().min(3).max(200)).max(50).optional(),
      pageContains: z.array(z.string().trim().min(3).max(200)).max(50).optional(),
    }),
  }),
  credential: z.strictObject({
    in: z.enum(['cookie', 'header', 'query'], 'takes cookie, header or query'),
    name: z.string().regex(TOKEN, 'takes a name of letters, digits, _ and -').optional(),
    value: z.string().max(200).regex(VISIBLE, 'takes visible characters').optional(),
  }),
  login: z.strictObject({
    by: z.enum(['call', 'browser'], 'takes call or browser'),
    page: z.union([loginPath, z.array(loginPath).min(1).max(10)], LOGIN_PAGE),
    staticHosts: z.array(hostName).max(20).optional(),
    username: selector,
    password: selector,
    submit: selector.optional(),
    done: z.string().min(2).max(200).regex(VISIBLE, 'takes what the address ends in after the login'),
  }),
  headers: z.record(z.string(), z.string().max(1_000)),
  /** What opens the target app: `gopay`; `hosts` where a portal belongs to another app, such as that of its tests. */
  preview: z.strictObject({ mark, scheme, hosts: z.record(hostName, scheme).optional() }).optional(),
  pageSize: z.int().min(1).max(500),
  whitelistBatch: z.int().min(1).max(10_000),
  operations: z.strictObject({
    listVersions: callTemplate.optional(),
    listReleases: callTemplate.optional(),
    findRelease: callTemplate.optional(),
    releaseHistory: callTemplate.optional(),
    login: callTemplate.optional(),
    uploadPackage: foldable.optional(),
    createVersion: callTemplate.optional(),
    createRelease: foldable.optional(),
    startApproval: callTemplate.optional(),
    cancelApproval: callTemplate.optional(),
    cancelRelease: callTemplate.optional(),
    addWhitelist: foldable.optional(),
    startPilot: callTemplate.optional(),
    skipPilot: foldable.optional(),
    setRatio: foldable.optional(),
    startGrayscale: callTemplate.optional(),
    goOnline: callTemplate.optional(),
    rollback: callTemplate.optional(),
  } satisfies Record<Operation, z.ZodOptional<typeof foldable | typeof callTemplate>>),
  release: z.strictObject({
    version: field,
    status: field,
    publishId: field.optional(),
    comment: field.optional(),
    ratio: ratioField.optional(),
    whitelistCount: field.optional(),
    modifiedAt: timeField.optional(),
    targetApp: field.optional(),
    miniapp: field.optional(),
  }),
  version: z.strictObject({ version: field, artifacts: field }),
  history: z.strictObject({
    type: field.optional(),
    operator: field.optional(),
    time: field.optional(),
    comment: field.optional(),
  }),
  statuses: z.record(
    word,
    z.strictObject({ state: z.enum([...Object.keys(STATES).filter(isStatusState), 'busy']), mark }),
  ),
  refusals: z.record(word, z.enum(REFUSALS)),
});

/** `none` is not a status but the absence of a release. */
function isStatusState(name: string): name is Exclude<State, 'none'> {
  return name !== 'none' && Object.hasOwn(STATES, name);
}

// --- Findings of zod as sentences ------------------------------------------------------------------------------------

type Issue = z.core.$ZodIssue;

/** The faults of one finding of zod, each naming its place; `merged` is the JSON that was checked. */
export function issueFaults(issue: Issue, merged: unknown): string[] {
  const got = cleanLine(JSON.stringify(valueAt(merged, issue.path)) ?? 'nothing', 80);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path);
    return issue.keys.map((key) => {
      const close = nearest(key, known);
      return `${placeName([...issue.path, key])}: unknown${close ? `; did you mean ${close}?` : `; known here: ${known.join(', ')}.`}`;
    });
  }
  if (issue.code === 'invalid_key')
    return [`${placeName(issue.path)}: ${issue.issues[0]?.message ?? 'is no valid name'}.`];
  if (issue.code === 'invalid_value')
    return [`${placeName(issue.path)}: got ${got}; takes ${issue.values.join(', ')}.`];
  if (issue.code === 'invalid_union' && !/^takes/.test(issue.message)) {
    const value = valueAt(merged, issue.path);
    const option = isObject(value) ? issue.errors[0] : undefined;
    if (option) return option.flatMap((one) => issueFaults({ ...one, path: [...issue.path, ...one.path] }, merged));
  }
  const takes = /^takes/.test(issue.message) ? issue.message : issue.message.replace(/^Invalid input: /, '');
  return [`${placeName(issue.path)}: got ${got}; ${takes}.`];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (isObject(found) && Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined),
    value,
  );
}

/** The names that the shape knows at a place. */
function keysAt(path: readonly PropertyKey[]): string[] {
  let shape: unknown = profileSchema;
  const plain = (schema: unknown): unknown => {
    if (schema instanceof z.ZodOptional) return plain(schema.unwrap());
    return schema instanceof z.ZodUnion ? plain(schema.options[0]) : schema;
  };
  for (const key of path) {
    shape = plain(shape);
    if (shape instanceof z.ZodRecord) shape = shape.valueType;
    else shape = shape instanceof z.ZodObject ? shape.shape[String(key)] : undefined;
  }
  shape = plain(shape);
  return shape instanceof z.ZodObject ? Object.keys(shape.shape) : [];
}
