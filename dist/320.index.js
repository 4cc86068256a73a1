export const id = 320;
export const ids = [320];
export const modules = {

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


/***/ }),

/***/ 3320:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Y: () => (/* binding */ summaryOf),
/* harmony export */   formatSimulated: () => (/* binding */ formatSimulated)
/* harmony export */ });
/* harmony import */ var _lib_format_js__WEBPACK_IMPORTED_MODULE_6__ = __webpack_require__(8922);
/* harmony import */ var _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6479);
/* harmony import */ var _health_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4196);
/* harmony import */ var _markdown_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(75);
/* harmony import */ var _phases_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6066);
/* harmony import */ var _report_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8456);
/* harmony import */ var _sections_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(6286);
/** Report -> job summary, in GitHub's Markdown: verdict and state as text first, then the picture, then the facts. Pure. */







/** A summary over 1 MiB is not shown at all. */
const MAX_SUMMARY_BYTES = 1_000_000;
const MAX_ROWS = 50;
/** The job summary in Markdown, below the size that GitHub shows. */
function summaryOf(report, extras = {}) {
    return (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .limitParts */ .IG)(partsOf(report, extras), MAX_SUMMARY_BYTES);
}
function partsOf(report, extras) {
    return [
        { text: (0,_sections_js__WEBPACK_IMPORTED_MODULE_4__/* .sandboxNote */ .yC)(report), weight: 100 },
        { text: (0,_sections_js__WEBPACK_IMPORTED_MODULE_4__/* .headline */ .Pl)(report), weight: 100 },
        { text: (0,_sections_js__WEBPACK_IMPORTED_MODULE_4__/* .explanation */ .Qb)(report), weight: 95 },
        { text: (0,_sections_js__WEBPACK_IMPORTED_MODULE_4__/* .noticesOf */ .lx)(report), weight: 90 },
        { text: picture(report), weight: 40 },
        { text: phaseTable(report), weight: 70 },
        { text: facts(report), weight: 80 },
        { text: (0,_health_js__WEBPACK_IMPORTED_MODULE_1__/* .healthSummary */ .p)(report.health), weight: 65 },
        { text: planned(report), weight: 85 },
        { text: (0,_sections_js__WEBPACK_IMPORTED_MODULE_4__/* .preview */ .VH)(report, extras), weight: 60 },
        { text: history(report), weight: 50 },
        { text: operations(report), weight: 30 },
        { text: probed(report), weight: 10 },
        { text: runFacts(report), weight: 20 },
    ].filter((part) => part.text !== '');
}
/** Mermaid, of fixed text and whole numbers only. The table below it says the same where Mermaid is not drawn. */
function picture(report) {
    if (!hasPhases(report))
        return '';
    const phases = (0,_phases_js__WEBPACK_IMPORTED_MODULE_2__/* .phasesOf */ .I)(report);
    const nodes = phases.map(({ name, progress }, index) => {
        const className = { done: 'done', now: 'now', stopped: 'stopped', 'to come': 'later' }[progress];
        return `  p${index}["${name} (${progress})"]:::${className}`;
    });
    const arrows = phases.slice(1).map((_, index) => `  p${index} --> p${index + 1}`);
    return [
        '```mermaid',
        'flowchart LR',
        ...nodes,
        ...arrows,
        '  classDef done fill:#1a7f37,stroke:#1a7f37,color:#ffffff',
        '  classDef now fill:#0969da,stroke:#0969da,color:#ffffff',
        '  classDef stopped fill:#cf222e,stroke:#cf222e,color:#ffffff',
        '  classDef later fill:#eaeef2,stroke:#8c959f,color:#24292f',
        '```',
    ].join('\n');
}
function phaseTable(report) {
    if (!hasPhases(report))
        return '';
    const rows = (0,_phases_js__WEBPACK_IMPORTED_MODULE_2__/* .phasesOf */ .I)(report).map(({ name, progress }) => [_phases_js__WEBPACK_IMPORTED_MODULE_2__/* .PROGRESS_ICONS */ .P[progress], name, progress]);
    return (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .table */ .tp)(rows, ['', 'Phase', 'Progress']);
}
function hasPhases(report) {
    return report.state !== '' && report.targetApp !== '' && report.version !== '';
}
function facts(report) {
    const rows = [];
    const add = (name, value) => value && rows.push([name, value]);
    add('Miniapp', report.miniappId && (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(report.miniappId));
    add('Target app', report.targetApp && (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(report.targetApp));
    add('Version', report.version && (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(report.version));
    add('Status', report.state && (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .escapeMarkdown */ .FV)((0,_report_js__WEBPACK_IMPORTED_MODULE_3__/* .formatState */ .lN)(report)));
    add('Portal status', report.portalStatus && (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(report.portalStatus, 100));
    add('Live version', (0,_sections_js__WEBPACK_IMPORTED_MODULE_4__/* .formatLiveVersion */ .ee)(report));
    add('Previous version', report.previousVersion && `${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(report.previousVersion)} (what a rollback brings back)`);
    add('Also in progress', (0,_sections_js__WEBPACK_IMPORTED_MODULE_4__/* .formatInProgress */ .qp)(report));
    add('First release', report.firstRelease === true ? 'yes: it can only be official' : '');
    add('Grayscale', report.ratioPercent ? `${report.ratioPercent}% of users` : '');
    add('Whitelist', formatWhitelist(report));
    add('Package', report.packageSha256 && `${report.packageBytes} bytes, SHA-256 ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(report.packageSha256)}`);
    add('Next stages', report.nextStages.map((stage) => (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(stage)).join(', '));
    const [first, ...others] = rows;
    return first ? (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .table */ .tp)(others, first) : '';
}
function formatWhitelist(report) {
    const counted = report.whitelistCount ? `${report.whitelistCount} on the portal` : '';
    const given = report.whitelistIds ? `${report.whitelistIds} user IDs given` : '';
    return [given, counted].filter(Boolean).join(', ');
}
/** What a dry run would do, stage by stage. */
function planned(report) {
    if (!report.dryRun || report.stages.length === 0)
        return '';
    const rows = report.stages.map(({ stage, outcome, planned: step }) => [
        (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(stage),
        _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .STAGES */ .an[stage].portalWords,
        step ? formatSimulated(step) : outcome,
    ]);
    return `### What would be done\n\n${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .table */ .tp)(rows, ['Stage', "The portal's buttons", 'Would'])}`;
}
/** What a stage would do: "set the grayscale ratio 20% (setRatio), then start ...". */
function formatSimulated(step) {
    const sends = step.operations.map(({ operation, ratioPercent }) => {
        return `${(0,_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .operationRow */ .uV)(operation).words}${ratioPercent ? ` ${ratioPercent}%` : ''} (${operation})`;
    });
    return ([...sends, ...(step.waits ? ['wait'] : [])].join(', then ') ||
        'nothing: the end state of the stage has been reached');
}
function history(report) {
    if (report.history.length === 0)
        return '';
    const rows = report.history
        .slice(0, MAX_ROWS)
        .map(({ time, type, operator, comment }) => [
        (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .escapeMarkdown */ .FV)(time, 60),
        (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .escapeMarkdown */ .FV)(type, 60),
        (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .escapeMarkdown */ .FV)(operator, 60),
        (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .escapeMarkdown */ .FV)(comment, 500),
    ]);
    return `### History\n\n${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .table */ .tp)(rows, ['Time', 'What', 'Who', 'Comment'])}${restOf(report.history)}`;
}
function operations(report) {
    const sent = report.operations.filter(({ operation }) => _release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .OPERATIONS */ .xb[operation].access === 'write');
    if (sent.length === 0)
        return '';
    const rows = sent
        .slice(0, MAX_ROWS)
        .map(({ operation, startedAtMs, ok, traceId }) => [
        new Date(startedAtMs).toISOString().slice(11, 19),
        `${(0,_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .operationRow */ .uV)(operation).words} (${operation})`,
        ok ? 'accepted' : 'not accepted',
        traceId ? (0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(traceId, 100) : '',
    ]);
    return `### What was sent\n\n${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .table */ .tp)(rows, ['UTC', 'Operation', 'Response', 'Trace id'])}${restOf(sent)}`;
}
/** What stands below a table of the first MAX_ROWS. */
function restOf(all) {
    return all.length > MAX_ROWS ? `\n\n${all.length - MAX_ROWS} more are in the report.` : '';
}
const SOURCES = {
    documented: 'documented by the vendor',
    observed: 'observed elsewhere',
    inferred: 'inferred: prove it with a recording (docs/portal.md)',
};
/** What a status step shows of a portal whose API is not described. */
function probed({ probe = [] }) {
    if (probe.length === 0)
        return '';
    const rows = probe.map(({ operation, mark, answer }) => {
        if (answer === 'answered')
            return [(0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(operation), (0,_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .operationRow */ .uV)(operation).words, '✅ answered by this portal just now'];
        const failed = answer === 'failed' ? '❌ not answered by this portal just now; ' : '';
        return [(0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(operation), (0,_release_lifecycle_js__WEBPACK_IMPORTED_MODULE_0__/* .operationRow */ .uV)(operation).words, failed + SOURCES[mark]];
    });
    const answered = probe.filter(({ answer }) => answer === 'answered').length;
    const head = `<details><summary>What is known of this portal: ${answered} of ${probe.length} operations answered just now</summary>`;
    return `${head}\n\n${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .table */ .tp)(rows, ['Operation', 'What it does', 'How sure'])}\n\n</details>`;
}
function runFacts(report) {
    const took = (0,_lib_format_js__WEBPACK_IMPORTED_MODULE_6__/* .formatDuration */ .a3)(Date.parse(report.endedAt) - Date.parse(report.startedAt));
    const who = report.run.triggeringActor ? ` Started by ${(0,_markdown_js__WEBPACK_IMPORTED_MODULE_5__/* .code */ .aY)(report.run.triggeringActor, 100)}.` : '';
    return `<sub>${report.looks} ${report.looks === 1 ? 'poll' : 'polls'}, ${took}, ended ${report.endedAt}.${who}</sub>`;
}


/***/ })

};
