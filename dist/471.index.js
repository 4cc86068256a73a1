export const id = 471;
export const ids = [471];
export const modules = {

/***/ 471:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   createHealthCheck: () => (/* binding */ createHealthCheck)
/* harmony export */ });
/* harmony import */ var _errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7406);
/* harmony import */ var _portal_transport_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8381);
/** The canary's health check: no credentials, no redirects, ten seconds, 64 KiB. */


const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;
/**
 * One question each call. Bad is: no answer, not 2xx, or JSON with `"healthy": false`. Throws nothing but Cancelled.
 */
async function createHealthCheck(url, signal) {
    const agent = await (0,_portal_transport_js__WEBPACK_IMPORTED_MODULE_1__/* .createAgent */ .Sn)(url);
    return async () => {
        try {
            const { status, text } = await (0,_portal_transport_js__WEBPACK_IMPORTED_MODULE_1__/* .exchange */ .cv)({
                method: 'GET',
                url,
                agent,
                headers: { accept: 'application/json', 'user-agent': _portal_transport_js__WEBPACK_IMPORTED_MODULE_1__/* .USER_AGENT */ ._O },
                timeoutMs: TIMEOUT_MS,
                maxBytes: MAX_BYTES,
                signal,
            });
            return status >= 200 && status < 300 && !saysUnhealthy(text);
        }
        catch (error) {
            if (error instanceof _errors_js__WEBPACK_IMPORTED_MODULE_0__/* .Cancelled */ .cJ)
                throw error;
            return false;
        }
    };
}
function saysUnhealthy(text) {
    try {
        return JSON.parse(text)?.healthy === false;
    }
    catch {
        return false;
    }
}


/***/ })

};
