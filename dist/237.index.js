export const id = 237;
export const ids = [237];
export const modules = {

/***/ 2237:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  logInByBrowser: () => (/* binding */ logInByBrowser)
});

// UNUSED EXPORTS: findBrowser, launch, logInOn

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:os"
var external_node_os_ = __webpack_require__(8161);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./node_modules/@actions/http-client/lib/proxy.js
var lib_proxy = __webpack_require__(9783);
// EXTERNAL MODULE: ./build/src/errors.js
var errors = __webpack_require__(7406);
// EXTERNAL MODULE: ./build/src/text.js
var src_text = __webpack_require__(706);
// EXTERNAL MODULE: ./build/src/trust.js
var trust = __webpack_require__(7367);
;// CONCATENATED MODULE: ./build/src/portal/browser-page.js
/**
 * What runs inside the login page. Each function is sent to the browser as its source, so it stands alone: no imports,
 * no helpers. Only the types are shared.
 */
/**
 * Fills a field, if the page is still of that origin: both in one step, so that no navigation comes between them.
 * Through the prototype's setter and with events, as frameworks that keep the value themselves expect it.
 */
function fillField(field, value, origin) {
    const page = globalThis;
    if (page.location.origin !== origin)
        return false;
    const input = field;
    input.focus();
    const setter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(input), 'value')?.set;
    if (setter)
        setter.call(input, value);
    else
        input.value = value;
    for (const type of ['input', 'change'])
        input.dispatchEvent(new page.Event(type, { bubbles: true }));
    return true;
}
/** Looks for the signs of an ended login. */
function signOf(signs) {
    const page = globalThis;
    const visible = (selector) => [...page.document.querySelectorAll(selector)].filter((element) => element.getClientRects().length > 0 && page.getComputedStyle(element).visibility !== 'hidden');
    if (page.location.origin === signs.origin && page.location.href.endsWith(signs.done))
        return { kind: 'done' };
    const refusal = visible(signs.message).find(({ textContent }) => new RegExp(signs.refusal, 'i').test(textContent ?? ''));
    if (refusal)
        return { kind: 'refused', text: (refusal.textContent ?? '').slice(0, 500) };
    if (Date.now() < signs.settledMs)
        return undefined;
    if (visible(signs.secondFactor).some((element) => !element.matches(signs.own)))
        return { kind: 'second-factor' };
    if (visible(signs.captcha).length > 0)
        return { kind: 'captcha' };
    return undefined;
}

;// CONCATENATED MODULE: ./build/src/portal/browser-login.js
/**
 * Logs in on the portal's own login page, in the runner's browser. Observed: fields #username and #password, Enter, then
 * the address ends in #/overview; the cookies are then the session (docs/portal.md). Loaded only when a profile asks
 * for it, and puppeteer-core only from here.
 *
 * The credentials go over a pipe, never a port, and stand in neither the browser's arguments nor its environment. The
 * session lives in an off-the-record context, so no cookie reaches the disk. No screenshots, no traces.
 */









const TIMEOUT_MS = 60_000;
const SETTLE_MS = 4_000;
/**
 * The portal's cookies as a cookie header.
 * @throws ReleaseError portal-unreachable (no browser, no page: nothing was typed), portal-unauthorized (typed, and not
 *   logged in: not to be tried again), portal-unexpected; Cancelled
 */
async function logInByBrowser(options) {
    const executablePath = await findBrowser(options.environment);
    // mkdtemp makes a folder of mode 0700.
    const folder = await (0,promises_.mkdtemp)((0,external_node_path_.join)(options.tempDir, 'gopay-miniapp-release-browser-'));
    let browser;
    const stop = () => void browser?.process()?.kill('SIGKILL');
    options.signal.addEventListener('abort', stop, { once: true });
    try {
        if (options.signal.aborted)
            throw new errors/* Cancelled */.cJ();
        browser = await launch(executablePath, folder, options);
        if (options.signal.aborted)
            stop();
        const context = await browser.createBrowserContext();
        return await logInOn(await context.newPage(), options);
    }
    catch (error) {
        throw options.signal.aborted ? new errors/* Cancelled */.cJ() : error;
    }
    finally {
        options.signal.removeEventListener('abort', stop);
        await browser_login_close(browser);
        await (0,promises_.rm)(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
}
// --- The browser -----------------------------------------------------------------------------------------------------
const NAMES = [
    'google-chrome-stable',
    'google-chrome',
    'chrome',
    'chromium',
    'chromium-browser',
    'microsoft-edge',
    'chrome.exe',
    'msedge.exe',
];
const PLACES = [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];
/** The runner's browser: CHROME_BIN, or the usual names on the PATH. */
async function findBrowser(environment) {
    const named = environment['CHROME_BIN'];
    const folders = (environment['PATH'] ?? '').split(external_node_path_.delimiter).filter(Boolean);
    const usual = [...NAMES.flatMap((name) => folders.map((folder) => (0,external_node_path_.join)(folder, name))), ...PLACES];
    for (const path of named ? [named] : usual)
        if (await isExecutable(path))
            return path;
    throw new errors/* ReleaseError */.K2('portal-unreachable', {
        found: named
            ? `CHROME_BIN names ${(0,src_text/* cleanLine */.Ow)(named, 200)}, which is no program, so there is no browser for the login page.`
            : 'There is no browser for the login page: neither CHROME_BIN nor one of the usual names on the PATH.',
        todo: 'Install Chrome or Chromium on the runner (GitHub-hosted runners have Chrome) and set CHROME_BIN where it has another name; or give portal-session instead.',
    });
}
async function isExecutable(path) {
    return (0,promises_.access)(path, external_node_fs_.constants.X_OK).then(() => true, () => false);
}
/** Starts the browser; exported for tests that share one. */
async function launch(executablePath, folder, options) {
    const { launch: start } = await __webpack_require__.e(/* import() */ 179).then(__webpack_require__.bind(__webpack_require__, 560));
    try {
        return await start({
            executablePath,
            headless: true,
            pipe: true,
            userDataDir: folder,
            args: [...FLAGS, ...proxyFlags(options), ...((0,external_node_os_.userInfo)().uid === 0 ? ROOT_FLAGS : [])],
            env: environmentOf(options.environment, folder),
            // The run ends the browser itself, whichever way it ends.
            handleSIGHUP: false,
            handleSIGINT: false,
            handleSIGTERM: false,
            timeout: options.timeoutMs ?? TIMEOUT_MS,
            signal: options.signal,
        });
    }
    catch (cause) {
        if (cause instanceof errors/* ReleaseError */.K2)
            throw cause;
        throw new errors/* ReleaseError */.K2('portal-unreachable', {
            found: `The browser ${(0,src_text/* cleanLine */.Ow)(executablePath, 200)} did not start: ${(0,src_text/* cleanLine */.Ow)(messageOf(cause), 300)}.`,
            todo: 'Try it on the runner by hand, name another one in CHROME_BIN, or give portal-session instead.',
            cause,
        });
    }
}
const FLAGS = [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-extensions',
];
/** Chromium refuses to run as root with its sandbox, and jobs in a container run as root. The page is the portal's. */
const ROOT_FLAGS = ['--no-sandbox'];
/** The proxy of this process's rules. Its password could only stand in the arguments, or be offered to any server. */
function proxyFlags({ origin, environment }) {
    const proxy = (0,lib_proxy/* getProxyUrl */.s)(origin);
    if (!proxy?.hostname)
        return ['--no-proxy-server'];
    if (proxy.username || proxy.password) {
        throw new errors/* ReleaseError */.K2('portal-unreachable', {
            found: 'The proxy asks for a password, which cannot be given to the browser without showing it to others.',
            todo: 'Give portal-session instead, or let the profile log in by the call.',
        });
    }
    const bypass = environment['no_proxy'] ?? environment['NO_PROXY'];
    return [`--proxy-server=${proxy.protocol}//${proxy.host}`, ...(bypass ? [`--proxy-bypass-list=${bypass}`] : [])];
}
/** Nothing of the step's environment, where the inputs stand, but what a browser needs to run. */
function environmentOf(environment, folder) {
    const kept = ['PATH', 'HOME', 'USERPROFILE', 'SystemRoot', 'SYSTEMROOT', 'LANG'];
    const own = Object.entries(environment).filter(([name]) => kept.includes(name));
    const here = ['TMPDIR', 'TMP', 'TEMP', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME'].map((name) => [name, folder]);
    return Object.fromEntries([...own, ...here]);
}
async function browser_login_close(browser) {
    if (!browser)
        return;
    const child = browser.process();
    const killer = setTimeout(() => child?.kill('SIGKILL'), 2_000);
    await browser.close().catch(() => child?.kill('SIGKILL'));
    clearTimeout(killer);
}
// --- The page --------------------------------------------------------------------------------------------------------
/** Logs in on a fresh page, and gives its cookies. */
async function logInOn(page, options) {
    const { profile, account } = options;
    const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    page.setDefaultTimeout(timeoutMs);
    const guard = await guardRequests(page, options);
    const form = await openForm(page, options);
    guard.typed = true;
    try {
        await type(page, profile.login.username, account.username, form.origin);
        await type(page, profile.login.password, account.password, form.origin);
        if (profile.login.submit)
            await page.locator(profile.login.submit).click();
        else
            await page.keyboard.press('Enter');
        const sign = await waitForSign(page, options, timeoutMs);
        if (sign?.kind !== 'done')
            throw notLoggedIn(sign, guard.blocked, page, options);
    }
    catch (cause) {
        // The password may have been sent: whatever happened, it is not tried again.
        if (cause instanceof errors/* ReleaseError */.K2)
            throw cause;
        throw new errors/* ReleaseError */.K2('portal-unauthorized', {
            found: `The login page broke off after the password was typed: ${safeLine(messageOf(cause), options)}.`,
            todo: NOT_AGAIN,
            cause,
        });
    }
    return cookiesOf(page, options);
}
/** Resources that a page may still load from elsewhere; their addresses must not hold the credentials. */
const STATIC = ['script', 'stylesheet', 'image', 'font'];
/** Once the page holds the credentials, it may send data only to hosts that may receive them (promise 4). */
async function guardRequests(page, options) {
    const guard = { typed: false, blocked: new Set() };
    const { username, password } = options.account;
    const secrets = [username, password].flatMap((secret) => [secret, encodeURIComponent(secret)]);
    const mayGo = (request) => {
        const url = new URL(request.url());
        if (!guard.typed || ['data:', 'blob:', 'about:'].includes(url.protocol))
            return true;
        if ((0,trust/* whyNotTrusted */.z)(url, options.hosts) === undefined)
            return true;
        const isStatic = request.method() === 'GET' && STATIC.includes(request.resourceType());
        return isStatic && !secrets.some((secret) => request.url().includes(secret));
    };
    await page.setBypassServiceWorker(true);
    await page.setRequestInterception(true);
    page.on('request', (request) => {
        const goes = mayGo(request);
        if (!goes)
            guard.blocked.add(new URL(request.url()).host);
        void (goes ? request.continue() : request.abort('blockedbyclient')).catch(() => { });
    });
    return guard;
}
/** Opens the login page until its fields show, on a host that may receive the credentials. */
async function openForm(page, { profile, origin, hosts }) {
    const { login } = profile;
    try {
        await page.goto(new URL(login.page, origin).href, { waitUntil: 'domcontentloaded' });
        await page.waitForSelector(login.password, { visible: true });
        await page.waitForSelector(login.username, { visible: true });
    }
    catch (cause) {
        const why = (0,src_text/* cleanLine */.Ow)(messageOf(cause), 300);
        const isCertificate = /ERR_CERT|ERR_SSL/.test(why);
        throw new errors/* ReleaseError */.K2('portal-unreachable', {
            found: `The login page ${origin.host}${login.page} did not show ${login.username} and ${login.password}: ${why}.`,
            ...(isCertificate && {
                todo: "Install the portal's or the proxy's CA on the runner where its browser looks for it; NODE_EXTRA_CA_CERTS is not read by browsers.",
            }),
            passing: /net::ERR/.test(why) && !isCertificate,
            cause,
        });
    }
    const here = new URL(page.url());
    const why = (0,trust/* whyNotTrusted */.z)(here, hosts);
    if (why === undefined)
        return here;
    throw new errors/* ReleaseError */.K2('portal-unexpected', {
        found: `The login page leads to an address where ${why}; nothing was typed.`,
        todo: `If ${(0,src_text/* cleanLine */.Ow)(here.host, 100)} belongs to your portal, name it in portal-hosts.`,
    });
}
async function type(page, selector, value, origin) {
    const field = await page.waitForSelector(selector, { visible: true });
    const filled = field && (await field.evaluate(fillField, value, origin));
    if (filled)
        return;
    throw new errors/* ReleaseError */.K2('portal-unauthorized', {
        found: 'The login page went to another host before it was filled in.',
    });
}
async function waitForSign(page, options, timeoutMs) {
    const { login } = options.profile;
    const signs = {
        done: login.done,
        origin: options.origin.origin,
        own: `${login.username}, ${login.password}`,
        captcha: CAPTCHA,
        secondFactor: SECOND_FACTOR,
        message: MESSAGE,
        refusal: REFUSAL,
        settledMs: Date.now() + SETTLE_MS,
    };
    try {
        const handle = await page.waitForFunction(signOf, { timeout: timeoutMs, polling: 200 }, signs);
        return await handle.jsonValue();
    }
    catch (error) {
        if (error.name === 'TimeoutError')
            return undefined;
        throw error;
    }
}
/** reCAPTCHA, hCaptcha, Turnstile, and the slider of Alibaba's own products (nc, baxia, punish). */
const CAPTCHA = [
    ...['captcha', 'turnstile', 'punish', 'nocaptcha'].map((word) => `iframe[src*="${word}" i]`),
    ...['[id*="captcha" i]', '[class*="captcha" i]', '.nc-container', '[id^="nc_"]', '[class*="baxia"]'],
].join(', ');
const SECOND_FACTOR = [
    'autocomplete="one-time-code"',
    ...['otp', 'totp', 'mfa', '2fa', 'verif'].flatMap((word) => [`name*="${word}" i`, `id*="${word}" i`]),
]
    .map((attribute) => `input[${attribute}]`)
    .join(', ');
const MESSAGE = '[role="alert"], [class*="error" i], [class*="message" i], [class*="notice" i]';
/** English, Indonesian, Chinese. */
const REFUSAL = 'incorrect|invalid|wrong|failed|locked|disabled|not match|salah|gagal|terkunci|错误|不正确|失败|锁定';
const NOT_AGAIN = 'Check portal-username and portal-password by hand on the page; the password is not tried again, so that the account is not locked.';
function notLoggedIn(sign, blocked, page, options) {
    const refused = (found, todo) => new errors/* ReleaseError */.K2('portal-unauthorized', { found, todo });
    const byHand = 'Log in by hand and give the cookie header in portal-session, or ask for an account for machines.';
    if (sign?.kind === 'captcha')
        return refused('The login page shows a captcha, which no machine may solve.', byHand);
    if (sign?.kind === 'second-factor')
        return refused('The login page asks for a second factor.', byHand);
    if (sign?.kind === 'refused')
        return refused(`The login was refused: ${safeLine(sign.text, options)}.`, NOT_AGAIN);
    const hosts = [...blocked].map((host) => (0,src_text/* cleanLine */.Ow)(host, 100)).slice(0, 5);
    const kept = hosts.length > 0 ? ` It tried to send data to ${hosts.join(', ')}, which was kept from it.` : '';
    return refused(`The address did not come to end in ${(0,src_text/* cleanLine */.Ow)(options.profile.login.done, 100)}; it is ${safeLine(addressOf(page), options)}.${kept}`, hosts.length > 0 ? `If these hosts belong to your portal, name them in portal-hosts. ${NOT_AGAIN}` : NOT_AGAIN);
}
/** The page's address without its query, which may hold secrets. */
function addressOf(page) {
    const { host, pathname, hash } = new URL(page.url());
    return `${host}${pathname}${hash.replace(/\?.*/, '')}`;
}
/** What a request to the portal's API would carry, and nothing of other hosts. */
async function cookiesOf(page, { origin, profile }) {
    const client = await page.createCDPSession();
    const { cookies } = await client.send('Network.getCookies', { urls: [`${origin.origin}${profile.basePath}/`] });
    if (cookies.length === 0) {
        throw new errors/* ReleaseError */.K2('portal-unexpected', { found: 'The login page let us in but set no cookie.' });
    }
    return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}
function safeLine(text, { redact }) {
    return (0,src_text/* cleanLine */.Ow)(redact(text.slice(0, 2_000)), 300);
}
function messageOf(error) {
    return (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
}


/***/ })

};
