export const id = 94;
export const ids = [94];
export const modules = {

/***/ 6094:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  SandboxInvalid: () => (/* reexport */ portal/* SandboxInvalid */.H_),
  startSandbox: () => (/* binding */ startSandbox)
});

// UNUSED EXPORTS: openSandbox

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:http"
var external_node_http_ = __webpack_require__(7067);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: external "node:timers/promises"
var promises_ = __webpack_require__(8500);
;// CONCATENATED MODULE: ./build/src/sandbox/login-page.js
/** The sandbox's login page: two fields, Enter, and the address ends in #/overview, as observed of the portal. */
/** It asks the sandbox's own login call, so its cookies are the call's. */
const LOGIN_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sandbox portal</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; background: #f4f6f8 }
  form { display: grid; gap: .75rem; width: 18rem; padding: 2rem; background: #fff; border: 1px solid #d0d7de; border-radius: 8px }
  input, button { font: inherit; padding: .4rem .6rem }
  [role=alert] { color: #cf222e; margin: 0 }
</style>
<form>
  <strong>Sandbox portal</strong>
  <input id="username" placeholder="User name" autocomplete="username">
  <input id="password" placeholder="Password" type="password" autocomplete="current-password">
  <button>Log in</button>
  <p role="alert"></p>
</form>
<script>
  const field = (id) => document.getElementById(id);
  document.forms[0].addEventListener('submit', async (event) => {
    event.preventDefault();
    const answer = await fetch('/rest/intercnn/user/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: field('username').value, password: field('password').value }),
    });
    const { success, errorMsg } = await answer.json();
    if (success) location.hash = '#/overview';
    else document.querySelector('[role=alert]').textContent = errorMsg;
  });
</script>
</html>
`;

// EXTERNAL MODULE: ./build/src/sandbox/portal.js
var portal = __webpack_require__(2587);
;// CONCATENATED MODULE: ./build/src/sandbox/server.js
/**
 * Serves the sandbox portal on loopback and keeps its state: in memory, or in a file that the steps of a job, and jobs
 * at the same time, may share.
 */








const MAX_JSON_BYTES = 8 * 1024 * 1024;
/** Of a form: its heads and fields, and how many parts it may have. */
const MAX_TEXT_BYTES = 16 * 1024;
const MAX_PARTS = 20;
const MAX_STATE_BYTES = 64 * 1024 * 1024;
const KEEP_ALIVE_MS = 10 * 60_000;
/** A holder of the lock needs some milliseconds, in which no JavaScript interrupts it: an old lock is a killed one's. */
const STALE_LOCK_MS = 10_000;
const LOCK_TIMEOUT_MS = 30_000;
/** Opens the state. Throws SandboxInvalid where the file holds no state of one, or the seed contradicts itself. */
async function openSandbox(options) {
    const now = options.now ?? Date.now;
    const store = options.file === undefined ? inMemory(options.seed, now) : await inFile(options.file, options.seed, now);
    const door = doorOf(options.credentials, now);
    const rules = { review: options.rules.review, ...(door && { mayLogIn: door.mayLogIn }) };
    return {
        read: store.read,
        async handle(req) {
            if (req.method === 'GET' && req.url === '/') {
                return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: LOGIN_PAGE };
            }
            const request = await readRequest(req);
            const loggedIn = door?.knows(req.headers.cookie) ?? true;
            const { response, operation } = await store.change((state) => (0,portal/* answer */.ZF)(state, { ...request, loggedIn }, now(), rules));
            const { errorCode, success } = response.body;
            const opens = operation === 'login' && success && door;
            const cookie = opens ? { 'set-cookie': `${door.open()}; Path=/; HttpOnly` } : {};
            const status = errorCode === 'NOT_LOGIN' ? (options.credentials?.notLoggedIn ?? 200) : response.status;
            return jsonResponse(status, response.body, cookie, options.bareIds);
        },
    };
}
/** Starts the sandbox. Throws SandboxInvalid where the file holds no state of one, or the seed contradicts itself. */
async function startSandbox(options) {
    const { handle, read } = await openSandbox(options);
    let failure;
    const serve = async (req, res) => send(res, await handle(req));
    const server = (0,external_node_http_.createServer)({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
        serve(req, res).catch((error) => {
            if (!req.complete)
                return res.destroy(); // the client left in the middle of its request
            failure = toInvalid(error);
            const { message } = failure;
            const body = { success: false, data: null, errorCode: 'SANDBOX_INVALID', errorMsg: message, traceId: '' };
            send(res, jsonResponse(500, body));
        });
    });
    // Neither the server nor an idle connection may hold the process.
    server.on('connection', (socket) => socket.unref()).unref();
    await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return {
        url: `http://127.0.0.1:${server.address().port}`,
        get failure() {
            return failure;
        },
        read,
        close: () => new Promise((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
        }),
    };
}
function inMemory(seed, now) {
    let state = (0,portal/* newPortal */.lB)(seed, now());
    return {
        read: () => state,
        change: async (step) => {
            const result = step(state);
            state = result.state;
            return result;
        },
    };
}
/** Each change reads, steps and writes under a lock, so that processes that share the file lose nothing. */
async function inFile(file, seed, now) {
    const fresh = (0,portal/* newPortal */.lB)(seed, now());
    try {
        (0,external_node_fs_.mkdirSync)(external_node_path_.dirname(file), { recursive: true });
        await locked(file, () => (exists(file) ? load(file) : save(file, fresh)));
    }
    catch (error) {
        throw toInvalid(error);
    }
    return {
        read: () => load(file),
        change: (step) => locked(file, () => {
            const result = step(load(file));
            save(file, result.state);
            return result;
        }),
    };
}
function exists(file) {
    return (0,external_node_fs_.lstatSync)(file, { throwIfNoEntry: false }) !== undefined; // a dangling link exists, too
}
/** Throws SandboxInvalid for all that is not a state: a portal that forgets would let a rehearsal lie. */
function load(file) {
    const found = (0,external_node_fs_.lstatSync)(file, { throwIfNoEntry: false });
    if (found === undefined)
        throw invalid(file, 'has gone');
    if (found.isSymbolicLink())
        throw invalid(file, 'is a symbolic link');
    if (!found.isFile())
        throw invalid(file, 'is not a regular file');
    if (found.size > MAX_STATE_BYTES)
        throw invalid(file, `is too large (${found.size} bytes)`);
    // O_NOFOLLOW (absent on Windows) in case the file was swapped since.
    const text = (0,external_node_fs_.readFileSync)(file, { encoding: 'utf8', flag: (external_node_fs_.constants.O_RDONLY | external_node_fs_.constants.O_NOFOLLOW) });
    const parsed = portal/* SandboxState */.TT.safeParse(fromJson(file, text));
    if (parsed.success)
        return parsed.data;
    // The path consists of our own names; the issue's message might quote the content.
    const place = parsed.error.issues[0]?.path.join('.') || 'its top';
    throw invalid(file, `is JSON, but not the state of a sandbox (at ${place})`);
}
function fromJson(file, text) {
    try {
        return JSON.parse(text);
    }
    catch {
        throw invalid(file, `is not JSON, or was cut off (${text.length} characters)`);
    }
}
/** Whole or not at all: a process killed half-way leaves the old state and a temporary file that nobody reads. */
function save(file, state) {
    const temporary = `${file}.${process.pid}-${(0,external_node_crypto_.randomBytes)(4).toString('hex')}.tmp`;
    const handle = (0,external_node_fs_.openSync)(temporary, 'wx', 0o600);
    try {
        (0,external_node_fs_.writeFileSync)(handle, JSON.stringify(state));
        (0,external_node_fs_.fsyncSync)(handle);
    }
    finally {
        (0,external_node_fs_.closeSync)(handle);
    }
    (0,external_node_fs_.renameSync)(temporary, file);
}
/** Runs `work`, which must be synchronous, while no other process does so for the same file. */
async function locked(file, work) {
    const lock = `${file}.lock`;
    for (const startMs = Date.now(); !take(lock); await (0,promises_.setTimeout)(2 + Math.random() * 8)) {
        breakStale(lock);
        if (Date.now() - startMs > LOCK_TIMEOUT_MS)
            throw invalid(file, 'is locked by another process');
    }
    try {
        return work();
    }
    finally {
        (0,external_node_fs_.rmSync)(lock, { force: true });
    }
}
function take(lock) {
    try {
        (0,external_node_fs_.closeSync)((0,external_node_fs_.openSync)(lock, 'wx', 0o600));
        return true;
    }
    catch (error) {
        if (error.code === 'EEXIST')
            return false;
        throw error;
    }
}
/** Two who find the same dead lock must not remove each other's new one: only one breaks at a time, and looks again. */
function breakStale(lock) {
    const guard = `${lock}.break`;
    if (!isStale(lock) || !take(guard))
        return;
    try {
        if (isStale(lock))
            (0,external_node_fs_.rmSync)(lock, { force: true });
    }
    finally {
        (0,external_node_fs_.rmSync)(guard, { force: true });
    }
}
function isStale(lock) {
    const found = (0,external_node_fs_.statSync)(lock, { throwIfNoEntry: false });
    return found !== undefined && Date.now() - found.mtimeMs > STALE_LOCK_MS;
}
function invalid(file, found) {
    return new portal/* SandboxInvalid */.H_(`The sandbox's state file ${JSON.stringify(external_node_path_.basename(file))} ${found}.`);
}
/** The file system's errors name whole paths: only their code is passed on. */
function toInvalid(error) {
    if (error instanceof portal/* SandboxInvalid */.H_)
        return error;
    const code = error.code ?? error.name;
    return new portal/* SandboxInvalid */.H_(`The sandbox failed to read or write its state (${code}).`, { cause: error });
}
function doorOf(credentials, now) {
    if (credentials === undefined)
        return undefined;
    const expiry = new Map();
    const pairs = (header) => header.split(';').map((pair) => pair.trim());
    if ('cookie' in credentials)
        for (const pair of pairs(credentials.cookie))
            expiry.set(pair, Number.POSITIVE_INFINITY);
    return {
        knows: (header) => pairs(header ?? '').some((pair) => now() < (expiry.get(pair) ?? 0)),
        mayLogIn: (username, password) => 'username' in credentials && credentials.username === username && credentials.password === password,
        open: () => {
            const cookie = `SESSION=${(0,external_node_crypto_.randomBytes)(16).toString('hex')}`;
            const ttlMs = 'username' in credentials ? credentials.sessionTtlMs : undefined;
            expiry.set(cookie, now() + (ttlMs ?? Number.POSITIVE_INFINITY));
            return cookie;
        },
    };
}
// The wire
/** A body that cannot be read has no fields: the portal answers that as it does a missing one. */
async function readRequest(req) {
    const [pathname = '', query = ''] = (req.url ?? '').split(/\?(.*)/s);
    const request = { method: req.method ?? '', path: pathname };
    const type = req.headers['content-type'] ?? '';
    if (request.path === portal/* UPLOAD_PATH */.Eu)
        return { ...request, ...(await readForm(req, type)) };
    const body = await readJson(req, type);
    return { ...request, fields: request.method === 'GET' ? Object.fromEntries(new URLSearchParams(query)) : body };
}
/** Reads to the end whatever comes, so that the answer is not lost in a reset connection; too long is cut off. */
async function readJson(req, type) {
    const chunks = [];
    let bytes = 0;
    for await (const chunk of req) {
        bytes += chunk.length;
        if (bytes <= MAX_JSON_BYTES)
            chunks.push(chunk);
    }
    if (!/^application\/json\b/i.test(type))
        return undefined;
    try {
        return JSON.parse(Buffer.concat(chunks).toString('utf8'));
    }
    catch {
        return undefined;
    }
}
/**
 * multipart/form-data (RFC 7578) as a stream: holds a chunk and the short fields, however large the file, of which it
 * keeps size and hash. A body that breaks off, or is no form, has no fields.
 */
async function readForm(req, type) {
    const [, quoted, plain] = /^multipart\/form-data;.*?boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(type) ?? [];
    const delimiter = `\r\n--${quoted ?? plain ?? ''}`;
    const body = markedStream(req);
    const fields = {};
    let file;
    let open = await body.upTo(delimiter, ignore);
    for (let parts = 0; open && !(await body.startsWith('--')); parts += 1) {
        const head = textSink();
        const { name, fileName } = (await body.upTo('\r\n\r\n', head.sink)) ? dispositionOf(head.text()) : {};
        const hash = (0,external_node_crypto_.createHash)('sha256');
        const value = textSink();
        let bytes = 0;
        const count = (data) => {
            bytes += data.length;
            hash.update(data);
        };
        open = parts < MAX_PARTS && name !== undefined && (await body.upTo(delimiter, fileName ? count : value.sink));
        if (!open || name === undefined)
            break;
        if (fileName === undefined)
            fields[name] = value.text();
        else if (name === 'file')
            file = { name: fileName, bytes, sha256: hash.digest('hex') };
    }
    await body.upTo(undefined, ignore);
    return open ? { fields, ...(file && { file }) } : { fields: undefined };
}
/** Reads a stream from mark to mark, holding one chunk of it. */
function markedStream(req) {
    const chunks = req[Symbol.asyncIterator]();
    let rest = Buffer.from('\r\n'); // so that the first delimiter looks like the others
    const more = async () => {
        const next = await chunks.next();
        if (!next.done)
            rest = Buffer.concat([rest, next.value]);
        return !next.done;
    };
    return {
        /** Hands over what stands before the mark, and goes behind it; false where the stream ends first. */
        async upTo(mark, sink) {
            do {
                const found = mark === undefined ? -1 : rest.indexOf(mark);
                // The last bytes may be the beginning of the mark.
                const end = found < 0 ? Math.max(0, rest.length - (mark?.length ?? 0)) : found;
                sink(rest.subarray(0, end));
                rest = rest.subarray(found < 0 ? end : found + (mark?.length ?? 0));
                if (found >= 0)
                    return true;
            } while (await more());
            return false;
        },
        async startsWith(text) {
            while (rest.length < text.length && (await more()))
                ;
            return rest.toString('latin1', 0, text.length) === text;
        },
    };
}
function ignore() { }
/** Keeps the beginning of a text: whoever needs more than that has no valid field. */
function textSink() {
    const kept = [];
    let room = MAX_TEXT_BYTES;
    const sink = (data) => {
        if (room > 0)
            kept.push(Buffer.from(data.subarray(0, room)));
        room -= Math.min(room, data.length);
    };
    return { sink, text: () => Buffer.concat(kept).toString('utf8') };
}
function dispositionOf(head) {
    const value = (name) => new RegExp(`^content-disposition:.*?;\\s*${name}="([^"]*)"`, 'im').exec(head)?.[1];
    return { name: value('name'), fileName: value('filename') };
}
function jsonResponse(status, body, headers = {}, bareIds = false) {
    const text = JSON.stringify(body);
    return {
        status,
        headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
        body: bareIds ? text.replace(/("publishId":)"(\d+)"/g, '$1$2') : text,
    };
}
function send(res, { status, headers, body }) {
    res.writeHead(status, headers);
    res.end(body);
}


/***/ })

};
