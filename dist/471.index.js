export const id = 471;
export const ids = [471];
export const modules = {

/***/ 471:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   createHealthCheck: () => (/* binding */ createHealthCheck)
/* harmony export */ });
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7406);
/* harmony import */ var _portal_decode_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3156);
/* harmony import */ var _portal_transport_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8381);
/* harmony import */ var _text_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(706);
/** The canary's health check: no credentials, no redirects, ten seconds, 64 KiB. */




const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;
const bad = (why) => ({ verdict: 'bad', why });
/**
 * One request each call. Bad is: no response, not 2xx, JSON that says `"healthy": false`, and what was sent as JSON and
 * cannot be understood. Throws nothing but Cancelled.
 */
async function createHealthCheck(url, signal, send = _portal_transport_js__WEBPACK_IMPORTED_MODULE_2__/* .exchange */ .cv) {
    const agent = await (0,_portal_transport_js__WEBPACK_IMPORTED_MODULE_2__/* .createAgent */ .Sn)(url);
    return async () => {
        try {
            const response = await send({
                method: 'GET',
                url,
                agent,
                headers: { accept: 'application/json', 'user-agent': _portal_transport_js__WEBPACK_IMPORTED_MODULE_2__/* .USER_AGENT */ ._O },
                timeoutMs: TIMEOUT_MS,
                maxBytes: MAX_BYTES,
                signal,
            });
            return healthOf(response);
        }
        catch (error) {
            if (error instanceof _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .Cancelled */ .cJ)
                throw error;
            return bad(`no response: ${messageOf(error)}`);
        }
    };
}
function healthOf({ status, headers, body }) {
    if (status < 200 || status > 299)
        return bad(`HTTP ${status}`);
    let text;
    try {
        text = (0,_portal_decode_js__WEBPACK_IMPORTED_MODULE_1__/* .decodeBody */ .V)(body, headers['content-encoding'], MAX_BYTES);
    }
    catch (error) {
        return bad(`the response is ${messageOf(error)}`);
    }
    const isJson = /[/+]json\b/i.test(headers['content-type'] ?? '') || /^\s*[[{]/.test(text);
    const whyBad = isJson ? whyUnhealthy(text) : undefined;
    return whyBad ? bad(whyBad) : { verdict: 'good', why: `HTTP ${status}` };
}
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
    return (0,_text_js__WEBPACK_IMPORTED_MODULE_3__/* .cleanLine */ .Ow)(error instanceof Error ? error.message : String(error), 200);
}


/***/ })

};
