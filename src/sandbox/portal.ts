/**
 * The rules of the sandbox portal, as a pure function from (state, request) to (state, response).
 *
 * Written from docs/portal.md alone, and sharing only names with the client, so that the two can disagree. Times are ms
 * since 1970, ratios whole percentages. Nothing here reads a clock, a file or a socket.
 */
import { z } from 'zod';
import { OPERATIONS, type Operation, type State } from '../release/lifecycle.ts';

/** The portal status of each state (docs/portal.md, `versionStatus`). A missing release has none. */
export const STATUS_OF = {
  created: 'INIT',
  'in-review': 'APPROVE',
  rejected: 'REJECTED',
  withdrawn: 'CANCELLED',
  approved: 'PASSED',
  'whitelist-testing': 'BETA',
  'rollout-ready': 'GRAY_WAIT',
  grayscale: 'GRAY',
  released: 'ONLINE',
  archived: 'ARCHIVED',
} as const satisfies Record<SeedState, string>;
export type SeedState = Exclude<State, 'none'>;
type Status = (typeof STATUS_OF)[SeedState];

const DESCRIPTIONS: Record<Status, string> = {
  INIT: 'Version created',
  APPROVE: 'In review',
  REJECTED: 'Rejected',
  CANCELLED: 'Cancelled',
  PASSED: 'Approved',
  BETA: 'Whitelist testing',
  GRAY_WAIT: 'Waiting for grayscale',
  GRAY: 'In grayscale',
  ONLINE: 'Online',
  ARCHIVED: 'Archived',
};

const count = z.int().min(0);
const upload = z.strictObject({ version: z.string(), path: z.string(), bytes: count, sha256: z.string() });
const version = z.strictObject({
  version: z.string(),
  artifactList: z.array(z.string()),
  gmtCreate: z.number(),
  /** The size of the uploaded file; absent for a seeded version. */
  bytes: count.optional(),
  sha256: z.string().optional(),
});
const release = z.strictObject({
  channelCode: z.string(),
  version: z.string(),
  publishId: z.string().regex(/^\d{19,22}$/),
  status: z.enum(Object.values(STATUS_OF)),
  approveComment: z.string(),
  /**
   * The number of user IDs that were added. Nothing derived from an ID is kept, since short IDs can be found from their
   * hashes; so an ID that is added in two requests counts twice.
   */
  whitelistCount: count,
  /** The number of them that the last startPilot included in the test. */
  inTest: count,
  /** The ratio that was set, which takes effect with the next startGrayscale, and the ratio in effect. 0: none. */
  ratioSet: count.max(100),
  grayRatio: count.max(100),
  appliedMs: z.number(),
  gmtModified: z.number(),
  history: z.array(z.strictObject({ type: z.string(), operator: z.string(), time: z.number(), comment: z.string() })),
});
const entry = z.strictObject({
  operation: z.enum(Object.keys(OPERATIONS) as [Operation, ...Operation[]]),
  timeMs: z.number(),
  traceId: z.string(),
  /** Empty where the operation was accepted. */
  errorCode: z.string(),
  appId: z.string().optional(),
  channelCode: z.string().optional(),
  version: z.string().optional(),
  ratioPercent: z.number().optional(),
  /** The number of user IDs; never the IDs. */
  userIdCount: count.optional(),
});

/** The state of the sandbox portal. Lists are in the order of creation. */
export const SandboxState = z.strictObject({
  kind: z.literal('gopay-miniapp-release sandbox'),
  schemaVersion: z.literal(1),
  apps: z.array(
    z.strictObject({
      appId: z.string(),
      spaceId: z.string(),
      uploads: z.array(upload),
      versions: z.array(version),
      releases: z.array(release),
    }),
  ),
  /** The number of publishIds and responses so far, from which the next ones are made. */
  publishIds: count,
  answers: count,
  /** The number of reads of each operation. Only counted, so that hours of polling do not grow the file. */
  reads: z.record(z.string(), count),
  /** Every write and login, accepted or refused, in order. */
  journal: z.array(entry),
});
export type SandboxState = z.infer<typeof SandboxState>;
type App = SandboxState['apps'][number];
type Release = z.infer<typeof release>;

/**
 * The sandbox cannot be used: its state file is invalid, or its seed contradicts itself. The message is one sentence.
 */
export class SandboxInvalid extends Error {
  override name = 'SandboxInvalid';
}

/**
 * The content of a new portal. `state` is that of `version`; with a live version, a later release is not the first one.
 */
export interface Seed {
  readonly appId: string;
  readonly spaceId: string;
  /** Absent for `upload`, which needs none: the first named target app then gets the seeded releases. */
  readonly channelCode?: string;
  readonly versions?: readonly string[];
  readonly live?: string;
  readonly version?: string;
  readonly state?: SeedState;
}

/** The decision of the target app's administrator, `afterMs` after startApproval. */
export type Review =
  | { readonly mode: 'approve'; readonly afterMs: number }
  | { readonly mode: 'reject'; readonly afterMs: number; readonly reason: string }
  | { readonly mode: 'never' };

export interface Rules {
  readonly review: Review;
  /** Where absent, any user name and password is accepted. */
  readonly mayLogIn?: (username: string, password: string) => boolean;
}

export interface PortalRequest {
  readonly method: string;
  readonly path: string;
  /** The query of a GET, the JSON body of a POST, or the form fields of an upload; not an object where unreadable. */
  readonly fields: unknown;
  readonly file?: { readonly name: string; readonly bytes: number; readonly sha256: string };
  /** `false`: the request has no valid session. */
  readonly loggedIn?: boolean;
}

export interface PortalResponse {
  readonly status: number;
  readonly body: { success: boolean; data: unknown; errorCode: string; errorMsg: string; traceId: string };
}

/** The target app before the first one is named. No request can have this channelCode. */
const ANY_CHANNEL = '*';
const DEVELOPER = 'sandbox-developer';
const ADMINISTRATOR = 'sandbox-administrator';

/**
 * A new portal.
 * @throws {SandboxInvalid} where the seed contradicts itself
 */
export function newPortal(seed: Seed, nowMs: number): SandboxState {
  const { live, state } = seed;
  const seeded = state === undefined ? undefined : seed.version;
  if (live !== undefined && live === seeded && state !== 'released')
    throw new SandboxInvalid(`The sandbox cannot start with version ${live} both live and ${state}.`);
  const app: App = { appId: seed.appId, spaceId: seed.spaceId, uploads: [], versions: [], releases: [] };
  const portal: SandboxState = {
    kind: 'gopay-miniapp-release sandbox',
    schemaVersion: 1,
    apps: [app],
    publishIds: 0,
    answers: 0,
    reads: {},
    journal: [],
  };
  const versions = seed.versions ?? [];
  // A live version that is not in the list is the oldest one.
  const known = [versions.includes(live ?? '') ? undefined : live, ...versions, seeded].filter((v) => v !== undefined);
  for (const v of new Set(known))
    app.versions.push({ version: v, artifactList: [artifactPath(seed.appId, v)], gmtCreate: nowMs });
  const put = (v: string, status: Status) =>
    seedRelease(addRelease(portal, app, seed.channelCode ?? ANY_CHANNEL, v, nowMs), status, nowMs);
  if (live !== undefined && live !== seeded) put(live, state === 'released' ? 'ARCHIVED' : 'ONLINE');
  if (seeded !== undefined && state !== undefined) put(seeded, STATUS_OF[state]);
  return portal;
}

/**
 * Handles one request, after the decisions of the administrator that were due by `nowMs`. Does not change its
 * arguments.
 */
export function answer(
  before: SandboxState,
  request: PortalRequest,
  nowMs: number,
  rules: Rules,
): { state: SandboxState; operation: Operation | undefined; response: PortalResponse } {
  const state = copyOf(before);
  state.answers += 1;
  const traceId = `sandbox-${String(state.answers).padStart(8, '0')}`;
  reviewWhatIsDue(state, nowMs, rules.review);
  const operation = operationOf(request);
  if (operation === undefined && request.method === 'POST' && request.path === UPDATE_PATH) {
    // The call for name and icon of the miniapp, on which no release depends: a public client makes it before a
    // release.
    if (request.loggedIn === false) return { state, operation, response: refusal(200, 'NOT_LOGIN', traceId) };
    return { state, operation, response: { status: 200, body: { ...SUCCESS, traceId } } };
  }
  if (operation === undefined) return { state, operation, response: refusal(404, 'NOT_FOUND', traceId) };
  const { fields, wrong } = parseFields(CALLS[operation].fields, request.fields);
  const scene = sceneOf(state, fields, request, nowMs, rules);
  const result = perform(operation, scene, wrong);
  const errorCode = typeof result === 'string' ? result : '';
  if (OPERATIONS[operation].access === 'read') state.reads[operation] = (state.reads[operation] ?? 0) + 1;
  else state.journal.push({ operation, timeMs: nowMs, traceId, errorCode, ...journalled(fields) });
  if (typeof result === 'string') return { state, operation, response: refusal(200, result, traceId, wrong) };
  const body = { success: true, data: result.data, errorCode: '', errorMsg: '', traceId };
  return { state, operation, response: { status: 200, body } };
}

/**
 * A copy of the state for one request. The growing lists (journal, history, versions, uploads) have items that never
 * change, so only the lists are copied: a deep copy would take longer with each request.
 */
function copyOf(state: SandboxState): SandboxState {
  const apps = state.apps.map((app) => ({
    ...app,
    uploads: [...app.uploads],
    versions: [...app.versions],
    releases: app.releases.map((r) => ({ ...r, history: [...r.history] })),
  }));
  return { ...state, apps, reads: { ...state.reads }, journal: [...state.journal] };
}

// The rules

interface Scene {
  readonly state: SandboxState;
  /** Only the fields that the call names. */
  readonly fields: Fields;
  readonly request: PortalRequest;
  readonly nowMs: number;
  readonly rules: Rules;
  readonly app: App | undefined;
  /** The releases of the miniapp on the target app, that of the version, and the others. */
  readonly releases: Release[];
  readonly release: Release | undefined;
  readonly others: Release[];
}
type OnRelease = Scene & { readonly release: Release };
type Result = ErrorCode | { readonly data: unknown };

interface Rule {
  readonly from: readonly Status[];
  /** Absent: the status stays. */
  readonly to?: Status;
  /** Further reasons for a refusal, in order. */
  readonly refuse?: readonly (readonly [ErrorCode, (scene: OnRelease) => boolean])[];
  /** The error code where the status does not allow it; STATUS_NOT_ALLOWED where absent. */
  readonly elsewhere?: (scene: OnRelease) => ErrorCode;
  readonly effect?: (scene: OnRelease) => void;
  /** The type of its history entry, and the comment. */
  readonly type: string;
  readonly comment?: (fields: Fields) => string;
}

const UNDER_WAY: readonly Status[] = ['APPROVE', 'PASSED', 'BETA', 'GRAY_WAIT', 'GRAY'];
/** Checked before the operation's own conditions, which a first release cannot meet (no whitelist, no ratio). */
const notOnFirst = ['FIRST_RELEASE', (scene: OnRelease) => !scene.releases.some(wasOnline)] as const;

/** What the portal allows for each operation on a release, and what becomes of its status. */
const RULES: Partial<Record<Operation, Rule>> = {
  startApproval: {
    from: ['INIT', 'REJECTED', 'CANCELLED'],
    to: 'APPROVE',
    refuse: [['ANOTHER_RELEASE_IN_PROGRESS', ({ others }) => others.some((r) => UNDER_WAY.includes(r.status))]],
    effect: ({ release, nowMs }) => {
      release.appliedMs = nowMs;
      release.approveComment = '';
    },
    type: 'APPLY',
  },
  cancelApproval: { from: ['APPROVE'], to: 'CANCELLED', type: 'WITHDRAW' },
  cancelRelease: { from: ['PASSED', 'BETA', 'GRAY_WAIT', 'GRAY'], to: 'CANCELLED', type: 'TAKE_BACK' },
  addWhitelist: {
    from: ['PASSED', 'BETA'],
    refuse: [notOnFirst],
    effect: ({ release, fields }) => {
      release.whitelistCount += new Set(fields.userIds).size;
    },
    type: 'WHITELIST',
    comment: ({ userIds }) => `${userIds.length} user IDs`,
  },
  startPilot: {
    from: ['PASSED', 'BETA'],
    to: 'BETA',
    refuse: [
      notOnFirst,
      ['WHITELIST_EMPTY', ({ release }) => release.whitelistCount === 0],
      // A repetition without new user IDs: the state shows its effect already.
      ['STATUS_NOT_ALLOWED', ({ release: r }) => r.status === 'BETA' && r.whitelistCount === r.inTest],
    ],
    effect: ({ release }) => {
      release.inTest = release.whitelistCount;
    },
    type: 'TEST',
  },
  skipPilot: { from: ['PASSED', 'BETA'], to: 'GRAY_WAIT', type: 'SKIP_TEST' },
  setRatio: {
    from: ['GRAY_WAIT', 'GRAY'],
    refuse: [
      notOnFirst,
      ['RATIO_INVALID', ({ fields: { ratio } }) => !Number.isInteger(ratio) || ratio < 1 || ratio > 100],
      ['RATIO_MUST_INCREASE', ({ fields, release }) => fields.ratio <= release.grayRatio],
    ],
    effect: ({ release, fields }) => {
      release.ratioSet = fields.ratio;
    },
    type: 'SET_RATIO',
    comment: ({ ratio }) => `${ratio}%`,
  },
  startGrayscale: {
    from: ['GRAY_WAIT', 'GRAY'],
    to: 'GRAY',
    refuse: [
      notOnFirst,
      ['RATIO_MISSING', ({ release }) => release.ratioSet === 0],
      // A repetition without a new ratio: the state shows its effect already.
      ['STATUS_NOT_ALLOWED', ({ release }) => release.ratioSet === release.grayRatio],
    ],
    type: 'ROLLOUT',
  },
  goOnline: { from: ['GRAY_WAIT', 'GRAY'], to: 'ONLINE', effect: archiveTheLiveOne, type: 'ONLINE' },
  rollback: {
    from: ['ARCHIVED'],
    to: 'ONLINE',
    refuse: [['STATUS_NOT_ALLOWED', ({ others }) => others.some((r) => r.status === 'GRAY')]],
    elsewhere: ({ others }) =>
      others.some((r) => r.status === 'ARCHIVED') ? 'STATUS_NOT_ALLOWED' : 'NO_PREVIOUS_RELEASE',
    effect: archiveTheLiveOne,
    type: 'ROLLBACK',
  },
};

function wasOnline(r: Release): boolean {
  return r.status === 'ONLINE' || r.status === 'ARCHIVED';
}

function archiveTheLiveOne({ others, nowMs }: OnRelease): void {
  for (const r of others.filter((other) => other.status === 'ONLINE')) {
    become(r, 'ARCHIVED', nowMs);
    note(r, 'ARCHIVE', DEVELOPER, nowMs);
  }
}

/** Changes the status, and with it the ratio in effect, which exists only in GRAY. */
function become(r: Release, status: Status, atMs: number): void {
  const ratio = status === 'GRAY' ? r.ratioSet : 0;
  if (r.status === status && r.grayRatio === ratio) return;
  r.status = status;
  r.grayRatio = ratio;
  if (status !== 'GRAY') r.ratioSet = 0;
  r.gmtModified = Math.max(atMs, r.gmtModified + 1); // two changes within a millisecond differ
}

function note(r: Release, type: string, operator: string, time: number, comment = ''): void {
  r.history.push({ type, operator, time, comment });
}

function perform(operation: Operation, scene: Scene, wrong: readonly string[]): Result {
  if (scene.request.loggedIn === false && operation !== 'login') return 'NOT_LOGIN';
  if (wrong.length > 0) return 'PARAM_INVALID';
  const { fields, app } = scene;
  const spaceId = fields.sourceSpaceId ?? fields.spaceId;
  if (app !== undefined && spaceId !== undefined && spaceId !== app.spaceId) return 'PARAM_INVALID';
  const rule = RULES[operation];
  return rule === undefined ? (CALLS[operation].run?.(scene) ?? { data: null }) : act(rule, scene);
}

function act(rule: Rule, scene: Scene): Result {
  if (scene.release === undefined) return 'RELEASE_NOT_FOUND';
  const on: OnRelease = { ...scene, release: scene.release };
  if (!rule.from.includes(on.release.status)) return rule.elsewhere?.(on) ?? 'STATUS_NOT_ALLOWED';
  const refused = rule.refuse?.find(([, applies]) => applies(on));
  if (refused !== undefined) return refused[0];
  rule.effect?.(on);
  if (rule.to !== undefined) become(on.release, rule.to, on.nowMs);
  note(on.release, rule.type, DEVELOPER, on.nowMs, rule.comment?.(on.fields));
  return { data: null };
}

/** Applies decisions that are due. They happen at the next request, but have the time at which they were due. */
function reviewWhatIsDue(state: SandboxState, nowMs: number, review: Review): void {
  if (review.mode === 'never') return;
  const passed = review.mode === 'approve';
  for (const r of state.apps.flatMap((app) => app.releases)) {
    const dueMs = r.appliedMs + review.afterMs;
    if (r.status !== 'APPROVE' || dueMs > nowMs) continue;
    r.approveComment = review.mode === 'reject' ? review.reason : '';
    become(r, passed ? 'PASSED' : 'REJECTED', dueMs);
    note(r, passed ? 'PASS' : 'REJECT', ADMINISTRATOR, dueMs, r.approveComment);
  }
}

// The calls

const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
const text = z.string().min(1).max(1000);
const ordinal = z
  .string()
  .regex(/^[1-9]\d{0,5}$/)
  .transform(Number);
const FIELDS = {
  appId: id,
  spaceId: id,
  sourceSpaceId: id,
  channelCode: id,
  version: z.string().regex(/^[A-Za-z0-9._+-]{1,64}$/),
  currentPage: ordinal,
  pageSize: ordinal.refine((size) => size <= 100),
  name: text,
  source: z.literal('UPLOAD'),
  artifactType: z.literal('FILE'),
  artifactList: z.tuple([text]),
  changelog: z.string(),
  userIds: z.array(text).min(1).max(500),
  ratio: z.number(),
  username: text,
  password: text,
};
type Field = keyof typeof FIELDS;
type Fields = { [K in Field]: z.infer<(typeof FIELDS)[K]> };

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly fields: readonly Field[];
  /** Absent where the table of rules is enough. */
  readonly run?: (scene: Scene) => Result;
}

const BASE = '/rest/intercnn';
const PAGE = ['currentPage', 'pageSize'] as const;
const RELEASE = ['appId', 'sourceSpaceId', 'channelCode', 'version'] as const;

const CALLS: Record<Operation, Call> = {
  listVersions: get('/app/version/query', ['appId', 'spaceId', ...PAGE], listVersions),
  findRelease: get('/app/publish/version/query', ['appId', 'channelCode', 'version', ...PAGE], listReleases),
  listReleases: get('/app/publish/version/query', ['appId', 'channelCode', ...PAGE], listReleases),
  releaseHistory: get('/app/publish/version/history/query', ['appId', 'channelCode', 'version'], releaseHistory),
  login: post('/user/login', ['username', 'password'], login),
  uploadPackage: post('/app/version/uploadResource', ['spaceId', 'appId', 'version'], uploadPackage),
  createVersion: post(
    '/app/version/create',
    ['appId', 'name', 'version', 'source', 'artifactType', 'artifactList'],
    createVersion,
  ),
  createRelease: post(
    '/app/publish/version/create',
    ['appId', 'channelCode', 'version', 'changelog', 'artifactType', 'artifactList'],
    createRelease,
  ),
  startApproval: post('/app/publish/version/startApprove', RELEASE),
  cancelApproval: post('/app/publish/version/cancelApprove', RELEASE),
  cancelRelease: post('/app/publish/version/cancel', RELEASE),
  addWhitelist: post('/app/publish/version/gray/whitelist/add', [...RELEASE, 'userIds']),
  startPilot: post('/app/publish/version/gray/startBeta', RELEASE),
  skipPilot: post('/app/publish/version/gray/skipBeta', RELEASE),
  setRatio: post('/app/publish/version/gray/setRatio', [...RELEASE, 'ratio']),
  startGrayscale: post('/app/publish/version/gray/start', RELEASE),
  goOnline: post('/app/publish/online', RELEASE),
  rollback: post('/app/publish/rollback', RELEASE),
};
/** The one call whose body is a form. */
export const UPLOAD_PATH = CALLS.uploadPackage.path;

const UPDATE_PATH = `${BASE}/app/update`;
const SUCCESS = { success: true, data: null, errorCode: '', errorMsg: '' } as const;

function get(path: string, fields: readonly Field[], run: (scene: Scene) => Result): Call {
  return { method: 'GET', path: BASE + path, fields, run };
}

function post(path: string, fields: readonly Field[], run?: (scene: Scene) => Result): Call {
  return { method: 'POST', path: BASE + path, fields, ...(run && { run }) };
}

/** A request of the sandbox's own API. */
export function requestOf(operation: Operation, values: Readonly<Record<string, unknown>>): PortalRequest {
  const { method, path, fields: names } = CALLS[operation];
  return { method, path, fields: Object.fromEntries(names.map((name) => [name, values[name]])) };
}

function operationOf({ method, path, fields }: PortalRequest): Operation | undefined {
  const names = (Object.keys(CALLS) as Operation[]).filter((o) => CALLS[o].method === method && CALLS[o].path === path);
  // findRelease is listReleases with the field version.
  return names.length < 2 ? names[0] : property(fields, 'version') === undefined ? 'listReleases' : 'findRelease';
}

function listVersions({ app, fields }: Scene): Result {
  return page(app?.versions ?? [], fields, ({ version: v, artifactList, gmtCreate }) => {
    return { version: v, artifactList, gmtCreate };
  });
}

function listReleases({ releases, release: one, fields }: Scene): Result {
  const found = fields.version === undefined ? releases : one === undefined ? [] : [one];
  return page(found, fields, (r) => ({
    version: r.version,
    versionStatus: r.status,
    versionStatusDesc: DESCRIPTIONS[r.status],
    publishId: r.publishId,
    approveComment: r.approveComment,
    grayRatio: r.grayRatio,
    whitelistCount: r.whitelistCount,
    gmtModified: r.gmtModified,
  }));
}

function releaseHistory({ release: one }: Scene): Result {
  return one === undefined ? 'RELEASE_NOT_FOUND' : { data: { list: one.history.toReversed() } };
}

/** One page, newest first. */
function page<T>(items: readonly T[], { currentPage, pageSize }: Fields, show: (item: T) => unknown): Result {
  const start = (currentPage - 1) * pageSize;
  const list = items
    .toReversed()
    .slice(start, start + pageSize)
    .map(show);
  return { data: { list, total: items.length, currentPage, pageSize } };
}

function login({ rules, fields }: Scene): Result {
  return (rules.mayLogIn?.(fields.username, fields.password) ?? true) ? { data: null } : 'LOGIN_FAILED';
}

function uploadPackage({ state, app, fields, request: { file } }: Scene): Result {
  const { appId, spaceId, version: v } = fields;
  if (file === undefined || file.bytes === 0 || !/^[^\\/]{1,200}\.zip$/i.test(file.name)) return 'PARAM_INVALID';
  const owner = app ?? { appId, spaceId, uploads: [], versions: [], releases: [] };
  if (app === undefined) state.apps.push(owner);
  const path = artifactPath(appId, v, file.name);
  owner.uploads = owner.uploads.filter((u) => u.version !== v);
  owner.uploads.push({ version: v, path, bytes: file.bytes, sha256: file.sha256 });
  return { data: { path } };
}

function createVersion({ app, fields, nowMs }: Scene): Result {
  if (app?.versions.some((v) => v.version === fields.version)) return 'VERSION_EXISTS';
  const found = app?.uploads.find((u) => u.version === fields.version && u.path === fields.artifactList[0]);
  if (app === undefined || found === undefined) return 'PACKAGE_NOT_FOUND';
  const { bytes, sha256: digest, path } = found;
  app.versions.push({ version: fields.version, artifactList: [path], gmtCreate: nowMs, bytes, sha256: digest });
  return { data: null };
}

function createRelease({ state, app, release: existing, fields, nowMs }: Scene): Result {
  const found = app?.versions.find((v) => v.version === fields.version);
  if (app === undefined || found === undefined) return 'VERSION_NOT_FOUND';
  if (existing !== undefined) return 'RELEASE_EXISTS';
  if (!found.artifactList.includes(fields.artifactList[0])) return 'PARAM_INVALID';
  const added = addRelease(state, app, fields.channelCode, fields.version, nowMs);
  note(added, 'CREATE', DEVELOPER, nowMs, fields.changelog.slice(0, 1000));
  return { data: null };
}

// Helpers

function addRelease(state: SandboxState, app: App, channelCode: string, v: string, nowMs: number): Release {
  const added: Release = {
    channelCode,
    version: v,
    publishId: publishId(state.publishIds++),
    status: 'INIT',
    approveComment: '',
    whitelistCount: 0,
    inTest: 0,
    ratioSet: 0,
    grayRatio: 0,
    appliedMs: nowMs,
    gmtModified: nowMs,
    history: [],
  };
  app.releases.push(added);
  return added;
}

/**
 * A release as if it had reached the status by requests: one tester in the test, one percent in the rollout, so that
 * any higher ratio is possible.
 */
function seedRelease(r: Release, status: Status, nowMs: number): void {
  if (status === 'BETA') r.whitelistCount = 1;
  r.inTest = r.whitelistCount;
  if (status === 'GRAY') r.ratioSet = 1;
  if (status === 'REJECTED') r.approveComment = 'Rejected by the seed of the sandbox';
  become(r, status, nowMs);
  note(r, 'SEED', ADMINISTRATOR, nowMs, r.approveComment);
}

/** 22 digits that do not end in zeros, so that a JavaScript number would lose the last ones. */
function publishId(n: number): string {
  return String(2_088_517_340_291_664_370_013n + BigInt(n) * 10n);
}

/** The path of a version's package; by default with the name that clients give it. */
export function artifactPath(appId: string, v: string, name = `${appId}_v${v}.zip`): string {
  return `app/version/${appId}/${v}/${name}`;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function parseFields(names: readonly Field[], values: unknown): { fields: Fields; wrong: Field[] } {
  const parsed = names.map((name) => ({ name, ...FIELDS[name].safeParse(property(values, name)) }));
  const right = parsed.filter((field) => field.success).map((field) => [field.name, field.data]);
  return {
    fields: Object.fromEntries(right) as Fields,
    wrong: parsed.filter((field) => !field.success).map((field) => field.name),
  };
}

function sceneOf(state: SandboxState, fields: Fields, request: PortalRequest, nowMs: number, rules: Rules): Scene {
  const app = state.apps.find((a) => a.appId === fields.appId);
  const here = (app?.releases ?? []).filter((r) => fields.channelCode && r.channelCode === ANY_CHANNEL);
  for (const r of here) r.channelCode = fields.channelCode;
  const releases = (app?.releases ?? []).filter((r) => r.channelCode === fields.channelCode);
  const one = releases.find((r) => r.version === fields.version);
  const others = releases.filter((r) => r !== one);
  return { state, fields, request, nowMs, rules, app, releases, release: one, others };
}

function journalled({ appId, channelCode, version: v, ratio, userIds }: Partial<Fields>) {
  return {
    ...(appId !== undefined && { appId }),
    ...(channelCode !== undefined && { channelCode }),
    ...(v !== undefined && { version: v }),
    ...(ratio !== undefined && { ratioPercent: ratio }),
    ...(userIds !== undefined && { userIdCount: userIds.length }),
  };
}

const ERRORS = {
  NOT_FOUND: 'no such path',
  NOT_LOGIN: 'user not login',
  LOGIN_FAILED: 'wrong user name or password',
  PARAM_INVALID: 'a parameter is missing or invalid',
  VERSION_EXISTS: 'the version exists already',
  VERSION_NOT_FOUND: 'the version does not exist',
  PACKAGE_NOT_FOUND: 'no package was uploaded for the version',
  RELEASE_EXISTS: 'the version has a release on the target app already',
  RELEASE_NOT_FOUND: 'the version has no release on the target app',
  STATUS_NOT_ALLOWED: 'the status of the release does not allow this',
  ANOTHER_RELEASE_IN_PROGRESS: 'another version of the miniapp is in progress on the target app',
  FIRST_RELEASE: 'the first release on a target app can only be official',
  WHITELIST_EMPTY: 'the whitelist is empty',
  RATIO_INVALID: 'the ratio is not a whole percentage from 1 to 100',
  RATIO_MUST_INCREASE: 'the ratio is not above the one in effect',
  RATIO_MISSING: 'no ratio was set',
  NO_PREVIOUS_RELEASE: 'nothing on the target app is archived',
};
type ErrorCode = keyof typeof ERRORS;

function refusal(status: number, errorCode: ErrorCode, traceId: string, wrong: readonly string[] = []): PortalResponse {
  const named = errorCode === 'PARAM_INVALID' && wrong.length > 0 ? `: ${wrong.join(', ')}` : '';
  return { status, body: { success: false, data: null, errorCode, errorMsg: ERRORS[errorCode] + named, traceId } };
}
