export const id = 814;
export const ids = [814];
export const modules = {

/***/ 814:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   createHealthCheck: () => (/* binding */ createHealthCheck)
/* harmony export */ });
/* harmony import */ var _lib_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(9862);
/* harmony import */ var _lib_text_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(5498);
/* harmony import */ var _lib_user_agent_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(6474);
/* harmony import */ var _net_decode_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9703);
/* harmony import */ var _net_exchange_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8068);
/* harmony import */ var _net_json_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(5343);
/* harmony import */ var _release_health_conditions_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8756);
/** The canary's health check: no credentials but its own token, no redirects, ten seconds, 64 KiB. */







const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;
const MAX_VALUE_CHARS = 100;
const bad = (why) => ({ verdict: 'bad', why });
/**
 * One request each call, with the token to the host of health-url alone: no redirect is followed. Bad is: no response,
 * not 2xx, a condition that does not hold; without conditions, JSON that says `"healthy": false`, and what was sent as
 * JSON and cannot be understood.
 * @throws Cancelled, and nothing else, from the check
 */
async function createHealthCheck(options) {
    const { template, miniappId, targetApp, version, conditions, token, signal, show, send = _net_exchange_js__WEBPACK_IMPORTED_MODULE_2__/* .exchange */ .cv } = options;
    const agent = await (0,_net_exchange_js__WEBPACK_IMPORTED_MODULE_2__/* .createAgent */ .Sn)(new URL(template), options.onProxyPassword);
    return async ({ ratioPercent, sinceMs }) => {
        const ratio = String(ratioPercent);
        const since = String(Math.floor(sinceMs / 1_000));
        const values = { version, 'miniapp-id': miniappId, 'target-app': targetApp, ratio, since };
        try {
            const response = await send({
                method: 'GET',
                url: new URL((0,_release_health_conditions_js__WEBPACK_IMPORTED_MODULE_3__/* .fillAddress */ .CQ)(template, values)),
                agent,
                headers: {
                    accept: 'application/json',
                    'user-agent': _lib_user_agent_js__WEBPACK_IMPORTED_MODULE_4__/* .USER_AGENT */ ._,
                    ...(token !== undefined && { authorization: `Bearer ${token}` }),
                },
                timeoutMs: TIMEOUT_MS,
                maxBytes: MAX_BYTES,
                signal,
            });
            return await healthOf(response, conditions, show);
        }
        catch (error) {
            if (error instanceof _lib_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .Cancelled */ .cJ)
                throw error;
            return bad(`no response: ${show(messageOf(error))}`);
        }
    };
}
async function healthOf({ status, headers, body }, conditions, show) {
    if (status < 200 || status > 299)
        return bad(`HTTP ${status}`);
    let text;
    try {
        text = await (0,_net_decode_js__WEBPACK_IMPORTED_MODULE_1__/* .decodeBody */ .V)(body, headers['content-encoding'], MAX_BYTES);
    }
    catch (error) {
        return bad(`the response is ${messageOf(error)}`);
    }
    if (conditions.length > 0)
        return healthByConditions(text, conditions, show);
    const isJson = /[/+]json\b/i.test(headers['content-type'] ?? '') || /^\s*[[{]/.test(text);
    const whyBad = isJson ? whyUnhealthy(text) : undefined;
    return whyBad ? bad(whyBad) : { verdict: 'good', why: `HTTP ${status}` };
}
function healthByConditions(text, conditions, show) {
    if (text.trim() === '')
        return { verdict: 'no data', why: 'the response is empty' };
    let json;
    try {
        json = (0,_net_json_js__WEBPACK_IMPORTED_MODULE_5__/* .parseJson */ .q)(withNamedNumbers(text));
    }
    catch (error) {
        return bad(error instanceof RangeError ? `the JSON is ${error.message}` : 'the response is not JSON');
    }
    const judged = (0,_release_health_conditions_js__WEBPACK_IMPORTED_MODULE_3__/* .judge */ .S4)(json, conditions);
    const why = judged.map(({ value, missing }, index) => {
        return `${conditions[index]?.text ?? ''} (${missing ?? (0,_lib_text_js__WEBPACK_IMPORTED_MODULE_6__/* .cleanLine */ .Ow)(show(value), MAX_VALUE_CHARS)})`;
    });
    return { verdict: (0,_release_health_conditions_js__WEBPACK_IMPORTED_MODULE_3__/* .verdictOf */ .Vj)(judged), why: why.join('; '), judged };
}
/** NaN and Infinity as texts: Python and others write them into what is JSON otherwise. */
function withNamedNumbers(text) {
    return text.replace(STRINGS_AND_NAMED_NUMBERS, (found) => (found.startsWith('"') ? found : `"${found}"`));
}
/** A string ends at its quote or with the text, so that each character is read once. */
const STRINGS_AND_NAMED_NUMBERS = /"(?:[^"\\]+|\\[\s\S]?)*(?:"|$)|-?\b(?:NaN|Infinity)\b/g;
/** A yes counts at the top alone; a no counts anywhere below it too, such as in an envelope. */
function whyUnhealthy(json) {
    let saysNo = false;
    let value;
    try {
        value = JSON.parse(json, (key, part) => {
            saysNo ||= key === 'healthy' && part === false;
            return part;
        });
    }
    catch {
        return 'the JSON is cut or malformed';
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        return 'the JSON is not an object';
    const { healthy } = value;
    if (healthy === true)
        return undefined;
    if (saysNo)
        return 'healthy is false';
    return healthy === undefined ? undefined : 'healthy is neither true nor false';
}
function messageOf(error) {
    return (0,_lib_text_js__WEBPACK_IMPORTED_MODULE_6__/* .cleanLine */ .Ow)(error instanceof Error ? error.message : String(error), 200);
}


/***/ })

};
