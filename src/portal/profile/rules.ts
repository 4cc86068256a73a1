/** What a profile may not say, besides what its shape rules out. Imports no zod. */

import { cleanLine } from '../../lib/text.ts';
import { FOLDABLE } from '../../release/folds.ts';
import { OPERATIONS, type Operation } from '../../release/lifecycle.ts';
import { addressFaults } from './addresses.ts';
import { placeName, TOKEN, VISIBLE } from './places.ts';
import { type CallTemplate, foldsOf, type Profile, templateIn, templatesOf } from './profile.ts';
import {
  ID_PLACEHOLDERS,
  isWholePlaceholder,
  knownPlaceholders,
  PLACEHOLDER,
  placeholdersOf,
  placeholderTraits,
  usesIn,
} from './template.ts';

/** Every fault of a profile of the right shape, each naming its place: `operations.setRatio.body.ratio: ...`. */
export function ruleFaults(profile: Profile): string[] {
  return [
    ...templatesOf(profile).flatMap(([operation, template]) => [
      ...placeholderFaults(operation, template, profile),
      ...callFaults(operation, template, profile),
    ]),
    ...foldFaults(profile),
    ...basePathFaults(profile),
    ...addressFaults(profile),
    ...credentialFaults(profile),
    ...headerFaults(profile),
    ...loginFaults(profile),
  ];
}

function placeholderFaults(operation: Operation, call: CallTemplate, profile: Profile): string[] {
  const known = knownPlaceholders(operation, foldsOf(profile));
  const isList = (name: string) => placeholderTraits(name).isList === true;
  const faults: string[] = [];
  const visit = (template: unknown, place: readonly string[], inBody: boolean, isEach = false): void => {
    if (typeof template === 'object' && template !== null) {
      const each = isEach || (Array.isArray(template) && template.length === 1);
      for (const [key, value] of Object.entries(template)) visit(value, [...place, key], inBody, each);
      return;
    }
    if (typeof template !== 'string') return;
    const where = placeName(['operations', operation, ...place]);
    const used = placeholdersOf(template);
    for (const unknown of used.filter((one) => !known.includes(one))) {
      faults.push(
        `${where}: unknown placeholder {${unknown}}; known here: ${known.map((one) => `{${one}}`).join(', ')}.`,
      );
    }
    for (const { name, form } of usesIn(template)) {
      const { forms = [] } = placeholderTraits(name);
      if (form !== undefined && known.includes(name) && !forms.includes(form)) {
        const takes =
          forms.length > 0
            ? `takes ${forms.map((one) => JSON.stringify(`{${name}:${one}}`)).join(', ')}`
            : 'takes none';
        faults.push(`${where}: unknown form of {${name}}: ${cleanLine(form, 40)}; ${takes}.`);
      }
    }
    if (used.some(isList) && !isWholePlaceholder(template)) {
      faults.push(`${where}: a list stands only as the whole value, "{${used.find(isList)}}".`);
    }
    if (used.includes('userId') && known.includes('userId') && profile.whitelistBatch !== 1) {
      faults.push(`${where}: {userId} is one user ID, so whitelistBatch must be 1.`);
    }
    if (usesIn(template).some(({ form }) => form === 'each') && !isEach) {
      faults.push(`${where}: {userIds:each} stands in a list with one item, which is sent for each user ID.`);
    }
    if (usesIn(template).some(({ form }) => form === 'repeat') && !(place.length === 2 && call.bodyType === 'form')) {
      faults.push(`${where}: the form repeat is a field of a body with "bodyType": "form", once for each value.`);
    }
    const misplaced = inBody ? undefined : used.find((one) => placeholderTraits(one).isBodyOnly && known.includes(one));
    if (misplaced) faults.push(`${where}: {${misplaced}} may stand in the body only.`);
    if (used.includes('publishId') && known.includes('publishId') && !profile.release.publishId) {
      faults.push(`${where}: {publishId} needs release.publishId, the field of a release that holds its ticket.`);
    }
    if (/[{}]/.test(template.replace(PLACEHOLDER, ''))) {
      faults.push(`${where}: has a brace that belongs to no {placeholder}.`);
    }
  };
  for (const part of ['path', 'query', 'form', 'otherwise'] as const) visit(call[part], [part], false);
  visit(call.body, ['body'], true);
  visit(call.file?.name, ['file', 'name'], false);
  return faults;
}

function callFaults(operation: Operation, call: CallTemplate, profile: Profile): string[] {
  const where = `operations.${operation}`;
  const faults: string[] = [];
  const { access } = OPERATIONS[operation];
  const isUpload = operation === (foldsOf(profile).uploadPackage ?? 'uploadPackage');
  if (access === 'read' && call.method !== 'GET' && call.method !== 'POST') {
    faults.push(`${where}.method: got ${call.method}; a read takes GET or POST.`);
  }
  if (access === 'read' && !call.answer) faults.push(`${where}.answer: missing; where the list stands, ["data.list"].`);
  if (call.body && call.method === 'GET') faults.push(`${where}.body: a GET has none; take it away with null.`);
  if (isUpload !== Boolean(call.file)) {
    faults.push(
      `${where}.file: ${isUpload ? 'missing; the upload is a form with a file' : 'only the upload sends a file'}.`,
    );
  }
  if (call.form && !call.file) faults.push(`${where}.form: only the upload sends a form; other fields go in body.`);
  if (call.bodyType && !call.body) faults.push(`${where}.bodyType: there is no body; take it away with null.`);
  if (call.file && call.body) faults.push(`${where}.body: a form with a file has no JSON body.`);
  const { credential } = profile;
  if (credential.in === 'query' && Object.keys(call.query ?? {}).some((one) => one === credential.name)) {
    faults.push(`${where}.query.${credential.name}: is the credential's own place.`);
  }
  return faults;
}

/** A text in the place of a call: the operation that does this one as well, or `none`. */
function foldFaults({ operations }: Profile): string[] {
  return (Object.entries(operations) as [Operation, unknown][]).flatMap(([operation, target]) => {
    if (typeof target !== 'string') return [];
    const where = `operations.${operation}`;
    const allowed: readonly string[] = FOLDABLE[operation] ?? [];
    const got = `got ${cleanLine(JSON.stringify(target), 80)}`;
    if (!allowed.includes(target))
      return [`${where}: ${got}; takes a call, or ${allowed.map((one) => `"${one}"`).join(', ')}.`];
    const into = operations[target as Operation];
    if (target === 'none' || typeof into === 'object') return [];
    return [
      typeof into === 'string'
        ? `${where}: ${got}, which is itself folded into ${cleanLine(into, 80)}; name the operation that has a call.`
        : `${where}: ${got}, for which the profile has no call.`,
    ];
  });
}

/** The base path is not filled, so it has no placeholders. */
function basePathFaults({ basePath }: Profile): string[] {
  return placeholdersOf(basePath).length > 0 ? ['basePath: takes no placeholders.'] : [];
}

/**
 * Headers that belong to the action or the connection, that carry credentials, or that make a server use another
 * address or method than those of the request (promises 1 and 4).
 */
const RESERVED_HEADERS =
  /^(cookie2?|set-cookie|authorization|proxy-.*|host|content-(length|type|encoding)|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept|accept-encoding|forwarded|x-forwarded-.*|x-original-.*|x-rewrite-.*|x-http-.*|x-method-.*|.*method-override)$/;

function headerFaults(profile: Profile): string[] {
  const seen = new Map<string, string>();
  return Object.entries(profile.headers).flatMap(([given, value]) => {
    const where = placeName(['headers', given]);
    const lower = given.toLowerCase();
    const twin = seen.get(lower);
    seen.set(lower, given);
    const faults: string[] = [];
    if (!TOKEN.test(given)) faults.push(`${where}: takes a header name of letters, digits, _ and -.`);
    else if (RESERVED_HEADERS.test(lower)) faults.push(`${where}: is not for a profile to set.`);
    if (twin !== undefined) faults.push(`${where}: is the same header as ${cleanLine(twin, 64)}.`);
    if (!VISIBLE.test(value)) faults.push(`${where}: takes visible ASCII characters on one line.`);
    const known = ['origin', ...ID_PLACEHOLDERS];
    for (const unknown of placeholdersOf(value).filter((one) => !known.includes(one))) {
      faults.push(
        `${where}: unknown placeholder {${unknown}}; known here: ${known.map((one) => `{${one}}`).join(', ')}.`,
      );
    }
    if (profile.credential.in === 'header' && profile.credential.name?.toLowerCase() === lower) {
      faults.push(`${where}: is the credential's own place.`);
    }
    return faults;
  });
}

function credentialFaults({ credential }: Profile): string[] {
  const { in: where, name: given, value } = credential;
  const faults: string[] = [];
  if (where !== 'cookie' && !given) faults.push(`credential.name: missing; the ${where} that carries the credential.`);
  if (where === 'cookie' && (given || value)) faults.push('credential: the cookie header takes no name and no value.');
  if (where === 'header' && given && given.toLowerCase() !== 'authorization') {
    if (RESERVED_HEADERS.test(given.toLowerCase())) faults.push('credential.name: is no header for a credential.');
  }
  if (
    value !== undefined &&
    (placeholdersOf(value).join() !== 'credential' || /[{}]/.test(value.replace('{credential}', '')))
  ) {
    faults.push('credential.value: takes a text with {credential} once, such as "Bearer {credential}".');
  }
  return faults;
}

function loginFaults(profile: Profile): string[] {
  const { login, credential } = profile;
  const call = templateIn(profile, 'login');
  if (login.by === 'browser' && credential.in !== 'cookie') {
    return ['login.by: a login by the browser gives cookies, and the credential goes elsewhere.'];
  }
  const missing = credential.in !== 'cookie' && call && !call.answer;
  return login.by === 'call' && missing
    ? ['operations.login.answer: missing; where the credential stands in the response, ["data.token"].']
    : [];
}
