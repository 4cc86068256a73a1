export const id = 501;
export const ids = [501];
export const modules = {

/***/ 6501:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  findPullRequest: () => (/* reexport */ findPullRequest),
  listTags: () => (/* reexport */ listTags),
  runTask: () => (/* reexport */ runTask),
  writeComment: () => (/* reexport */ writeComment),
  writeDeployment: () => (/* reexport */ writeDeployment)
});

// EXTERNAL MODULE: ./node_modules/@actions/github/lib/utils.js + 22 modules
var utils = __webpack_require__(4887);
// EXTERNAL MODULE: ./build/src/lib/clock.js
var lib_clock = __webpack_require__(9563);
// EXTERNAL MODULE: ./build/src/lib/errors.js
var errors = __webpack_require__(9862);
// EXTERNAL MODULE: ./build/src/lib/text.js
var lib_text = __webpack_require__(5498);
// EXTERNAL MODULE: ./build/src/net/exchange.js
var exchange = __webpack_require__(8068);
// EXTERNAL MODULE: ./build/src/net/failure.js
var failure = __webpack_require__(379);
// EXTERNAL MODULE: ./build/src/net/retry-after.js
var retry_after = __webpack_require__(2040);
;// CONCATENATED MODULE: ./build/src/github/client.js
/**
 * A task on GitHub's API: one deadline for all of it, and a retry of the whole task after a transient error. A task
 * reads before it writes, so that a retry repeats no write that took effect.
 *
 * On @actions/github, which brings undici along: so only ./github.ts imports it, which is loaded when it is needed.
 */







const ATTEMPTS = 4;
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 4_000;
/** The pause for a secondary limit whose response names none: docs.github.com, best practices for the REST API. */
const SECONDARY_LIMIT_MS = 60_000;
const PER_PAGE = 100;
const MAX_PAGES = 1_000;
/** GitHub refused a request, or did not respond. The message is one line of cleaned text. */
class GitHubError extends Error {
    name = 'GitHubError';
    /** The HTTP status; 0 where there was no response. */
    status;
    /** A retry may help: overload, a rate limit, a broken connection. */
    transient;
    waitMs;
    constructor(message, details) {
        super(message);
        this.status = details.status;
        this.transient = details.transient;
        this.waitMs = details.waitMs;
    }
}
/**
 * Runs a task within its limits.
 * @throws GitHubError, Cancelled
 */
async function runTask(options, { timeoutMs, graceMs }, task) {
    const { clock } = options;
    const limit = taskSignal(options.signal, timeoutMs, graceMs);
    const gitHub = client_open(options, limit.signal);
    const untilMs = clock.now() + timeoutMs;
    try {
        for (let attempt = 1;; attempt++) {
            try {
                return await task(gitHub);
            }
            catch (cause) {
                if (options.signal.aborted)
                    throw new errors/* Cancelled */.cJ();
                const error = limit.signal.aborted ? tooLate(timeoutMs) : toGitHubError(cause, clock);
                if (!error.transient || attempt === ATTEMPTS)
                    throw error;
                const pauseMs = Math.max(error.waitMs ?? 0, (0,lib_clock/* backoffMs */.j)(attempt, clock, BACKOFF_BASE_MS, BACKOFF_CAP_MS));
                if (clock.now() + pauseMs >= untilMs)
                    throw error;
                await clock.sleep(pauseMs, options.signal);
            }
        }
    }
    finally {
        limit.close();
    }
}
/**
 * Page after page of a list, as the Link headers say (docs.github.com, using pagination in the REST API). Of a link only
 * the page is taken: the request goes to the configured API, whatever host the link names.
 * @throws GitHubError where a link names a next page that cannot be requested, or after MAX_PAGES
 */
async function* pages(read) {
    let query = { per_page: PER_PAGE };
    const requested = new Set();
    let hasLinks = false;
    for (let page = 1; query; page++) {
        const key = JSON.stringify(query);
        if (requested.has(key))
            throw noNextPage();
        if (page > MAX_PAGES)
            throw new GitHubError(`More than ${MAX_PAGES} pages.`, { status: 0, transient: false });
        requested.add(key);
        const { data, headers } = await read(query);
        if (!Array.isArray(data))
            throw unexpected();
        yield data;
        hasLinks ||= Boolean(headers.link);
        query = hasLinks ? linkedPage(headers.link ?? '') : countedPage(data.length, page);
    }
}
/** All items of a list. */
async function allOf(list) {
    const items = [];
    for await (const page of list)
        items.push(...page);
    return items;
}
/** The parameters by which GitHub's links name a page. */
const PAGE_PARAMETERS = ['page', 'per_page', 'after', 'since', 'cursor'];
/** RFC 8288: `<address>; name=value; name="value", <address>...`. */
const LINK = /<([^>]*)>((?:\s*;\s*[^\s=;,"]+\s*(?:=\s*(?:"[^"]*"|[^\s;,"]*))?)*)/g;
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))/i;
/** The page that a Link header names as the next one; undefined where it names none. */
function linkedPage(header) {
    for (const [, address = '', parameters = ''] of header.matchAll(LINK)) {
        const [, quoted, plain = ''] = REL.exec(parameters) ?? [];
        const rels = (quoted ?? plain).toLowerCase().split(/\s+/);
        if (!rels.includes('next'))
            continue;
        // The query alone: the address may be relative.
        const given = new URLSearchParams(/\?([^#]*)/.exec(address)?.[1]);
        const query = PAGE_PARAMETERS.flatMap((name) => (given.has(name) ? [[name, given.get(name) ?? '']] : []));
        if (query.length === 0)
            throw noNextPage();
        return Object.fromEntries(query);
    }
    return undefined;
}
/**
 * Without a Link header the list ends here, unless a proxy has dropped it. A page may be cut off where its length is a
 * round number, which limits are; the next page is requested with that length, so that every server counts alike.
 */
function countedPage(length, page) {
    return length > 0 && length % 10 === 0 ? { per_page: length, page: page + 1 } : undefined;
}
function noNextPage() {
    return new GitHubError('GitHub sent a list whose next page cannot be found.', { status: 0, transient: false });
}
/** The result of `read`; undefined where it does not exist or this token may not see it. */
async function orNothing(read, { clock }) {
    try {
        return await read;
    }
    catch (cause) {
        const error = toGitHubError(cause, clock);
        if (!error.transient && HIDDEN.includes(error.status))
            return undefined;
        throw error;
    }
}
/** 409 for an empty repository, 422 for a commit that is not there. */
const HIDDEN = [403, 404, 409, 410, 422];
function client_open(options, signal) {
    const { apiUrl, token, userAgent } = options;
    const password = (0,exchange/* proxyFor */.iJ)(new URL(apiUrl))?.password;
    if (password)
        options.onProxyPassword(password);
    const [owner = '', repo = ''] = options.repository.split('/');
    const silent = { debug: () => { }, info: () => { }, warn: () => { }, error: () => { } };
    const octokit = new utils/* GitHub */.gq((0,utils/* getOctokitOptions */.EG)(token, {
        baseUrl: apiUrl,
        userAgent,
        log: silent,
        // Octokit takes `request` whole; the proxy is in the defaults.
        request: { ...utils/* defaults */.NT.request, signal },
    }));
    return { octokit, repo: { owner, repo }, redact: options.redact, clock: options.clock };
}
/** Aborted at the deadline, or `graceMs` after the run was cancelled. */
function taskSignal(cancelled, timeoutMs, graceMs) {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timers = [setTimeout(abort, timeoutMs)];
    const cancel = () => (graceMs > 0 ? timers.push(setTimeout(abort, graceMs)) : abort());
    if (cancelled.aborted)
        cancel();
    else
        cancelled.addEventListener('abort', cancel, { once: true });
    return {
        signal: controller.signal,
        close() {
            for (const timer of timers)
                clearTimeout(timer);
            cancelled.removeEventListener('abort', cancel);
        },
    };
}
function tooLate(timeoutMs) {
    return new GitHubError(`GitHub did not respond within ${timeoutMs / 1000} s.`, { status: 0, transient: false });
}
function unexpected() {
    return new GitHubError('GitHub sent a response that cannot be understood.', { status: 0, transient: false });
}
/** Any error of a request as a GitHubError. */
function toGitHubError(cause, clock) {
    if (cause instanceof GitHubError)
        return cause;
    const { status, response, message = '' } = (cause ?? {});
    if (status === undefined)
        return unexpected();
    if (!response) {
        const isUntrusted = (0,failure/* isCertificateCode */.TR)(codeOf(cause));
        const advice = isUntrusted
            ? ' Where GitHub or a proxy uses a private CA, name its file in NODE_EXTRA_CA_CERTS.'
            : '';
        const found = `GitHub could not be reached: ${(0,lib_text/* cleanLine */.Ow)(message, 200)}.${advice}`;
        return new GitHubError(found, { status: 0, transient: !isUntrusted });
    }
    const said = (0,lib_text/* cleanLine */.Ow)(String(response.data?.message ?? ''), 200);
    const limited = status === 429 || (status === 403 && isLimit(response.headers, said));
    const waitMs = limited || status >= 500 ? requestedPauseMs(response.headers, limited, clock) : undefined;
    const pause = limited && waitMs !== undefined ? `, a rate limit for ${Math.ceil(waitMs / 1000)} s more` : '';
    return new GitHubError(`GitHub responded ${status}${said ? ` (${said})` : ''}${pause}.`, {
        status,
        transient: limited || status >= 500 || status === 408,
        waitMs,
    });
}
/** The code of the innermost error: fetch wraps the socket's, and Octokit wraps fetch's. */
function codeOf(error) {
    const { cause, code } = (error ?? {});
    return cause === undefined ? String(code ?? '') : codeOf(cause);
}
/** A 403 is a missing permission, but for the two kinds of rate limit. */
function isLimit(headers, said) {
    return (headers['retry-after'] !== undefined ||
        String(headers['x-ratelimit-remaining']) === '0' ||
        /secondary rate limit/i.test(said));
}
/** Retry-After in seconds or as a date (RFC 9110, 10.2.3); for a limit also the time of its reset. */
function requestedPauseMs(headers, limited, clock) {
    const nowMs = clock.now();
    const afterMs = (0,retry_after/* retryAfterMs */.V)(headers['retry-after'], nowMs);
    if (afterMs !== undefined || !limited)
        return afterMs;
    const resetMs = Number(headers['x-ratelimit-reset']) * 1000;
    const isPrimary = String(headers['x-ratelimit-remaining']) === '0' && !Number.isNaN(resetMs);
    return isPrimary ? Math.max(resetMs - nowMs, 0) : SECONDARY_LIMIT_MS;
}

;// CONCATENATED MODULE: ./build/src/github/tags.js
/** The repository's tags. */

/** All tags, in no particular order. Needs `contents: read`. */
async function listTags({ octokit, repo }) {
    const tags = pages((page) => octokit.request('GET /repos/{owner}/{repo}/tags', { ...repo, ...page }));
    return (await allOf(tags)).map(({ name }) => name);
}
/** The commit of a tag, annotated tags peeled; undefined where the tag does not exist or may not be read. */
async function commitOfTag(tag, gitHub) {
    const { octokit, repo } = gitHub;
    const ref = await orNothing(octokit.request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...repo, ref: `tags/${tag}` }), gitHub);
    let object = ref?.data.object;
    // An annotated tag may point to another one.
    for (let depth = 0; object?.type === 'tag' && depth < MAX_TAG_DEPTH; depth++) {
        const { data } = await octokit.request('GET /repos/{owner}/{repo}/git/tags/{tag_sha}', {
            ...repo,
            tag_sha: object.sha,
        });
        object = data.object;
    }
    return object?.type === 'commit' ? object.sha : undefined;
}
const MAX_TAG_DEPTH = 5;

;// CONCATENATED MODULE: ./build/src/github/deployment.js
/** Keeps one deployment on GitHub for each version and target app, with a status for each state. */


/** How many other deployments are checked for being shown as live. */
const MAX_OTHERS = 10;
/** Creates the deployment where it is missing, sets its status, and makes the deployments that it replaces inactive. */
async function writeDeployment(desired, place, gitHub) {
    const known = await listDeployments(desired, place, gitHub);
    const own = known.find(({ version }) => version === desired.payload.version)?.id;
    const id = own ?? (desired.createIfMissing ? await create(desired, place, gitHub) : undefined);
    if (id !== undefined)
        await setState(id, desired, gitHub);
    if (desired.state !== 'success')
        return;
    const others = known.filter((other) => other.id !== id).slice(0, MAX_OTHERS);
    for (const other of others) {
        if ((await latestStatus(other.id, gitHub))?.state !== 'success')
            continue;
        await setState(other.id, { ...desired, state: 'inactive', description: desired.replacedBy }, gitHub);
    }
}
/** Of this miniapp and target app in this environment, newest first. The task is made of both. */
async function listDeployments(desired, place, { octokit, repo }) {
    const deployments = pages((page) => octokit.request('GET /repos/{owner}/{repo}/deployments', {
        ...repo,
        task: desired.task,
        environment: place.environment,
        ...page,
    }));
    return (await allOf(deployments)).map(({ id, payload }) => ({ id: Number(id), version: versionIn(payload) }));
}
/** GitHub gives a payload back as it came, or as the JSON of it. */
function versionIn(payload) {
    try {
        const value = typeof payload === 'string' ? JSON.parse(payload) : payload;
        return value?.version;
    }
    catch {
        return undefined;
    }
}
/** Without a merge of the default branch and without waiting for checks, both of which GitHub does by default. */
async function create(desired, place, gitHub) {
    const { octokit, repo } = gitHub;
    const isTagged = (await commitOfTag(place.tag, gitHub)) !== undefined;
    const { data } = await octokit.request('POST /repos/{owner}/{repo}/deployments', {
        ...repo,
        ref: isTagged ? place.tag : place.sha,
        task: desired.task,
        environment: place.environment,
        description: gitHub.redact(desired.title),
        payload: Object.fromEntries(Object.entries(desired.payload).map(([name, text]) => [name, gitHub.redact(text)])),
        auto_merge: false,
        required_contexts: [],
    });
    return 'id' in data ? Number(data.id) : undefined;
}
async function setState(id, { state, description, logUrl }, gitHub) {
    const { octokit, repo } = gitHub;
    const latest = await latestStatus(id, gitHub);
    if (latest?.state === state && latest.description === description)
        return;
    await octokit.request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
        ...repo,
        deployment_id: id,
        state,
        description: gitHub.redact(description),
        ...(logUrl && { log_url: logUrl }),
        // writeDeployment ends the deployments that are replaced; GitHub would also end those of other target apps.
        auto_inactive: false,
    });
}
async function latestStatus(id, { octokit, repo }) {
    const { data } = await octokit.request('GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
        ...repo,
        deployment_id: id,
        per_page: 1,
    });
    return data[0];
}

;// CONCATENATED MODULE: ./build/src/github/pull-request.js
/** Finds the pull request that a release belongs to, and keeps one comment on it up to date. */


/** The pull request's number; undefined where no clue leads to one. */
async function findPullRequest(clues, gitHub) {
    if (clues.number !== undefined)
        return clues.number;
    const tagged = clues.tag && (await commitOfTag(clues.tag, gitHub));
    for (const sha of new Set([tagged, clues.sha])) {
        const number = sha && (await pullRequestOfCommit(sha, gitHub));
        if (number)
            return number;
    }
    return undefined;
}
/**
 * Writes the body into the token's own comment that begins with this marker line, or into a new one. Anybody can write
 * such a line, so the author counts too. `knownId` is of a comment that this run has written already.
 */
async function writeComment(number, marker, body, gitHub, knownId) {
    const { octokit, repo } = gitHub;
    const text = `${marker}\n${gitHub.redact(body)}`;
    const update = (id) => octokit.request('PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}', {
        ...repo,
        comment_id: id,
        body: text,
    });
    // Somebody may have deleted the comment meanwhile.
    if (knownId !== undefined && (await orNothing(update(knownId), gitHub)))
        return { id: knownId, how: 'updated' };
    const own = await findOwnComment(number, marker, gitHub);
    if (own) {
        await update(Number(own.id));
        return { id: Number(own.id), how: 'updated' };
    }
    const { data } = await octokit.request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
        ...repo,
        issue_number: number,
        body: text,
    });
    return { id: Number(data.id), how: 'created' };
}
/** The one whose merge made the commit comes first; a fork's clone of the commit belongs to another repository. */
async function pullRequestOfCommit(sha, gitHub) {
    const { octokit, repo } = gitHub;
    const list = pages((page) => octokit.request('GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls', { ...repo, commit_sha: sha, ...page }));
    const here = `${repo.owner}/${repo.repo}`.toLowerCase();
    const pulls = ((await orNothing(allOf(list), gitHub)) ?? []).filter(({ base }) => !base?.repo || base.repo.full_name.toLowerCase() === here);
    return (pulls.find((pull) => pull.merge_commit_sha === sha) ?? pulls[0])?.number;
}
async function findOwnComment(number, marker, gitHub) {
    const { octokit, repo } = gitHub;
    const list = pages((page) => octokit.request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
        ...repo,
        issue_number: number,
        ...page,
    }));
    let author;
    for await (const comments of list) {
        for (const comment of comments.filter(({ body }) => firstLine(body ?? '') === marker)) {
            author ??= await ownLogin(gitHub);
            if (comment.user?.login.toLowerCase() === author)
                return comment;
        }
    }
    return undefined;
}
function firstLine(text) {
    return text.split(/\r?\n/, 1)[0] ?? '';
}
/**
 * Whose the token is, in lower case. `GET /user` refuses a job's token and an app's; GraphQL's viewer works for every
 * kind. Where GraphQL is refused, the token is most likely the job's own.
 */
async function ownLogin({ octokit, clock }) {
    try {
        const { viewer } = await octokit.graphql('query { viewer { login } }');
        return viewer.login.toLowerCase();
    }
    catch (cause) {
        const error = toGitHubError(cause, clock);
        if (error.transient)
            throw error;
        return 'github-actions[bot]';
    }
}

;// CONCATENATED MODULE: ./build/src/github/github.js
/** What the action does on GitHub. Always imported dynamically: it is a chunk of its own, which few runs need. */






/***/ })

};
