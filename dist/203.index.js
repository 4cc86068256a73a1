export const id = 203;
export const ids = [203];
export const modules = {

/***/ 9203:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   loadProfile: () => (/* binding */ loadProfile)
/* harmony export */ });
/* unused harmony exports checkProfile, knownPlaceholders */
/* harmony import */ var node_fs_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1455);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6760);
/* harmony import */ var fastest_levenshtein__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(1916);
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_9__ = __webpack_require__(8816);
/* harmony import */ var _lib_errors_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(9862);
/* harmony import */ var _lib_paths_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(7569);
/* harmony import */ var _lib_text_js__WEBPACK_IMPORTED_MODULE_7__ = __webpack_require__(5498);
/* harmony import */ var _net_json_js__WEBPACK_IMPORTED_MODULE_8__ = __webpack_require__(5343);
/* harmony import */ var _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(6479);
/* harmony import */ var _profile_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(4586);
/**
 * A user's profile file -> a Profile: read within bounds, laid over the default, and checked; all faults at once, each
 * naming its place. Loaded only where the input portal-profile is given.
 *
 * Whoever can change the file may be an enemy (a pull request does). So the checks hold what the code relies on: an
 * address never leaves the portal's base path, a read is never spelt as a write, no write as another one of the
 * default, and no header changes where a request goes.
 */










const MAX_BYTES = 256 * 1024;
const MAX_FAULTS = 50;
/**
 * Reads and checks the profile at `path`, relative to the workspace, or absolute below it or below `tempDir`.
 * @throws ReleaseError profile-invalid, with every fault
 */
async function loadProfile(path, workspace, tempDir) {
    const file = (0,_lib_text_js__WEBPACK_IMPORTED_MODULE_7__/* .cleanLine */ .Ow)((0,node_path__WEBPACK_IMPORTED_MODULE_1__.basename)(path), 100);
    const read = await readProfile(path, workspace, tempDir);
    const { profile, faults } = 'fault' in read ? { profile: undefined, faults: [read.fault] } : checkProfile(read.json);
    if (profile)
        return profile.name === _profile_js__WEBPACK_IMPORTED_MODULE_6__/* .defaultProfile */ .fg.name ? { ...profile, name: file } : profile;
    const shown = faults.slice(0, MAX_FAULTS);
    const more = faults.length > shown.length ? `\n- and ${faults.length - shown.length} more` : '';
    throw new _lib_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .ReleaseError */ .K2('profile-invalid', {
        found: `${file}: ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}:${shown.map((fault) => `\n- ${fault}`).join('')}${more}\n`,
    });
}
/**
 * A file that is a whole profile stands by itself: what it leaves out, its portal does not have. Any other is laid over
 * the default: objects merge, all else replaces, `null` takes away.
 */
function checkProfile(changes) {
    if (!isObject(changes))
        return { faults: ['(top): takes a JSON object.'] };
    const faults = [];
    const isWhole = profileShape.safeParse(changes).success;
    const merged = isWhole ? changes : merge(_profile_js__WEBPACK_IMPORTED_MODULE_6__/* .defaultProfile */ .fg, changes, [], faults);
    const parsed = profileShape.safeParse(merged);
    if (!parsed.success)
        faults.push(...parsed.error.issues.flatMap((issue) => wordsOf(issue, merged)));
    else
        faults.push(...faultsOf(parsed.data));
    return faults.length > 0 ? { faults } : { profile: parsed.data, faults };
}
// --- Reading ---------------------------------------------------------------------------------------------------------
async function readProfile(path, workspace, tempDir) {
    let text;
    try {
        text = await readBounded(await (0,_lib_paths_js__WEBPACK_IMPORTED_MODULE_4__/* .resolveInWorkspace */ .z1)(path, workspace, 'file', tempDir));
    }
    catch (error) {
        const code = error.code;
        return { fault: code ? `(file): cannot be read (${code}).` : `(file): ${error.message}` };
    }
    try {
        return { json: (0,_net_json_js__WEBPACK_IMPORTED_MODULE_8__/* .parseJson */ .q)(text) };
    }
    catch (error) {
        if (error instanceof RangeError)
            return { fault: `(file): ${error.message}.` };
        // The parser's own message quotes the text, which may be of any file of the workspace: only its place is told.
        const position = /position (\d+)/.exec(String(error))?.[1];
        const line = position && text.slice(0, Number(position)).split('\n').length;
        return { fault: `(file): is not JSON${line ? `; the fault is on line ${line}` : ''}.` };
    }
}
async function readBounded(path) {
    const handle = await (0,node_fs_promises__WEBPACK_IMPORTED_MODULE_0__.open)(path);
    try {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
        if (bytesRead > MAX_BYTES)
            throw new Error(`is larger than ${MAX_BYTES / 1024} KiB.`);
        return (0,_lib_paths_js__WEBPACK_IMPORTED_MODULE_4__/* .decodeText */ .g7)(buffer.subarray(0, bytesRead));
    }
    finally {
        await handle.close();
    }
}
/** Built from entries, so that a key named `__proto__` is a key like any other; and it is a fault. */
function merge(base, changes, place, faults) {
    const result = new Map(Object.entries(base));
    for (const [key, value] of Object.entries(changes)) {
        if (key === '__proto__') {
            faults.push(`${nameOf([...place, key])}: is no name for anything here.`);
            continue;
        }
        const before = result.get(key);
        if (value === null)
            result.delete(key);
        else if (isObject(value))
            result.set(key, merge(isObject(before) ? before : {}, value, [...place, key], faults));
        else
            result.set(key, value);
    }
    return Object.fromEntries(result);
}
// --- The shape -------------------------------------------------------------------------------------------------------
const MARKS = ['documented', 'observed', 'inferred'];
const OPERATION_NAMES = Object.keys(_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_5__/* .OPERATIONS */ .xb);
/** One segment or part of one between slashes: no encoding, no `;`, no host, nothing that a server reads otherwise. */
const PATH = /^(\/([A-Za-z0-9_~.-]|\{[A-Za-z]+\})+)+\/?$/;
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const VISIBLE = /^[\x20-\x7e]*$/;
const mark = zod__WEBPACK_IMPORTED_MODULE_9__/* ["enum"] */ .k5n(MARKS);
const text = zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().max(1_000);
const place = zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP()
    .max(200)
    .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'takes a place in the answer: names joined by dots, such as data.list');
const path = zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP()
    .max(300)
    .regex(PATH, 'takes a path that begins with one /; letters, digits and _ ~ . - between the slashes, and placeholders')
    .refine((value) => !/\/\.\.?(\/|$)/.test(value), 'takes a path without . and .. segments');
const word = zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().min(1).max(200);
const name = zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP()
    .regex(/^[A-Za-z0-9_.[\]-]{1,100}$/, 'takes a name of letters, digits and _ . - [ ], at most 100 characters');
const field = zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({ at: place, mark });
const selector = zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP()
    .max(200)
    .regex(/^[\w #.[\]="'>-]+$/, 'takes a CSS selector such as #username or [name="user"]');
const LOGIN_PAGE = 'takes a path on the portal that begins with one /, without // and .., or a list of 1 to 10 such paths';
const loginPath = zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP()
    .max(300)
    .regex(/^\/[\w~.\-/#?=&]*$/)
    .refine((value) => !value.includes('//') && !value.includes('..'));
const hostName = zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP()
    .max(260)
    .toLowerCase()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/, 'takes a host name such as cdn.example.com, without https:// and path');
const spelling = zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({
    mark,
    method: zod__WEBPACK_IMPORTED_MODULE_9__/* ["enum"] */ .k5n(['GET', 'POST', 'PUT', 'DELETE'], 'takes GET, POST, PUT or DELETE'),
    path,
    query: zod__WEBPACK_IMPORTED_MODULE_9__/* .record */ .g1P(name, text).optional(),
    body: zod__WEBPACK_IMPORTED_MODULE_9__/* .record */ .g1P(zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().min(1).max(100), zod__WEBPACK_IMPORTED_MODULE_9__/* .json */ .Pq9()).optional(),
    form: zod__WEBPACK_IMPORTED_MODULE_9__/* .record */ .g1P(name, text).optional(),
    file: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({
        field: name,
        name: zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP()
            .regex(/^[A-Za-z0-9_.{}-]{1,200}$/, 'takes a file name of letters, digits, _ . - and placeholders'),
        contentType: zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().regex(/^[a-z]+\/[a-z0-9.+-]+$/i, 'takes a media type such as application/zip'),
    })
        .optional(),
    answer: zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(place).min(1).max(10).optional(),
    total: zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(place).min(1).max(10).optional(),
    otherwise: text.optional(),
});
const profileShape = zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({
    $schema: zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().optional(),
    name: zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().min(1).max(100),
    basePath: zod__WEBPACK_IMPORTED_MODULE_9__/* .union */ .KCZ([zod__WEBPACK_IMPORTED_MODULE_9__/* .literal */ .euz(''), path.refine((value) => !value.endsWith('/'), 'takes no slash at its end')]),
    envelope: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({
        success: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({ at: place, equals: zod__WEBPACK_IMPORTED_MODULE_9__/* .union */ .KCZ([zod__WEBPACK_IMPORTED_MODULE_9__/* .boolean */ .zMY(), zod__WEBPACK_IMPORTED_MODULE_9__/* .number */ .aig(), zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().max(200)]) }),
        errorCode: place,
        errorMessage: place,
        traceId: place,
        notLoggedIn: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({
            // An answer that succeeds must not read as a lost session: each would cost a login.
            httpStatuses: zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_9__/* .int */ .Whr().min(400).max(499)).max(20),
            errorCodes: zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(word).max(50),
            messageContains: zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().trim().min(3).max(200)).max(50),
            present: zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(place).max(20),
            redirectsTo: zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().trim().min(3).max(200)).max(50).optional(),
            pageContains: zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().trim().min(3).max(200)).max(50).optional(),
        }),
    }),
    credential: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({
        in: zod__WEBPACK_IMPORTED_MODULE_9__/* ["enum"] */ .k5n(['cookie', 'header', 'query'], 'takes cookie, header or query'),
        name: zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().regex(TOKEN, 'takes a name of letters, digits, _ and -').optional(),
        value: zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().max(200).regex(VISIBLE, 'takes visible characters').optional(),
    }),
    login: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({
        by: zod__WEBPACK_IMPORTED_MODULE_9__/* ["enum"] */ .k5n(['call', 'browser'], 'takes call or browser'),
        page: zod__WEBPACK_IMPORTED_MODULE_9__/* .union */ .KCZ([loginPath, zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(loginPath).min(1).max(10)], LOGIN_PAGE),
        staticHosts: zod__WEBPACK_IMPORTED_MODULE_9__/* .array */ .YOg(hostName).max(20).optional(),
        username: selector,
        password: selector,
        submit: selector.optional(),
        done: zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().min(2).max(200).regex(VISIBLE, 'takes what the address ends in after the login'),
    }),
    headers: zod__WEBPACK_IMPORTED_MODULE_9__/* .record */ .g1P(zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP(), zod__WEBPACK_IMPORTED_MODULE_9__/* .string */ .YjP().max(1_000)),
    pageSize: zod__WEBPACK_IMPORTED_MODULE_9__/* .int */ .Whr().min(1).max(500),
    whitelistBatch: zod__WEBPACK_IMPORTED_MODULE_9__/* .int */ .Whr().min(1).max(10_000),
    operations: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej(Object.fromEntries(OPERATION_NAMES.map((operation) => [operation, spelling.optional()]))),
    release: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({
        version: field,
        status: field,
        publishId: field.optional(),
        comment: field.optional(),
        ratio: field.optional(),
        whitelistCount: field.optional(),
        modifiedAt: field.optional(),
        targetApp: field.optional(),
        miniapp: field.optional(),
    }),
    version: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({ version: field, artifacts: field }),
    history: zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({
        type: field.optional(),
        operator: field.optional(),
        time: field.optional(),
        comment: field.optional(),
    }),
    statuses: zod__WEBPACK_IMPORTED_MODULE_9__/* .record */ .g1P(word, zod__WEBPACK_IMPORTED_MODULE_9__/* .strictObject */ .rej({ state: zod__WEBPACK_IMPORTED_MODULE_9__/* ["enum"] */ .k5n([...stateNames(), 'busy']), mark })),
    refusals: zod__WEBPACK_IMPORTED_MODULE_9__/* .record */ .g1P(word, zod__WEBPACK_IMPORTED_MODULE_9__/* ["enum"] */ .k5n(_lib_errors_js__WEBPACK_IMPORTED_MODULE_3__/* .REFUSALS */ .a6)),
});
/** `none` is not a status but the absence of a release. */
function stateNames() {
    return Object.keys(_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_5__/* .STATES */ .xj).filter((state) => state !== 'none');
}
function wordsOf(issue, merged) {
    const got = (0,_lib_text_js__WEBPACK_IMPORTED_MODULE_7__/* .cleanLine */ .Ow)(JSON.stringify(valueAt(merged, issue.path)) ?? 'nothing', 80);
    if (issue.code === 'unrecognized_keys') {
        const known = keysAt(issue.path);
        return issue.keys.map((key) => {
            const close = nearest(key, known);
            return `${nameOf([...issue.path, key])}: unknown${close ? `; did you mean ${close}?` : `; known here: ${known.join(', ')}.`}`;
        });
    }
    if (issue.code === 'invalid_key')
        return [`${nameOf(issue.path)}: ${issue.issues[0]?.message ?? 'is no valid name'}.`];
    if (issue.code === 'invalid_value')
        return [`${nameOf(issue.path)}: got ${got}; takes ${issue.values.join(', ')}.`];
    const takes = /^takes/.test(issue.message) ? issue.message : issue.message.replace(/^Invalid input: /, '');
    return [`${nameOf(issue.path)}: got ${got}; ${takes}.`];
}
function valueAt(value, path) {
    return path.reduce((found, key) => isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined, value);
}
/** The names that the shape knows at a place. */
function keysAt(path) {
    let shape = profileShape;
    const plain = (schema) => (schema instanceof zod__WEBPACK_IMPORTED_MODULE_9__/* .ZodOptional */ .IiU ? schema.unwrap() : schema);
    for (const key of path) {
        shape = plain(shape);
        if (shape instanceof zod__WEBPACK_IMPORTED_MODULE_9__/* .ZodRecord */ .b8S)
            shape = shape.valueType;
        else
            shape = shape instanceof zod__WEBPACK_IMPORTED_MODULE_9__/* .ZodObject */ .bvH ? shape.shape[String(key)] : undefined;
    }
    shape = plain(shape);
    return shape instanceof zod__WEBPACK_IMPORTED_MODULE_9__/* .ZodObject */ .bvH ? Object.keys(shape.shape) : [];
}
/** Names of the file, which are foreign: `operations.setRatio.body.ratio`. */
function nameOf(path) {
    return (0,_lib_text_js__WEBPACK_IMPORTED_MODULE_7__/* .cleanLine */ .Ow)(path.map(String).join('..'), 200) || '(top)';
}
function nearest(given, names) {
    const far = (known) => (0,fastest_levenshtein__WEBPACK_IMPORTED_MODULE_2__/* .distance */ .Io)(given.slice(0, 64).toLowerCase(), known.toLowerCase());
    const best = [...names].sort((a, b) => far(a) - far(b))[0];
    return best !== undefined && far(best) <= Math.max(2, best.length / 3) ? best : undefined;
}
// --- What the shape cannot say ---------------------------------------------------------------------------------------
function faultsOf(profile) {
    return [
        ...OPERATION_NAMES.flatMap((operation) => {
            const spelt = profile.operations[operation];
            return spelt ? [...placeholderFaults(operation, spelt), ...spellingFaults(operation, spelt, profile)] : [];
        }),
        ...basePathFaults(profile),
        ...sameCallFaults(profile),
        ...credentialFaults(profile),
        ...headerFaults(profile),
        ...loginFaults(profile),
    ];
}
const IDS = ['appId', 'spaceId', 'channelCode'];
const PAGE = ['page', 'pageSize'];
/** What each operation's placeholders may be, besides the three ids. */
const PLACEHOLDERS = {
    listVersions: PAGE,
    listReleases: PAGE,
    findRelease: ['version', ...PAGE],
    releaseHistory: ['version', ...PAGE],
    createVersion: ['version', 'artifacts', 'artifact'],
    createRelease: ['version', 'artifacts', 'artifact', 'releaseNotes'],
    startApproval: ['version', 'releaseNotes'],
    addWhitelist: ['version', 'userIds'],
    setRatio: ['version', 'ratio'],
    startGrayscale: ['version', 'ratio'],
    login: ['username', 'password'],
};
/** The placeholders that an operation knows. */
function knownPlaceholders(operation) {
    return [...IDS, ...(PLACEHOLDERS[operation] ?? ['version'])];
}
/** Values that are lists stand only as a whole value of a JSON body. */
const LISTS = ['artifacts', 'userIds'];
/** Addresses and forms are written to logs on their way; a body is not. */
const BODY_ONLY = ['password', 'username', 'userIds', 'artifacts'];
function placeholderFaults(operation, spelt) {
    const known = knownPlaceholders(operation);
    const faults = [];
    const visit = (template, place, inBody) => {
        if (isObject(template)) {
            for (const [key, value] of Object.entries(template))
                visit(value, [...place, key], inBody);
            return;
        }
        if (typeof template !== 'string')
            return;
        const where = nameOf(['operations', operation, ...place]);
        const used = (0,_profile_js__WEBPACK_IMPORTED_MODULE_6__/* .placeholdersOf */ .iJ)(template);
        for (const unknown of used.filter((one) => !known.includes(one))) {
            faults.push(`${where}: unknown placeholder {${unknown}}; known here: ${known.map((one) => `{${one}}`).join(', ')}.`);
        }
        if (used.some((one) => LISTS.includes(one)) && !/^\{[A-Za-z]+\}$/.test(template)) {
            faults.push(`${where}: a list stands only as the whole value, "{${used.find((one) => LISTS.includes(one))}}".`);
        }
        const misplaced = inBody ? undefined : used.find((one) => BODY_ONLY.includes(one) && known.includes(one));
        if (misplaced)
            faults.push(`${where}: {${misplaced}} may stand in the body only.`);
        if (/[{}]/.test(template.replace(/\{[A-Za-z]+\}/g, ''))) {
            faults.push(`${where}: has a brace that belongs to no {placeholder}.`);
        }
    };
    for (const part of ['path', 'query', 'form', 'otherwise'])
        visit(spelt[part], [part], false);
    visit(spelt.body, ['body'], true);
    visit(spelt.file?.name, ['file', 'name'], false);
    return faults;
}
function spellingFaults(operation, spelt, profile) {
    const where = `operations.${operation}`;
    const faults = [];
    const { access } = _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_5__/* .OPERATIONS */ .xb[operation];
    const isUpload = operation === 'uploadPackage';
    if (access === 'read' && spelt.method !== 'GET' && spelt.method !== 'POST') {
        faults.push(`${where}.method: got ${spelt.method}; a read takes GET or POST.`);
    }
    if (access === 'read' && !spelt.answer)
        faults.push(`${where}.answer: missing; where the list stands, ["data.list"].`);
    if (spelt.body && spelt.method === 'GET')
        faults.push(`${where}.body: a GET has none; take it away with null.`);
    if (isUpload !== Boolean(spelt.file)) {
        faults.push(`${where}.file: ${isUpload ? 'missing; the upload is a form with a file' : 'only the upload sends a file'}.`);
    }
    if (spelt.form && !spelt.file)
        faults.push(`${where}.form: only the upload sends a form; other fields go in body.`);
    if (spelt.file && spelt.body)
        faults.push(`${where}.body: a form with a file has no JSON body.`);
    const { credential } = profile;
    if (credential.in === 'query' && Object.keys(spelt.query ?? {}).includes(credential.name)) {
        faults.push(`${where}.query.${credential.name}: is the credential's own place.`);
    }
    return faults;
}
/** The base path stands in every address, where only ids could be filled in: none is known there. */
function basePathFaults({ basePath }) {
    return (0,_profile_js__WEBPACK_IMPORTED_MODULE_6__/* .placeholdersOf */ .iJ)(basePath).length > 0 ? ['basePath: takes no placeholders.'] : [];
}
/**
 * A read that is spelt as a write would write and be retried, and a write spelt as another would do what nobody asked
 * for. Compared are addresses, not methods, and as the laxest server reads them. A default write counts under any base
 * path: it is the product's own.
 */
function sameCallFaults(profile) {
    const faults = [];
    const spelt = Object.entries(profile.operations);
    for (const [operation, own] of spelt) {
        const where = `operations.${operation}.path`;
        const isRead = _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_5__/* .OPERATIONS */ .xb[operation].access === 'read';
        const address = profile.basePath + own.path;
        for (const [other, theirs] of Object.entries(_profile_js__WEBPACK_IMPORTED_MODULE_6__/* .defaultProfile */ .fg.operations)) {
            if (other === operation || _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_5__/* .OPERATIONS */ .xb[other].access === 'read')
                continue;
            if (endsIn(address, theirs.path)) {
                faults.push(`${where}: is the address of ${other} (a write) in the default profile; ${operation} would send it.`);
            }
        }
        for (const [other, theirs] of spelt) {
            if (other === operation || _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_5__/* .OPERATIONS */ .xb[other].access === 'read')
                continue;
            if (!meet(address, profile.basePath + theirs.path))
                continue;
            if (isRead)
                faults.push(`${where}: is the address of ${other}, which is a write.`);
            else if (operation < other && sameRequest(own, theirs))
                faults.push(`${where}: is the same call as ${other}.`);
        }
    }
    return [...new Set(faults)];
}
function sameRequest(a, b) {
    const rest = ({ method, query = {}, body = {} }) => JSON.stringify([method, query, body]);
    return rest(a) === rest(b);
}
/**
 * The segments of an address as lax servers read it: without case, without empty segments, and without suffixes, so
 * that `online.v1`, `online..json` and `online` are the same. A segment that begins with a dot is nothing but a suffix
 * to one server and a name to another, so an address has two readings.
 */
function readingsOf(address) {
    const segments = address.toLowerCase().split('/');
    // A version has dots itself, so what follows it may count as its suffix.
    const plain = (segment) => segment.replace(/\..*$/, '').replace(/(?<=\{version\}).*$/, '');
    return [(segment) => segment, (segment) => segment.replace(/^\.+/, '')].map((read) => segments.map((segment) => plain(read(segment))).filter(Boolean));
}
/** Whether two addresses can be the same one, once their placeholders are filled. */
function meet(a, b) {
    return readingsOf(a).some((one) => readingsOf(b).some((other) => one.length === other.length && allMeet(one, other)));
}
/** Whether the last segments of an address can be those of another. */
function endsIn(address, end) {
    return readingsOf(address).some((segments) => readingsOf(end).some((last) => segments.length >= last.length && allMeet(segments.slice(-last.length), last)));
}
function allMeet(a, b) {
    return a.every((segment, index) => segmentsMeet(segment, b[index] ?? ''));
}
function segmentsMeet(a, b) {
    if (a === b)
        return true;
    if (a.includes('{') && b.includes('{'))
        return true;
    if (a.includes('{'))
        return patternOf(a).test(b);
    return b.includes('{') && patternOf(b).test(a);
}
/** What a placeholder can be filled with, lower case and without a suffix; the ids are checked by the inputs. */
const VALUE_PATTERNS = {
    version: '\\d+',
    page: '\\d+',
    pagesize: '\\d+',
    ratio: '\\d+',
};
function patternOf(segment) {
    const source = segment
        .split(/\{([a-z]+)\}/)
        .map((part, index) => (index % 2 === 1 ? (VALUE_PATTERNS[part] ?? '.+') : part.replace(/[.~-]/g, '\\$&')))
        .join('');
    return new RegExp(`^${source}$`);
}
/**
 * Headers that are ours or the connection's, that carry credentials, or that tell a server to take another address or
 * method than the request's own (promises 1 and 4).
 */
const RESERVED_HEADERS = /^(cookie2?|set-cookie|authorization|proxy-.*|host|content-(length|type|encoding)|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept|accept-encoding|forwarded|x-forwarded-.*|x-original-.*|x-rewrite-.*|x-http-.*|x-method-.*|.*method-override)$/;
function headerFaults(profile) {
    const seen = new Map();
    return Object.entries(profile.headers).flatMap(([given, value]) => {
        const where = nameOf(['headers', given]);
        const lower = given.toLowerCase();
        const twin = seen.get(lower);
        seen.set(lower, given);
        const faults = [];
        if (!TOKEN.test(given))
            faults.push(`${where}: takes a header name of letters, digits, _ and -.`);
        else if (RESERVED_HEADERS.test(lower))
            faults.push(`${where}: is not for a profile to set.`);
        if (twin !== undefined)
            faults.push(`${where}: is the same header as ${(0,_lib_text_js__WEBPACK_IMPORTED_MODULE_7__/* .cleanLine */ .Ow)(twin, 64)}.`);
        if (!VISIBLE.test(value))
            faults.push(`${where}: takes visible ASCII characters on one line.`);
        const known = ['origin', ...IDS];
        for (const unknown of (0,_profile_js__WEBPACK_IMPORTED_MODULE_6__/* .placeholdersOf */ .iJ)(value).filter((one) => !known.includes(one))) {
            faults.push(`${where}: unknown placeholder {${unknown}}; known here: ${known.map((one) => `{${one}}`).join(', ')}.`);
        }
        if (profile.credential.in === 'header' && profile.credential.name.toLowerCase() === lower) {
            faults.push(`${where}: is the credential's own place.`);
        }
        return faults;
    });
}
function credentialFaults({ credential }) {
    const { in: where, name: given, value } = credential;
    const faults = [];
    if (where !== 'cookie' && !given)
        faults.push(`credential.name: missing; the ${where} that carries the credential.`);
    if (where === 'cookie' && (given || value))
        faults.push('credential: the cookie header takes no name and no value.');
    if (where === 'header' && given && given.toLowerCase() !== 'authorization') {
        if (RESERVED_HEADERS.test(given.toLowerCase()))
            faults.push('credential.name: is no header for a credential.');
    }
    if (value !== undefined &&
        ((0,_profile_js__WEBPACK_IMPORTED_MODULE_6__/* .placeholdersOf */ .iJ)(value).join() !== 'credential' || /[{}]/.test(value.replace('{credential}', '')))) {
        faults.push('credential.value: takes a text with {credential} once, such as "Bearer {credential}".');
    }
    return faults;
}
function loginFaults({ login, credential, operations }) {
    if (login.by === 'browser' && credential.in !== 'cookie') {
        return ['login.by: a login by the browser gives cookies, and the credential goes elsewhere.'];
    }
    const missing = credential.in !== 'cookie' && operations.login && !operations.login.answer;
    return login.by === 'call' && missing
        ? ['operations.login.answer: missing; where the credential stands in the answer, ["data.token"].']
        : [];
}
function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}


/***/ })

};
