/**
 * Serves the sandbox portal on loopback and keeps its state in memory or in a file, which the steps of a job and
 * parallel jobs may share.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Dialect, dialectOf, parseExactly, type WireRequest } from './dialect.ts';
import { LOGIN_PAGE } from './login-page.ts';
import {
  answer,
  newPortal,
  type PortalRequest,
  type Rules,
  SandboxInvalid,
  SandboxState,
  type Seed,
  UPLOAD_PATH,
} from './portal.ts';

export { SandboxInvalid, type SandboxState } from './portal.ts';

export interface ServerOptions {
  /** The path of the state file; where absent, the state is kept in memory. Missing folders are created. */
  readonly file?: string;
  readonly rules: Pick<Rules, 'review'>;
  /** The content of a new state; ignored if the file exists. */
  readonly seed: Seed;
  readonly now?: () => number;
  /** A valid portal profile whose API the sandbox has; its own API where absent. */
  readonly dialect?: unknown;
  /** For tests of a client's session. The built-in sandbox requires none. */
  readonly credentials?: Credentials;
  /** For tests of a client's parser: publishId as a bare integer of 22 digits. */
  readonly bareIds?: boolean;
}

export type Credentials = (
  | { readonly username: string; readonly password: string; readonly sessionTtlMs?: number }
  | { readonly cookie: string }
) & {
  /** The response to a request without a session: HTTP 200 with "not login" (default), or the same with HTTP 401. */
  readonly notLoggedIn?: 200 | 401;
};

export interface Sandbox {
  /** `http://127.0.0.1:port`, without the base path. */
  readonly url: string;
  /** Why the sandbox can no longer be used. */
  readonly failure: SandboxInvalid | undefined;
  /**
   * The current state with its journal.
   * @throws {SandboxInvalid} where the file no longer holds the state of a sandbox
   */
  read(): SandboxState;
  close(): Promise<void>;
}

const MAX_JSON_BYTES = 8 * 1024 * 1024;
/** Limits of a form: the size of its headers and fields, and the number of its parts. */
const MAX_TEXT_BYTES = 16 * 1024;
const MAX_PARTS = 20;
const MAX_STATE_BYTES = 64 * 1024 * 1024;
const KEEP_ALIVE_MS = 10 * 60_000;
/** A lock is held for some milliseconds of synchronous code, so an old one belongs to a killed process. */
const STALE_LOCK_MS = 10_000;
const LOCK_TIMEOUT_MS = 30_000;

/** The parts of a request that the sandbox reads; an IncomingMessage has them. */
export interface SandboxRequest extends AsyncIterable<Buffer> {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export interface SandboxResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The sandbox without its server, for requests inside one process. */
export interface OpenSandbox extends Pick<Sandbox, 'read'> {
  handle(request: SandboxRequest): Promise<SandboxResponse>;
}

/**
 * Opens the state.
 * @throws {SandboxInvalid} where the file holds no state of a sandbox, or the seed contradicts itself
 */
export async function openSandbox(options: ServerOptions): Promise<OpenSandbox> {
  const now = options.now ?? Date.now;
  const store =
    options.file === undefined ? inMemory(options.seed, now) : await inFile(options.file, options.seed, now);
  const door = doorOf(options.credentials, now);
  const rules: Rules = { review: options.rules.review, ...(door && { mayLogIn: door.mayLogIn }) };
  const dialect = options.dialect === undefined ? undefined : dialectOf(options.dialect, options.seed);
  return {
    read: store.read,
    async handle(req) {
      if (req.method === 'GET' && LOGIN_PAGES.includes(req.url ?? '')) {
        return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: LOGIN_PAGE };
      }
      if (dialect) {
        const request = await readWire(req, dialect);
        const { status, body } = await store.change((state) => dialect.answer(state, request, now(), rules));
        return jsonResponse(status, body);
      }
      const request = await readRequest(req);
      const loggedIn = door?.knows(req.headers.cookie) ?? true;
      const { response, operation } = await store.change((state) =>
        answer(state, { ...request, loggedIn }, now(), rules),
      );
      const { errorCode, success } = response.body;
      const opens = operation === 'login' && success && door;
      const cookie = opens ? { 'set-cookie': `${door.open()}; Path=/; HttpOnly` } : {};
      const status = errorCode === 'NOT_LOGIN' ? (options.credentials?.notLoggedIn ?? 200) : response.status;
      return jsonResponse(status, response.body, cookie, options.bareIds);
    },
  };
}

/** The paths of the login page; `/superapp#/login` requests the second. */
const LOGIN_PAGES = ['/', '/superapp', '/login'];

/**
 * Starts the sandbox.
 * @throws {SandboxInvalid} where the file holds no state of a sandbox, or the seed contradicts itself
 */
export async function startSandbox(options: ServerOptions): Promise<Sandbox> {
  const { handle, read } = await openSandbox(options);
  let failure: SandboxInvalid | undefined;

  const serve = async (req: IncomingMessage, res: ServerResponse) => send(res, await handle(req));
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
    serve(req, res).catch((error: unknown) => {
      if (!req.complete) return res.destroy(); // the client left in the middle of its request
      failure = toInvalid(error);
      const { message } = failure;
      const body = { success: false, data: null, errorCode: 'SANDBOX_INVALID', errorMsg: message, traceId: '' };
      send(res, jsonResponse(500, body));
    });
  });
  // Neither the server nor an idle connection may keep the process running.
  server.on('connection', (socket) => socket.unref()).unref();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get failure() {
      return failure;
    },
    read,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// The state

interface Store {
  read(): SandboxState;
  change<T extends { state: SandboxState }>(step: (state: SandboxState) => T): Promise<T>;
}

function inMemory(seed: Seed, now: () => number): Store {
  let state = newPortal(seed, now());
  return {
    read: () => state,
    change: async (step) => {
      const result = step(state);
      state = result.state;
      return result;
    },
  };
}

/**
 * A store in a file. Each change reads, changes and writes the state under a lock, so that processes that share the
 * file lose nothing.
 */
async function inFile(file: string, seed: Seed, now: () => number): Promise<Store> {
  const fresh = newPortal(seed, now());
  // The bytes that were last written or checked here: a file that still has them is not parsed again.
  let known: Known | undefined;
  const loaded = () => {
    known = load(file, known);
    return known.state;
  };
  const saved = (state: SandboxState) => {
    known = undefined;
    known = save(file, state);
  };
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    await locked(file, () => (exists(file) ? loaded() : saved(fresh)));
  } catch (error) {
    throw toInvalid(error);
  }
  return {
    read: loaded,
    change: (step) =>
      locked(file, () => {
        const result = step(loaded());
        saved(result.state);
        return result;
      }),
  };
}

/** A state and the bytes of the file that holds it. */
interface Known {
  readonly state: SandboxState;
  readonly bytes: Buffer;
}

function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined; // a dangling link exists, too
}

/**
 * Loads the state from the file.
 * @throws {SandboxInvalid} where the file is not a state: a sandbox that started anew would make the rehearsal wrong
 */
function load(file: string, known: Known | undefined): Known {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw invalid(file, 'has gone');
  if (found.isSymbolicLink()) throw invalid(file, 'is a symbolic link');
  if (!found.isFile()) throw invalid(file, 'is not a regular file');
  if (found.size > MAX_STATE_BYTES) throw invalid(file, `is too large (${found.size} bytes)`);
  // O_NOFOLLOW (absent on Windows), in case the file was replaced by a link since the check.
  const bytes = readFileSync(file, { flag: (constants.O_RDONLY | constants.O_NOFOLLOW) as never });
  // Compared by its bytes: two files that are written within one clock tick may have the same time and inode.
  if (known?.bytes.equals(bytes)) return known;
  const parsed = SandboxState.safeParse(fromJson(file, bytes.toString('utf8')));
  if (parsed.success) return { state: parsed.data, bytes };
  // The path has only our own names; the message of the issue might quote the content.
  const place = parsed.error.issues[0]?.path.join('.') || 'its top';
  throw invalid(file, `is JSON, but not the state of a sandbox (at ${place})`);
}

function fromJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(file, `is not JSON, or was cut off (${text.length} characters)`);
  }
}

/**
 * Writes the state atomically: a process that is killed meanwhile leaves the old state and an unused temporary file.
 */
function save(file: string, state: SandboxState): Known {
  const bytes = Buffer.from(JSON.stringify(state));
  const temporary = `${file}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  const handle = openSync(temporary, 'wx', 0o600);
  try {
    writeFileSync(handle, bytes);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(temporary, file);
  return { state, bytes };
}

/** Runs `work`, which must be synchronous, while no other process does so with the same file. */
async function locked<T>(file: string, work: () => T): Promise<T> {
  const lock = `${file}.lock`;
  for (const startMs = Date.now(); !take(lock); await delay(2 + Math.random() * 8)) {
    breakStale(lock);
    if (Date.now() - startMs > LOCK_TIMEOUT_MS) throw invalid(file, 'is locked by another process');
  }
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a stale lock. Only one process at a time may do so, and it checks the lock again: otherwise one could remove
 * the new lock of another.
 */
function breakStale(lock: string): void {
  const guard = `${lock}.break`;
  if (!isStale(lock) || !take(guard)) return;
  try {
    if (isStale(lock)) rmSync(lock, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

function isStale(lock: string): boolean {
  const found = statSync(lock, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs > STALE_LOCK_MS;
}

function invalid(file: string, found: string): SandboxInvalid {
  return new SandboxInvalid(`The sandbox's state file ${JSON.stringify(path.basename(file))} ${found}.`);
}

/** Errors of the file system contain whole paths, so only their code is shown. */
function toInvalid(error: unknown): SandboxInvalid {
  if (error instanceof SandboxInvalid) return error;
  const code = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
  return new SandboxInvalid(`The sandbox failed to read or write its state (${code}).`, { cause: error });
}

// The session, for tests

interface Door {
  knows(cookieHeader: string | undefined): boolean;
  mayLogIn(username: string, password: string): boolean;
  /** A new session, as a cookie. */
  open(): string;
}

function doorOf(credentials: Credentials | undefined, now: () => number): Door | undefined {
  if (credentials === undefined) return undefined;
  const expiry = new Map<string, number>();
  const pairs = (header: string) => header.split(';').map((pair) => pair.trim());
  if ('cookie' in credentials) for (const pair of pairs(credentials.cookie)) expiry.set(pair, Number.POSITIVE_INFINITY);
  return {
    knows: (header) => pairs(header ?? '').some((pair) => now() < (expiry.get(pair) ?? 0)),
    mayLogIn: (username, password) =>
      'username' in credentials && credentials.username === username && credentials.password === password,
    open: () => {
      const cookie = `SESSION=${randomBytes(16).toString('hex')}`;
      const ttlMs = 'username' in credentials ? credentials.sessionTtlMs : undefined;
      expiry.set(cookie, now() + (ttlMs ?? Number.POSITIVE_INFINITY));
      return cookie;
    },
  };
}

// The wire

/** Parses a request. An unreadable body has no fields, which the portal treats as missing fields. */
async function readRequest(req: SandboxRequest): Promise<PortalRequest> {
  const [pathname = '', query = ''] = (req.url ?? '').split(/\?(.*)/s);
  const request = { method: req.method ?? '', path: pathname };
  const type = req.headers['content-type'] ?? '';
  if (request.path === UPLOAD_PATH) return { ...request, ...(await readForm(req, type)) };
  const body = await readJson(req, type);
  return { ...request, fields: request.method === 'GET' ? Object.fromEntries(new URLSearchParams(query)) : body };
}

async function readWire(req: SandboxRequest, { fileField }: Dialect): Promise<WireRequest> {
  const [path = '', query = ''] = (req.url ?? '').split(/\?(.*)/s);
  const type = req.headers['content-type'] ?? '';
  const wire = { method: req.method ?? '', path, query: Object.fromEntries(new URLSearchParams(query)) };
  if (!/^multipart\/form-data\b/i.test(type)) return { ...wire, body: await readJson(req, type, parseExactly) };
  const { fields, file } = await readForm(req, type, fileField);
  return { ...wire, body: fields, ...(file && { file }) };
}

/**
 * Reads a JSON body to its end, so that the response is not lost in a reset connection; a body that is too long is cut.
 */
async function readJson(
  req: SandboxRequest,
  type: string,
  parse: (text: string) => unknown = JSON.parse,
): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    bytes += chunk.length;
    if (bytes <= MAX_JSON_BYTES) chunks.push(chunk);
  }
  if (!/^application\/json\b/i.test(type)) return undefined;
  try {
    return parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

type Sink = (data: Buffer) => void;

/**
 * Parses multipart/form-data (RFC 7578) as a stream: of the file only size and hash are kept, so memory does not grow
 * with it. A body that breaks off or is not a form has no fields.
 */
async function readForm(
  req: SandboxRequest,
  type: string,
  fileField = 'file',
): Promise<Pick<PortalRequest, 'fields' | 'file'>> {
  const [, quoted, plain] = /^multipart\/form-data;.*?boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(type) ?? [];
  const delimiter = `\r\n--${quoted ?? plain ?? ''}`;
  const body = markedStream(req);
  const fields: Record<string, string> = {};
  let file: PortalRequest['file'];
  let open = await body.upTo(delimiter, ignore);
  for (let parts = 0; open && !(await body.startsWith('--')); parts += 1) {
    const head = textSink();
    const { name, fileName } = (await body.upTo('\r\n\r\n', head.sink)) ? dispositionOf(head.text()) : {};
    const hash = createHash('sha256');
    const value = textSink();
    let bytes = 0;
    const count: Sink = (data) => {
      bytes += data.length;
      hash.update(data);
    };
    open = parts < MAX_PARTS && name !== undefined && (await body.upTo(delimiter, fileName ? count : value.sink));
    if (!open || name === undefined) break;
    if (fileName === undefined) fields[name] = value.text();
    else if (name === fileField) file = { name: fileName, bytes, sha256: hash.digest('hex') };
  }
  await body.upTo(undefined, ignore);
  return open ? { fields, ...(file && { file }) } : { fields: undefined };
}

/** Reads a stream from one mark to the next, keeping one chunk in memory. */
function markedStream(req: SandboxRequest) {
  const chunks = req[Symbol.asyncIterator]();
  let rest = Buffer.from('\r\n'); // so that the first delimiter looks like the others
  const more = async (): Promise<boolean> => {
    const next = await chunks.next();
    if (!next.done) rest = Buffer.concat([rest, next.value]);
    return !next.done;
  };
  return {
    /** Passes on the bytes before the mark and skips the mark; false where the stream ends first. */
    async upTo(mark: string | undefined, sink: Sink): Promise<boolean> {
      do {
        const found = mark === undefined ? -1 : rest.indexOf(mark);
        // The last bytes may be the beginning of a mark.
        const end = found < 0 ? Math.max(0, rest.length - (mark?.length ?? 0)) : found;
        sink(rest.subarray(0, end));
        rest = rest.subarray(found < 0 ? end : found + (mark?.length ?? 0));
        if (found >= 0) return true;
      } while (await more());
      return false;
    },
    async startsWith(text: string): Promise<boolean> {
      while (rest.length < text.length && (await more()));
      return rest.toString('latin1', 0, text.length) === text;
    },
  };
}

function ignore(): void {}

/** Keeps the beginning of a text; a field that is longer is not valid. */
function textSink() {
  const kept: Buffer[] = [];
  let room = MAX_TEXT_BYTES;
  const sink: Sink = (data) => {
    if (room > 0) kept.push(Buffer.from(data.subarray(0, room)));
    room -= Math.min(room, data.length);
  };
  return { sink, text: () => Buffer.concat(kept).toString('utf8') };
}

function dispositionOf(head: string): { name?: string | undefined; fileName?: string | undefined } {
  const value = (name: string) => new RegExp(`^content-disposition:.*?;\\s*${name}="([^"]*)"`, 'im').exec(head)?.[1];
  return { name: value('name'), fileName: value('filename') };
}

function jsonResponse(
  status: number,
  body: unknown,
  headers: SandboxResponse['headers'] = {},
  bareIds = false,
): SandboxResponse {
  const text = JSON.stringify(body);
  return {
    status,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: bareIds ? text.replace(/("publishId":)"(\d+)"/g, '$1$2') : text,
  };
}

function send(res: ServerResponse, { status, headers, body }: SandboxResponse): void {
  res.writeHead(status, headers);
  res.end(body);
}
