export const id = 465;
export const ids = [465];
export const modules = {

/***/ 3465:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   deploymentOf: () => (/* binding */ deploymentOf)
/* harmony export */ });
/* harmony import */ var _lib_text_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(5498);
/* harmony import */ var _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6479);
/* harmony import */ var _key_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4627);
/* harmony import */ var _report_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8456);
/** Report -> the GitHub deployment that it calls for. Pure. */




/** GitHub's limit for a description. */
const MAX_DESCRIPTION_CHARS = 140;
/** By the release's state. A state that is missing here has no deployment. */
const DEPLOYMENT_STATES = {
    'in-review': 'in_progress',
    approved: 'in_progress',
    'whitelist-testing': 'in_progress',
    'rollout-ready': 'in_progress',
    grayscale: 'in_progress',
    released: 'success',
    rejected: 'failure',
    withdrawn: 'inactive',
    archived: 'inactive',
};
/** Undefined where there is nothing to deploy: no release in progress, a rehearsal, a dry run, or a step that only reads. */
function deploymentOf(report) {
    const state = report.verdict === 'halted' ? 'failure' : DEPLOYMENT_STATES[report.state];
    const isReadOnly = (0,_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .isOnlyReading */ .d2)(report.stages.map(({ stage }) => stage));
    if (state === undefined || isReadOnly || report.sandbox || report.dryRun)
        return undefined;
    const title = `${report.version} on ${report.targetApp}`;
    const halted = report.verdict === 'halted' ? ', halted by the health check' : '';
    return {
        state,
        createIfMissing: state !== 'inactive',
        task: `miniapp-release:${(0,_key_js__WEBPACK_IMPORTED_MODULE_1__/* .keyOf */ .T)(report)}`,
        title: description(`${report.miniappId} ${title}`),
        description: description(`${title}: ${(0,_report_js__WEBPACK_IMPORTED_MODULE_2__/* .formatState */ .lN)(report)}${halted}`),
        replacedBy: description(`Replaced by ${title}`),
        logUrl: report.run.url,
        payload: { miniapp: report.miniappId, targetApp: report.targetApp, version: report.version },
    };
}
function description(text) {
    return (0,_lib_text_js__WEBPACK_IMPORTED_MODULE_3__/* .cleanLine */ .Ow)(text, MAX_DESCRIPTION_CHARS);
}


/***/ }),

/***/ 4627:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   T: () => (/* binding */ keyOf)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/** The identity of a comment and a deployment, as a hash: the same in every run, and it shows no ids. */

/** 32 hexadecimal digits for a repository's miniapp on a target app; a rehearsal has its own. */
function keyOf(report) {
    const parts = [report.run.repository, report.miniappId, report.targetApp, report.sandbox ? 'sandbox' : 'portal'];
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}


/***/ })

};
