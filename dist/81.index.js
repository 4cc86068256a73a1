export const id = 81;
export const ids = [81];
export const modules = {

/***/ 2081:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   commentOf: () => (/* binding */ commentOf),
/* harmony export */   markerOf: () => (/* binding */ markerOf)
/* harmony export */ });
/* harmony import */ var _key_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4627);
/* harmony import */ var _markdown_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(75);
/* harmony import */ var _phases_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6066);
/* harmony import */ var _report_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(8456);
/* harmony import */ var _sections_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(6286);
/** Report -> pull request comment, in GitHub's Markdown: a short form of the summary. Pure. */





/** A comment holds 65,536 characters; no character is shorter than a byte. */
const MAX_COMMENT_BYTES = 65_000;
/** The first line of the comment, by which a later run on the same miniapp and target app finds it. */
function markerOf(report) {
    return `<!-- gopay-miniapp-release ${(0,_key_js__WEBPACK_IMPORTED_MODULE_0__/* .keyOf */ .T)(report)} -->`;
}
/** The comment below its marker. */
function commentOf(report, extras = {}) {
    return (0,_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .limitParts */ .IG)([
        { text: (0,_sections_js__WEBPACK_IMPORTED_MODULE_3__/* .sandboxNote */ .yC)(report), weight: 100 },
        { text: extras.isWaiting ? waitingHeadline(report) : (0,_sections_js__WEBPACK_IMPORTED_MODULE_3__/* .headline */ .Pl)(report), weight: 100 },
        { text: progress(report), weight: 70 },
        { text: extras.isWaiting ? waiting(report) : (0,_sections_js__WEBPACK_IMPORTED_MODULE_3__/* .explanation */ .Qb)(report), weight: 95 },
        { text: (0,_sections_js__WEBPACK_IMPORTED_MODULE_3__/* .noticesOf */ .lx)(report), weight: 60 },
        { text: versions(report), weight: 80 },
        { text: folded((0,_sections_js__WEBPACK_IMPORTED_MODULE_3__/* .preview */ .VH)(report, extras)), weight: 50 },
        { text: extras.isWaiting ? '' : next(report), weight: 75 },
        { text: footer(report), weight: 90 },
    ], MAX_COMMENT_BYTES);
}
function waitingHeadline(report) {
    return `## ⏳ waiting · ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .escapeMarkdown */ .FV)(report.version)} · ${(0,_report_js__WEBPACK_IMPORTED_MODULE_2__/* .formatState */ .lN)(report)}`;
}
function waiting(report) {
    return `${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .escapeMarkdown */ .FV)(report.message, 1_000)}\n\nThe workflow is waiting and writes here again when it ends.`;
}
/** The phases on one line; the one that matters now has its word beside the icon. */
function progress(report) {
    if (report.state === '' || report.targetApp === '' || report.version === '')
        return '';
    const steps = (0,_phases_js__WEBPACK_IMPORTED_MODULE_1__/* .phasesOf */ .I)(report).map(({ name, progress: at }) => {
        if (at === 'now' || at === 'stopped')
            return `${_phases_js__WEBPACK_IMPORTED_MODULE_1__/* .PROGRESS_ICONS */ .P[at]} **${name} (${at})**`;
        return `${_phases_js__WEBPACK_IMPORTED_MODULE_1__/* .PROGRESS_ICONS */ .P[at]} ${name}`;
    });
    return steps.join(' → ');
}
function versions(report) {
    const columns = [
        ['Miniapp', (0,_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .code */ .aY)(report.miniappId)],
        ['Target app', (0,_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .code */ .aY)(report.targetApp)],
        ['Version', (0,_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .code */ .aY)(report.version)],
        ['Live version', (0,_sections_js__WEBPACK_IMPORTED_MODULE_3__/* .formatLiveVersion */ .ee)(report)],
        ['Previous version', (0,_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .code */ .aY)(report.previousVersion)],
        ['Also in progress', (0,_sections_js__WEBPACK_IMPORTED_MODULE_3__/* .formatInProgress */ .qp)(report)],
    ];
    const shown = columns.filter(([, value]) => value !== '');
    if (shown.length === 0)
        return '';
    return (0,_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .table */ .tp)([shown.map(([, value]) => value)], shown.map(([name]) => name));
}
/** Folded, since a QR code fills a screen. */
function folded(text) {
    return text && `<details><summary>Preview</summary>\n\n${text.replace(/^### Preview\n\n/, '')}\n\n</details>`;
}
function next(report) {
    if (report.nextStages.length === 0)
        return '';
    return `Next stages: ${report.nextStages.map((stage) => (0,_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .code */ .aY)(stage)).join(', ')}`;
}
/** The time of the report, since a comment may be read much later, and a link to the run. */
function footer(report) {
    const link = /^https?:\/\/[\w.:/-]+$/.test(report.run.url) ? `, by [this run](${report.run.url})` : '';
    return `<sub>As of ${report.endedAt}${link}.</sub>`;
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


/***/ }),

/***/ 6066:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   I: () => (/* binding */ phasesOf),
/* harmony export */   P: () => (/* binding */ PROGRESS_ICONS)
/* harmony export */ });
/* harmony import */ var _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6479);
/** The portal's phases and how far a release is in them, for the picture, the table and the comment's line. */

/** How far a phase is, as an icon. The word stands beside it, since not everybody can tell the colours. */
const PROGRESS_ICONS = {
    done: '✅',
    now: '🔵',
    stopped: '❌',
    'to come': '⚪',
};
/** The guide's phases in their order, with the ratios of a ramp as steps of the rollout. */
function phasesOf(report) {
    const { state } = report;
    const all = [...new Set(_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .WAY */ .Ku.map((step) => phaseName(_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .STATES */ .xj[step].phase)).filter((name) => name !== ''))];
    // A first release can only be official: it has no rollout, though it passes through the state before one.
    const names = all.filter((name) => name !== ROLLOUT || !report.firstRelease || state === 'rollout-ready');
    if (state === '' || state === 'unknown' || state === 'busy')
        return names.map((name) => ({ name, progress: 'to come' }));
    const current = names.indexOf(phaseName(_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .STATES */ .xj[state].phase));
    const isStopped = state === 'rejected' || state === 'withdrawn';
    return names.flatMap((name, index) => {
        const isOver = state === 'released' || state === 'archived' || index < current;
        const progress = isOver ? 'done' : index > current || current < 0 ? 'to come' : isStopped ? 'stopped' : 'now';
        if (name !== ROLLOUT || report.ramp.length === 0)
            return [{ name, progress }];
        return report.ramp.map((ratio) => ({ name: `${name} ${ratio}%`, progress: rampProgress(ratio, progress, report) }));
    });
}
const ROLLOUT = phaseName(_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .STATES */ .xj.grayscale.phase);
function phaseName(phase) {
    return phase.split(',')[0] ?? '';
}
function rampProgress(ratio, phase, report) {
    const inEffect = report.ratioPercent ?? 0;
    if (phase !== 'now')
        return phase;
    return ratio < inEffect ? 'done' : ratio === inEffect ? 'now' : 'to come';
}


/***/ }),

/***/ 6286:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Pl: () => (/* binding */ headline),
/* harmony export */   Qb: () => (/* binding */ explanation),
/* harmony export */   VH: () => (/* binding */ preview),
/* harmony export */   ee: () => (/* binding */ formatLiveVersion),
/* harmony export */   lx: () => (/* binding */ noticesOf),
/* harmony export */   qp: () => (/* binding */ formatInProgress),
/* harmony export */   yC: () => (/* binding */ sandboxNote)
/* harmony export */ });
/* harmony import */ var _markdown_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(75);
/* harmony import */ var _report_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8456);
/** Sections that the summary and the comment share, in GitHub's Markdown. Pure. */


const MAX_IN_PROGRESS = 10;
const VERDICT_ICONS = {
    succeeded: '✅',
    unchanged: '✅',
    planned: '📝',
    pending: '⏳',
    rejected: '❌',
    withdrawn: '↩️',
    refused: '⛔',
    halted: '🛑',
    cancelled: '⚪',
    failed: '❌',
};
/** The verdict, the version and the state, as a heading. */
function headline(report) {
    const state = report.state === '' ? '' : ` · ${(0,_report_js__WEBPACK_IMPORTED_MODULE_0__/* .formatState */ .lN)(report)}`;
    const dry = report.dryRun ? ' (dry run)' : '';
    return `## ${VERDICT_ICONS[report.verdict]} ${report.verdict}${dry}${report.version ? ` · ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(report.version)}` : ''}${state}`;
}
/** Says that nothing was real, where it was not. */
function sandboxNote(report) {
    return report.sandbox ? '> **Sandbox rehearsal.** Nothing here has reached a real portal.' : '';
}
/** What happened and what to do. */
function explanation(report) {
    const lines = [(0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(report.message, 1_000)];
    if (report.error) {
        lines.push(`**${report.error.code}**: ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(report.error.found, 4_000)}`);
        if (report.error.traceId)
            lines.push(`The portal's trace id is ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)(report.error.traceId, 200)}.`);
    }
    else if (report.reason)
        lines.push(`**The reviewer's reason:** ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(report.reason, 4_000)}`);
    if (report.todo)
        lines.push(`**What to do:** ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(report.todo, 1_000)}`);
    if (report.error)
        lines.push(`More: ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)(report.error.more)}`);
    return lines.join('\n\n');
}
/** The notices as a list. */
function noticesOf(report) {
    return report.notices.map((notice) => `- ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(notice, 1_000)}`).join('\n');
}
/** Other versions between applying and the official release. */
function formatInProgress({ underWay }) {
    const shown = underWay
        .slice(0, MAX_IN_PROGRESS)
        .map(({ version, state }) => `${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)(version)} (${(0,_report_js__WEBPACK_IMPORTED_MODULE_0__/* .formatState */ .lN)({ state })})`);
    const more = underWay.length - shown.length;
    return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
/** The live version; empty where the portal could not be read. */
function formatLiveVersion({ state, liveVersion, live }) {
    if (state === '')
        return '';
    return liveVersion ? (0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .code */ .aY)(liveVersion) : (0,_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(live || 'none', 100);
}
/** The preview link with its QR code; empty where it is not to be shown. */
function preview(report, extras) {
    if (!report.showPreview || report.previewUrl === '')
        return '';
    const qr = extras.qrCode ? `\n\n${extras.qrCode}` : '';
    return `### Preview\n\nOpens this version in the target app (the portal's own QR code does not):\n\n\`\`\`text\n${report.previewUrl}\n\`\`\`${qr}`;
}


/***/ })

};
