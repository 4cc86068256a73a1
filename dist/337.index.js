export const id = 337;
export const ids = [337];
export const modules = {

/***/ 337:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  loadProfile: () => (/* binding */ loadProfile)
});

// UNUSED EXPORTS: checkProfile

// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./build/src/lib/errors.js
var errors = __webpack_require__(9862);
// EXTERNAL MODULE: ./build/src/lib/paths.js
var paths = __webpack_require__(7569);
// EXTERNAL MODULE: ./build/src/lib/text.js
var lib_text = __webpack_require__(5498);
// EXTERNAL MODULE: ./build/src/net/json.js
var json = __webpack_require__(5343);
// EXTERNAL MODULE: ./build/src/portal/profile/profile.js + 1 modules
var profile_profile = __webpack_require__(153);
// EXTERNAL MODULE: ./build/src/release/lifecycle.js
var lifecycle = __webpack_require__(6479);
// EXTERNAL MODULE: ./build/src/portal/profile/template.js
var profile_template = __webpack_require__(3090);
;// CONCATENATED MODULE: ./build/src/portal/profile/addresses.js
/** Which calls of a profile have the address of a write. */



/**
 * Faults where a call has the address of a write: a read would change something and be retried, and a write would do
 * something that nobody requested. Methods are ignored, and addresses are compared as the most lenient server reads
 * them. The address of a write of the default profile is reserved under any base path.
 */
function addressFaults(profile) {
    const faults = [];
    const templates = (0,profile_profile/* templatesOf */.r3)(profile);
    for (const [operation, own] of templates) {
        const where = `operations.${operation}.path`;
        const isRead = lifecycle/* OPERATIONS */.xb[operation].access === 'read';
        const address = profile.basePath + own.path;
        for (const [other, theirs] of (0,profile_profile/* templatesOf */.r3)(profile_profile/* defaultProfile */.fg)) {
            if (other === operation || lifecycle/* OPERATIONS */.xb[other].access === 'read')
                continue;
            if (endsIn(address, theirs.path)) {
                faults.push(`${where}: is the address of ${other} (a write) in the default profile; ${operation} would send it.`);
            }
        }
        for (const [other, theirs] of templates) {
            if (other === operation || lifecycle/* OPERATIONS */.xb[other].access === 'read')
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
 * The segments of an address as lenient servers read it: without letter case, empty segments and suffixes, so that
 * `online.v1`, `online..json` and `online` are the same. A segment that begins with a dot is only a suffix to some
 * servers and a name to others, so an address has two readings.
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
/** What a segment can be once it is filled, in lower case and without a suffix; the inputs check the ids. */
function patternOf(segment) {
    const source = segment
        .split(/\{([a-z]+)\}/)
        .map((part, index) => index % 2 === 1 ? ((0,profile_template/* isFilledWithDigits */.Bh)(part) ? '\\d+' : '.+') : part.replace(/[.~-]/g, '\\$&'))
        .join('');
    return new RegExp(`^${source}$`);
}

;// CONCATENATED MODULE: ./build/src/portal/profile/rules.js
/** What a profile may not say, besides what its shape rules out. Imports no zod. */





/** The name of a header or of a query parameter. */
const TOKEN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const VISIBLE = /^[\x20-\x7e]*$/;
/** Every fault of a profile of the right shape, each naming its place: `operations.setRatio.body.ratio: ...`. */
function ruleFaults(profile) {
    return [
        ...(0,profile_profile/* templatesOf */.r3)(profile).flatMap(([operation, template]) => [
            ...placeholderFaults(operation, template),
            ...callFaults(operation, template, profile),
        ]),
        ...basePathFaults(profile),
        ...addressFaults(profile),
        ...credentialFaults(profile),
        ...headerFaults(profile),
        ...loginFaults(profile),
    ];
}
/** A place in the file for a message; its names are untrusted text: `operations.setRatio.body.ratio`. */
function placeName(path) {
    return (0,lib_text/* cleanLine */.Ow)(path.map(String).join('.'), 200) || '(top)';
}
/** Whether a value of parsed JSON is an object, and not a list. */
function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function placeholderFaults(operation, call) {
    const known = (0,profile_template/* knownPlaceholders */.oI)(operation);
    const isList = (name) => (0,profile_template/* placeholderTraits */.Fn)(name).isList === true;
    const faults = [];
    const visit = (template, place, inBody) => {
        if (isObject(template)) {
            for (const [key, value] of Object.entries(template))
                visit(value, [...place, key], inBody);
            return;
        }
        if (typeof template !== 'string')
            return;
        const where = placeName(['operations', operation, ...place]);
        const used = (0,profile_template/* placeholdersOf */.iJ)(template);
        for (const unknown of used.filter((one) => !known.includes(one))) {
            faults.push(`${where}: unknown placeholder {${unknown}}; known here: ${known.map((one) => `{${one}}`).join(', ')}.`);
        }
        if (used.some(isList) && !/^\{[A-Za-z]+\}$/.test(template)) {
            faults.push(`${where}: a list stands only as the whole value, "{${used.find(isList)}}".`);
        }
        const misplaced = inBody ? undefined : used.find((one) => (0,profile_template/* placeholderTraits */.Fn)(one).isBodyOnly && known.includes(one));
        if (misplaced)
            faults.push(`${where}: {${misplaced}} may stand in the body only.`);
        if (/[{}]/.test(template.replace(/\{[A-Za-z]+\}/g, ''))) {
            faults.push(`${where}: has a brace that belongs to no {placeholder}.`);
        }
    };
    for (const part of ['path', 'query', 'form', 'otherwise'])
        visit(call[part], [part], false);
    visit(call.body, ['body'], true);
    visit(call.file?.name, ['file', 'name'], false);
    return faults;
}
function callFaults(operation, call, profile) {
    const where = `operations.${operation}`;
    const faults = [];
    const { access } = lifecycle/* OPERATIONS */.xb[operation];
    const isUpload = operation === 'uploadPackage';
    if (access === 'read' && call.method !== 'GET' && call.method !== 'POST') {
        faults.push(`${where}.method: got ${call.method}; a read takes GET or POST.`);
    }
    if (access === 'read' && !call.answer)
        faults.push(`${where}.answer: missing; where the list stands, ["data.list"].`);
    if (call.body && call.method === 'GET')
        faults.push(`${where}.body: a GET has none; take it away with null.`);
    if (isUpload !== Boolean(call.file)) {
        faults.push(`${where}.file: ${isUpload ? 'missing; the upload is a form with a file' : 'only the upload sends a file'}.`);
    }
    if (call.form && !call.file)
        faults.push(`${where}.form: only the upload sends a form; other fields go in body.`);
    if (call.file && call.body)
        faults.push(`${where}.body: a form with a file has no JSON body.`);
    const { credential } = profile;
    if (credential.in === 'query' && Object.keys(call.query ?? {}).some((one) => one === credential.name)) {
        faults.push(`${where}.query.${credential.name}: is the credential's own place.`);
    }
    return faults;
}
/** The base path is not filled, so it has no placeholders. */
function basePathFaults({ basePath }) {
    return (0,profile_template/* placeholdersOf */.iJ)(basePath).length > 0 ? ['basePath: takes no placeholders.'] : [];
}
/**
 * Headers that belong to the action or the connection, that carry credentials, or that make a server use another
 * address or method than those of the request (promises 1 and 4).
 */
const RESERVED_HEADERS = /^(cookie2?|set-cookie|authorization|proxy-.*|host|content-(length|type|encoding)|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept|accept-encoding|forwarded|x-forwarded-.*|x-original-.*|x-rewrite-.*|x-http-.*|x-method-.*|.*method-override)$/;
function headerFaults(profile) {
    const seen = new Map();
    return Object.entries(profile.headers).flatMap(([given, value]) => {
        const where = placeName(['headers', given]);
        const lower = given.toLowerCase();
        const twin = seen.get(lower);
        seen.set(lower, given);
        const faults = [];
        if (!TOKEN.test(given))
            faults.push(`${where}: takes a header name of letters, digits, _ and -.`);
        else if (RESERVED_HEADERS.test(lower))
            faults.push(`${where}: is not for a profile to set.`);
        if (twin !== undefined)
            faults.push(`${where}: is the same header as ${(0,lib_text/* cleanLine */.Ow)(twin, 64)}.`);
        if (!VISIBLE.test(value))
            faults.push(`${where}: takes visible ASCII characters on one line.`);
        const known = ['origin', ...profile_template/* ID_PLACEHOLDERS */.tj];
        for (const unknown of (0,profile_template/* placeholdersOf */.iJ)(value).filter((one) => !known.includes(one))) {
            faults.push(`${where}: unknown placeholder {${unknown}}; known here: ${known.map((one) => `{${one}}`).join(', ')}.`);
        }
        if (profile.credential.in === 'header' && profile.credential.name?.toLowerCase() === lower) {
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
        ((0,profile_template/* placeholdersOf */.iJ)(value).join() !== 'credential' || /[{}]/.test(value.replace('{credential}', '')))) {
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
        ? ['operations.login.answer: missing; where the credential stands in the response, ["data.token"].']
        : [];
}

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 17 modules
var schemas = __webpack_require__(8816);
// EXTERNAL MODULE: ./build/src/lib/nearest.js
var nearest = __webpack_require__(2339);
;// CONCATENATED MODULE: ./build/src/portal/profile/schema.js
/** The shape of a profile file, and what zod finds wrong with one as sentences. Loads zod, so it is a lazy chunk. */






const MARKS = ['documented', 'observed', 'inferred'];
/** Segments of names and placeholders: no encoding, no `;`, no host, nothing that servers interpret in different ways. */
const PATH = /^(\/([A-Za-z0-9_~.-]|\{[A-Za-z]+\})+)+\/?$/;
const mark = schemas/* enum */.k5n(MARKS);
/** Typed as unknown: the recursive type of JSON is too deep for the types that are derived from it. */
const schema_json = schemas/* json */.Pq9();
const schema_text = schemas/* string */.YjP().max(1_000);
const place = schemas/* string */.YjP()
    .max(200)
    .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'takes a place in the response: names joined by dots, such as data.list');
const path = schemas/* string */.YjP()
    .max(300)
    .regex(PATH, 'takes a path that begins with one /; letters, digits and _ ~ . - between the slashes, and placeholders')
    .refine((value) => !/\/\.\.?(\/|$)/.test(value), 'takes a path without . and .. segments');
const word = schemas/* string */.YjP().min(1).max(200);
const schema_name = schemas/* string */.YjP()
    .regex(/^[A-Za-z0-9_.[\]-]{1,100}$/, 'takes a name of letters, digits and _ . - [ ], at most 100 characters');
const field = schemas/* strictObject */.rej({ at: place, mark });
const selector = schemas/* string */.YjP()
    .max(200)
    .regex(/^[\w #.[\]="'>-]+$/, 'takes a CSS selector such as #username or [name="user"]');
const LOGIN_PAGE = 'takes a path on the portal that begins with one /, without // and .., or a list of 1 to 10 such paths';
const loginPath = schemas/* string */.YjP()
    .max(300)
    .regex(/^\/[\w~.\-/#?=&]*$/)
    .refine((value) => !value.includes('//') && !value.includes('..'));
const hostName = schemas/* string */.YjP()
    .max(260)
    .toLowerCase()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$/, 'takes a host name such as cdn.example.com, without https:// and path');
const callTemplate = schemas/* strictObject */.rej({
    mark,
    method: schemas/* enum */.k5n(['GET', 'POST', 'PUT', 'DELETE'], 'takes GET, POST, PUT or DELETE'),
    path,
    query: schemas/* record */.g1P(schema_name, schema_text).optional(),
    body: schemas/* record */.g1P(schemas/* string */.YjP().min(1).max(100), schema_json).optional(),
    form: schemas/* record */.g1P(schema_name, schema_text).optional(),
    file: schemas/* strictObject */.rej({
        field: schema_name,
        name: schemas/* string */.YjP()
            .regex(/^[A-Za-z0-9_.{}-]{1,200}$/, 'takes a file name of letters, digits, _ . - and placeholders'),
        contentType: schemas/* string */.YjP().regex(/^[a-z]+\/[a-z0-9.+-]+$/i, 'takes a media type such as application/zip'),
    })
        .optional(),
    answer: schemas/* array */.YOg(place).min(1).max(10).optional(),
    total: schemas/* array */.YOg(place).min(1).max(10).optional(),
    otherwise: schema_text.optional(),
});
/** The shape of a profile; what it cannot express is in rules.ts. */
const profileSchema = schemas/* strictObject */.rej({
    $schema: schemas/* string */.YjP().optional(),
    name: schemas/* string */.YjP().min(1).max(100),
    basePath: schemas/* union */.KCZ([schemas/* literal */.euz(''), path.refine((value) => !value.endsWith('/'), 'takes no slash at its end')]),
    envelope: schemas/* strictObject */.rej({
        success: schemas/* strictObject */.rej({ at: place, equals: schemas/* union */.KCZ([schemas/* boolean */.zMY(), schemas/* number */.aig(), schemas/* string */.YjP().max(200)]) }),
        errorCode: place,
        errorMessage: place,
        traceId: place,
        notLoggedIn: schemas/* strictObject */.rej({
            // A response that succeeds must not read as the end of the session: each would cost a login.
            httpStatuses: schemas/* array */.YOg(schemas/* int */.Whr().min(400).max(499)).max(20),
            errorCodes: schemas/* array */.YOg(word).max(50),
            messageContains: schemas/* array */.YOg(schemas/* string */.YjP().trim().min(3).max(200)).max(50),
            present: schemas/* array */.YOg(place).max(20),
            redirectsTo: schemas/* array */.YOg(schemas/* string */.YjP().trim().min(3).max(200)).max(50).optional(),
            pageContains: schemas/* array */.YOg(schemas/* string */.YjP().trim().min(3).max(200)).max(50).optional(),
        }),
    }),
    credential: schemas/* strictObject */.rej({
        in: schemas/* enum */.k5n(['cookie', 'header', 'query'], 'takes cookie, header or query'),
        name: schemas/* string */.YjP().regex(TOKEN, 'takes a name of letters, digits, _ and -').optional(),
        value: schemas/* string */.YjP().max(200).regex(VISIBLE, 'takes visible characters').optional(),
    }),
    login: schemas/* strictObject */.rej({
        by: schemas/* enum */.k5n(['call', 'browser'], 'takes call or browser'),
        page: schemas/* union */.KCZ([loginPath, schemas/* array */.YOg(loginPath).min(1).max(10)], LOGIN_PAGE),
        staticHosts: schemas/* array */.YOg(hostName).max(20).optional(),
        username: selector,
        password: selector,
        submit: selector.optional(),
        done: schemas/* string */.YjP().min(2).max(200).regex(VISIBLE, 'takes what the address ends in after the login'),
    }),
    headers: schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* string */.YjP().max(1_000)),
    pageSize: schemas/* int */.Whr().min(1).max(500),
    whitelistBatch: schemas/* int */.Whr().min(1).max(10_000),
    operations: schemas/* strictObject */.rej({
        listVersions: callTemplate.optional(),
        listReleases: callTemplate.optional(),
        findRelease: callTemplate.optional(),
        releaseHistory: callTemplate.optional(),
        login: callTemplate.optional(),
        uploadPackage: callTemplate.optional(),
        createVersion: callTemplate.optional(),
        createRelease: callTemplate.optional(),
        startApproval: callTemplate.optional(),
        cancelApproval: callTemplate.optional(),
        cancelRelease: callTemplate.optional(),
        addWhitelist: callTemplate.optional(),
        startPilot: callTemplate.optional(),
        skipPilot: callTemplate.optional(),
        setRatio: callTemplate.optional(),
        startGrayscale: callTemplate.optional(),
        goOnline: callTemplate.optional(),
        rollback: callTemplate.optional(),
    }),
    release: schemas/* strictObject */.rej({
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
    version: schemas/* strictObject */.rej({ version: field, artifacts: field }),
    history: schemas/* strictObject */.rej({
        type: field.optional(),
        operator: field.optional(),
        time: field.optional(),
        comment: field.optional(),
    }),
    statuses: schemas/* record */.g1P(word, schemas/* strictObject */.rej({ state: schemas/* enum */.k5n([...Object.keys(lifecycle/* STATES */.xj).filter(isStatusState), 'busy']), mark })),
    refusals: schemas/* record */.g1P(word, schemas/* enum */.k5n(errors/* REFUSALS */.a6)),
});
/** `none` is not a status but the absence of a release. */
function isStatusState(name) {
    return name !== 'none' && Object.hasOwn(lifecycle/* STATES */.xj, name);
}
/** The faults of one finding of zod, each naming its place; `merged` is the JSON that was checked. */
function issueFaults(issue, merged) {
    const got = (0,lib_text/* cleanLine */.Ow)(JSON.stringify(valueAt(merged, issue.path)) ?? 'nothing', 80);
    if (issue.code === 'unrecognized_keys') {
        const known = keysAt(issue.path);
        return issue.keys.map((key) => {
            const close = (0,nearest/* nearest */.p)(key, known);
            return `${placeName([...issue.path, key])}: unknown${close ? `; did you mean ${close}?` : `; known here: ${known.join(', ')}.`}`;
        });
    }
    if (issue.code === 'invalid_key')
        return [`${placeName(issue.path)}: ${issue.issues[0]?.message ?? 'is no valid name'}.`];
    if (issue.code === 'invalid_value')
        return [`${placeName(issue.path)}: got ${got}; takes ${issue.values.join(', ')}.`];
    const takes = /^takes/.test(issue.message) ? issue.message : issue.message.replace(/^Invalid input: /, '');
    return [`${placeName(issue.path)}: got ${got}; ${takes}.`];
}
function valueAt(value, path) {
    return path.reduce((found, key) => (isObject(found) && Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined), value);
}
/** The names that the shape knows at a place. */
function keysAt(path) {
    let shape = profileSchema;
    const plain = (schema) => (schema instanceof schemas/* ZodOptional */.IiU ? schema.unwrap() : schema);
    for (const key of path) {
        shape = plain(shape);
        if (shape instanceof schemas/* ZodRecord */.b8S)
            shape = shape.valueType;
        else
            shape = shape instanceof schemas/* ZodObject */.bvH ? shape.shape[String(key)] : undefined;
    }
    shape = plain(shape);
    return shape instanceof schemas/* ZodObject */.bvH ? Object.keys(shape.shape) : [];
}

;// CONCATENATED MODULE: ./build/src/portal/profile/load.js
/**
 * A user's profile file -> a Profile: read within bounds, merged into the default, and checked; all faults at once, each
 * naming its place. Loaded only where the input portal-profile is given.
 *
 * The file is untrusted (a pull request can change it). So the checks guarantee what the code relies on: an address
 * never leaves the portal's base path, no read has the address of a write, no write that of another write of the
 * default profile, and no header changes where a request goes.
 */









const MAX_BYTES = 256 * 1024;
const MAX_FAULTS = 50;
/**
 * Reads and checks the profile at `path`, relative to the workspace, or absolute below it or below `tempDir`.
 * @throws ReleaseError profile-invalid, with every fault
 */
async function loadProfile(path, workspace, tempDir) {
    const file = (0,lib_text/* cleanLine */.Ow)((0,external_node_path_.basename)(path), 100);
    const read = await readProfile(path, workspace, tempDir);
    const { profile, faults } = 'fault' in read ? { profile: undefined, faults: [read.fault] } : checkProfile(read.json);
    if (profile)
        return profile.name === profile_profile/* defaultProfile */.fg.name ? { ...profile, name: file } : profile;
    const shown = faults.slice(0, MAX_FAULTS);
    const more = faults.length > shown.length ? `\n- and ${faults.length - shown.length} more` : '';
    throw new errors/* ReleaseError */.K2('profile-invalid', {
        found: `${file}: ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}:${shown.map((fault) => `\n- ${fault}`).join('')}${more}\n`,
    });
}
/**
 * Checks the JSON of a profile file. A complete profile is taken as it is: its portal does not have what it leaves out.
 * Any other is merged into the default profile: objects merge, every other value replaces, and `null` removes.
 */
function checkProfile(changes) {
    if (!isObject(changes))
        return { faults: ['(top): takes a JSON object.'] };
    const faults = [];
    const isWhole = profileSchema.safeParse(changes).success;
    const merged = isWhole ? changes : merge(profile_profile/* defaultProfile */.fg, changes, [], faults);
    const parsed = profileSchema.safeParse(merged);
    if (!parsed.success) {
        return { faults: [...faults, ...parsed.error.issues.flatMap((issue) => issueFaults(issue, merged))] };
    }
    faults.push(...ruleFaults(parsed.data));
    return faults.length > 0 ? { faults } : { profile: parsed.data, faults };
}
async function readProfile(path, workspace, tempDir) {
    let text;
    try {
        text = await readBounded(await (0,paths/* resolveInWorkspace */.z1)(path, workspace, 'file', tempDir));
    }
    catch (error) {
        const code = error.code;
        return { fault: code ? `(file): cannot be read (${code}).` : `(file): ${error.message}` };
    }
    try {
        return { json: (0,json/* parseJson */.q)(text) };
    }
    catch (error) {
        if (error instanceof RangeError)
            return { fault: `(file): ${error.message}.` };
        // The message of the parser quotes the text, which may be any file of the workspace: only the line is reported.
        const position = /position (\d+)/.exec(String(error))?.[1];
        const line = position && text.slice(0, Number(position)).split('\n').length;
        return { fault: `(file): is not JSON${line ? `; the fault is on line ${line}` : ''}.` };
    }
}
async function readBounded(path) {
    const handle = await (0,promises_.open)(path);
    try {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
        if (bytesRead > MAX_BYTES)
            throw new Error(`is larger than ${MAX_BYTES / 1024} KiB.`);
        return (0,paths/* decodeText */.g7)(buffer.subarray(0, bytesRead));
    }
    finally {
        await handle.close();
    }
}
/** Built from entries, so that a key named `__proto__` is a key like any other; it is a fault. */
function merge(base, changes, place, faults) {
    const result = new Map(Object.entries(base));
    for (const [key, value] of Object.entries(changes)) {
        if (key === '__proto__') {
            faults.push(`${placeName([...place, key])}: is no name for anything here.`);
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


/***/ })

};
