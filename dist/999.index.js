export const id = 999;
export const ids = [999];
export const modules = {

/***/ 999:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   parseSandboxUrl: () => (/* binding */ parseSandboxUrl)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);
/* harmony import */ var _portal_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2587);
/** The text of `portal-url: sandbox?...`, as data. See docs/recipes.md for its use. */


/** Reads `sandbox` or `sandbox?name=value&...`; names every fault at once. */
function parseSandboxUrl(text) {
    const match = /^sandbox(?:\?(.*))?$/s.exec(text);
    if (match === null)
        return { ok: false, faults: [`${quote(text)} is not "sandbox" or "sandbox?name=value&..."`] };
    const given = new URLSearchParams(match[1] ?? '');
    const faults = [...nameFaults(given), ...valueFaults(given), ...pairFaults(given)];
    return faults.length > 0 ? { ok: false, faults } : { ok: true, options: toOptions(given) };
}
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DEFAULT_AFTER = '2s';
const DEFAULT_REASON = 'Rejected by the sandbox';
const STATES = Object.keys(_portal_js__WEBPACK_IMPORTED_MODULE_1__/* .STATUS_OF */ .$n);
const REVIEWS = ['approve', 'reject', 'never'];
/** What each option takes, in words, and whether a value is that. */
const OPTIONS = {
    after: { takes: 'a duration such as 0s, 90s, 15m, 6h or 2d', is: (value) => durationMs(value) !== undefined },
    file: { takes: 'a path inside the workspace', is: isInside },
    live: { takes: 'a version such as 1.2.3', is: isVersion },
    reason: { takes: 'a text', is: (value) => value.trim() !== '' },
    review: { takes: REVIEWS.join(', '), is: (value) => REVIEWS.includes(value) },
    state: { takes: STATES.join(', '), is: (value) => STATES.includes(value) },
    versions: { takes: 'versions such as 1.2.3,1.3.0', is: (value) => value.split(',').every(isVersion) },
};
function nameFaults(given) {
    const known = Object.keys(OPTIONS);
    return [...new Set(given.keys())].flatMap((name) => {
        if (!known.includes(name))
            return [`unknown option ${quote(name)}; known are ${known.join(', ')}`];
        return given.getAll(name).length > 1 ? [`${name} is given more than once`] : [];
    });
}
function valueFaults(given) {
    return Object.entries(OPTIONS).flatMap(([name, { takes, is }]) => {
        const value = given.get(name);
        return value === null || is(value) ? [] : [`${name} is ${quote(value)}, and takes ${takes}`];
    });
}
/** Faults of values that are right each by itself. */
function pairFaults(given) {
    return given.has('reason') && given.get('review') !== 'reject' ? ['reason needs review=reject'] : [];
}
function toOptions(given) {
    const [file, live, state] = [given.get('file'), given.get('live'), given.get('state')];
    return {
        review: toReview(given),
        versions: given.get('versions')?.split(',') ?? [],
        ...(file !== null && { file }),
        ...(live !== null && { live }),
        ...(state !== null && { state: state }),
    };
}
function toReview(given) {
    const afterMs = durationMs(given.get('after') ?? DEFAULT_AFTER) ?? 0;
    const mode = given.get('review') ?? 'approve';
    if (mode === 'reject')
        return { mode, afterMs, reason: given.get('reason') ?? DEFAULT_REASON };
    return mode === 'never' ? { mode } : { mode: 'approve', afterMs };
}
function durationMs(value) {
    const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(value) ?? [];
    return unit === undefined ? undefined : Number(digits) * UNIT_MS[unit];
}
function isVersion(value) {
    return value.length <= 64 && /^\d+(\.\d+){2,3}(-[0-9A-Za-z.-]+)?$/.test(value);
}
function isInside(value) {
    const leaves = node_path__WEBPACK_IMPORTED_MODULE_0__.normalize(value).split(/[\\/]/)[0] === '..';
    return value !== '' && !/[\u0000-\u001f\u007f]/.test(value) && !leaves && !/[\\/]$/.test(value) && value !== '.';
}
/** Quoted and short. Whoever shows it escapes it. */
function quote(value) {
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value);
}


/***/ })

};
