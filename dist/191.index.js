export const id = 191;
export const ids = [191,320];
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

/***/ 2191:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  publish: () => (/* binding */ publish)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: external "os"
var external_os_ = __webpack_require__(857);
;// CONCATENATED MODULE: ./build/src/node_modules/@actions/core/lib/utils.js
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */
/**
 * Sanitizes an input into a string so it can be passed into issueCommand safely
 * @param input input to sanitize into a string
 */
function utils_toCommandValue(input) {
    if (input === null || input === undefined) {
        return '';
    }
    else if (typeof input === 'string' || input instanceof String) {
        return input;
    }
    return JSON.stringify(input);
}
/**
 *
 * @param annotationProperties
 * @returns The command properties to send with the actual annotation command
 * See IssueCommandProperties: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs#L646
 */
function utils_toCommandProperties(annotationProperties) {
    if (!Object.keys(annotationProperties).length) {
        return {};
    }
    return {
        title: annotationProperties.title,
        file: annotationProperties.file,
        line: annotationProperties.startLine,
        endLine: annotationProperties.endLine,
        col: annotationProperties.startColumn,
        endColumn: annotationProperties.endColumn
    };
}
//# sourceMappingURL=utils.js.map
;// CONCATENATED MODULE: ./build/src/node_modules/@actions/core/lib/command.js


/**
 * Issues a command to the GitHub Actions runner
 *
 * @param command - The command name to issue
 * @param properties - Additional properties for the command (key-value pairs)
 * @param message - The message to include with the command
 * @remarks
 * This function outputs a specially formatted string to stdout that the Actions
 * runner interprets as a command. These commands can control workflow behavior,
 * set outputs, create annotations, mask values, and more.
 *
 * Command Format:
 *   ::name key=value,key=value::message
 *
 * @example
 * ```typescript
 * // Issue a warning annotation
 * issueCommand('warning', {}, 'This is a warning message');
 * // Output: ::warning::This is a warning message
 *
 * // Set an environment variable
 * issueCommand('set-env', { name: 'MY_VAR' }, 'some value');
 * // Output: ::set-env name=MY_VAR::some value
 *
 * // Add a secret mask
 * issueCommand('add-mask', {}, 'secretValue123');
 * // Output: ::add-mask::secretValue123
 * ```
 *
 * @internal
 * This is an internal utility function that powers the public API functions
 * such as setSecret, warning, error, and exportVariable.
 */
function command_issueCommand(command, properties, message) {
    const cmd = new Command(command, properties, message);
    process.stdout.write(cmd.toString() + external_os_.EOL);
}
function command_issue(name, message = '') {
    command_issueCommand(name, {}, message);
}
const CMD_STRING = '::';
class Command {
    constructor(command, properties, message) {
        if (!command) {
            command = 'missing.command';
        }
        this.command = command;
        this.properties = properties;
        this.message = message;
    }
    toString() {
        let cmdStr = CMD_STRING + this.command;
        if (this.properties && Object.keys(this.properties).length > 0) {
            cmdStr += ' ';
            let first = true;
            for (const key in this.properties) {
                if (this.properties.hasOwnProperty(key)) {
                    const val = this.properties[key];
                    if (val) {
                        if (first) {
                            first = false;
                        }
                        else {
                            cmdStr += ',';
                        }
                        cmdStr += `${key}=${escapeProperty(val)}`;
                    }
                }
            }
        }
        cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
        return cmdStr;
    }
}
function escapeData(s) {
    return utils_toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A');
}
function escapeProperty(s) {
    return utils_toCommandValue(s)
        .replace(/%/g, '%25')
        .replace(/\r/g, '%0D')
        .replace(/\n/g, '%0A')
        .replace(/:/g, '%3A')
        .replace(/,/g, '%2C');
}
//# sourceMappingURL=command.js.map
// EXTERNAL MODULE: external "crypto"
var external_crypto_ = __webpack_require__(6982);
// EXTERNAL MODULE: external "fs"
var external_fs_ = __webpack_require__(9896);
;// CONCATENATED MODULE: ./build/src/node_modules/@actions/core/lib/file-command.js
// For internal use, subject to change.
// We use any as a valid input type
/* eslint-disable @typescript-eslint/no-explicit-any */




function file_command_issueFileCommand(command, message) {
    const filePath = process.env[`GITHUB_${command}`];
    if (!filePath) {
        throw new Error(`Unable to find environment variable for file command ${command}`);
    }
    if (!external_fs_.existsSync(filePath)) {
        throw new Error(`Missing file at path: ${filePath}`);
    }
    external_fs_.appendFileSync(filePath, `${utils_toCommandValue(message)}${external_os_.EOL}`, {
        encoding: 'utf8'
    });
}
function file_command_prepareKeyValueMessage(key, value) {
    const delimiter = `ghadelimiter_${external_crypto_.randomUUID()}`;
    const convertedValue = utils_toCommandValue(value);
    // These should realistically never happen, but just in case someone finds a
    // way to exploit uuid generation let's not allow keys or values that contain
    // the delimiter.
    if (key.includes(delimiter)) {
        throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
    }
    if (convertedValue.includes(delimiter)) {
        throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
    }
    return `${key}<<${delimiter}${external_os_.EOL}${convertedValue}${external_os_.EOL}${delimiter}`;
}
//# sourceMappingURL=file-command.js.map
// EXTERNAL MODULE: external "path"
var external_path_ = __webpack_require__(6928);
;// CONCATENATED MODULE: ./build/src/node_modules/@actions/core/lib/core.js
var __awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};






/**
 * The code to exit an action
 */
var ExitCode;
(function (ExitCode) {
    /**
     * A code indicating that the action was successful
     */
    ExitCode[ExitCode["Success"] = 0] = "Success";
    /**
     * A code indicating that the action was a failure
     */
    ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
//-----------------------------------------------------------------------
// Variables
//-----------------------------------------------------------------------
/**
 * Sets env variable for this action and future actions in the job
 * @param name the name of the variable to set
 * @param val the value of the variable. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function exportVariable(name, val) {
    const convertedVal = toCommandValue(val);
    process.env[name] = convertedVal;
    const filePath = process.env['GITHUB_ENV'] || '';
    if (filePath) {
        return issueFileCommand('ENV', prepareKeyValueMessage(name, val));
    }
    issueCommand('set-env', { name }, convertedVal);
}
/**
 * Registers a secret which will get masked from logs
 *
 * @param secret - Value of the secret to be masked
 * @remarks
 * This function instructs the Actions runner to mask the specified value in any
 * logs produced during the workflow run. Once registered, the secret value will
 * be replaced with asterisks (***) whenever it appears in console output, logs,
 * or error messages.
 *
 * This is useful for protecting sensitive information such as:
 * - API keys
 * - Access tokens
 * - Authentication credentials
 * - URL parameters containing signatures (SAS tokens)
 *
 * Note that masking only affects future logs; any previous appearances of the
 * secret in logs before calling this function will remain unmasked.
 *
 * @example
 * ```typescript
 * // Register an API token as a secret
 * const apiToken = "abc123xyz456";
 * setSecret(apiToken);
 *
 * // Now any logs containing this value will show *** instead
 * console.log(`Using token: ${apiToken}`); // Outputs: "Using token: ***"
 * ```
 */
function setSecret(secret) {
    issueCommand('add-mask', {}, secret);
}
/**
 * Prepends inputPath to the PATH (for this action and future actions)
 * @param inputPath
 */
function addPath(inputPath) {
    const filePath = process.env['GITHUB_PATH'] || '';
    if (filePath) {
        issueFileCommand('PATH', inputPath);
    }
    else {
        issueCommand('add-path', {}, inputPath);
    }
    process.env['PATH'] = `${inputPath}${path.delimiter}${process.env['PATH']}`;
}
/**
 * Gets the value of an input.
 * Unless trimWhitespace is set to false in InputOptions, the value is also trimmed.
 * Returns an empty string if the value is not defined.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string
 */
function getInput(name, options) {
    const val = process.env[`INPUT_${name.replace(/ /g, '_').toUpperCase()}`] || '';
    if (options && options.required && !val) {
        throw new Error(`Input required and not supplied: ${name}`);
    }
    if (options && options.trimWhitespace === false) {
        return val;
    }
    return val.trim();
}
/**
 * Gets the values of an multiline input.  Each value is also trimmed.
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   string[]
 *
 */
function getMultilineInput(name, options) {
    const inputs = getInput(name, options)
        .split('\n')
        .filter(x => x !== '');
    if (options && options.trimWhitespace === false) {
        return inputs;
    }
    return inputs.map(input => input.trim());
}
/**
 * Gets the input value of the boolean type in the YAML 1.2 "core schema" specification.
 * Support boolean input list: `true | True | TRUE | false | False | FALSE` .
 * The return value is also in boolean type.
 * ref: https://yaml.org/spec/1.2/spec.html#id2804923
 *
 * @param     name     name of the input to get
 * @param     options  optional. See InputOptions.
 * @returns   boolean
 */
function getBooleanInput(name, options) {
    const trueValue = ['true', 'True', 'TRUE'];
    const falseValue = ['false', 'False', 'FALSE'];
    const val = getInput(name, options);
    if (trueValue.includes(val))
        return true;
    if (falseValue.includes(val))
        return false;
    throw new TypeError(`Input does not meet YAML 1.2 "Core Schema" specification: ${name}\n` +
        `Support boolean input list: \`true | True | TRUE | false | False | FALSE\``);
}
/**
 * Sets the value of an output.
 *
 * @param     name     name of the output to set
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function setOutput(name, value) {
    const filePath = process.env['GITHUB_OUTPUT'] || '';
    if (filePath) {
        return file_command_issueFileCommand('OUTPUT', file_command_prepareKeyValueMessage(name, value));
    }
    process.stdout.write(external_os_.EOL);
    command_issueCommand('set-output', { name }, utils_toCommandValue(value));
}
/**
 * Enables or disables the echoing of commands into stdout for the rest of the step.
 * Echoing is disabled by default if ACTIONS_STEP_DEBUG is not set.
 *
 */
function setCommandEcho(enabled) {
    issue('echo', enabled ? 'on' : 'off');
}
//-----------------------------------------------------------------------
// Results
//-----------------------------------------------------------------------
/**
 * Sets the action status to failed.
 * When the action exits it will be with an exit code of 1
 * @param message add error issue message
 */
function setFailed(message) {
    process.exitCode = ExitCode.Failure;
    error(message);
}
//-----------------------------------------------------------------------
// Logging Commands
//-----------------------------------------------------------------------
/**
 * Gets whether Actions Step Debug is on or not
 */
function isDebug() {
    return process.env['RUNNER_DEBUG'] === '1';
}
/**
 * Writes debug message to user log
 * @param message debug message
 */
function debug(message) {
    issueCommand('debug', {}, message);
}
/**
 * Adds an error issue
 * @param message error issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function error(message, properties = {}) {
    issueCommand('error', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a warning issue
 * @param message warning issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function warning(message, properties = {}) {
    issueCommand('warning', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Adds a notice issue
 * @param message notice issue message. Errors will be converted to string via toString()
 * @param properties optional properties to add to the annotation.
 */
function notice(message, properties = {}) {
    issueCommand('notice', toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
 * Writes info to log with console.log.
 * @param message info message
 */
function info(message) {
    process.stdout.write(message + os.EOL);
}
/**
 * Begin an output group.
 *
 * Output until the next `groupEnd` will be foldable in this group
 *
 * @param name The name of the output group
 */
function startGroup(name) {
    issue('group', name);
}
/**
 * End an output group.
 */
function endGroup() {
    issue('endgroup');
}
/**
 * Wrap an asynchronous function call in a group.
 *
 * Returns the same type as the function itself.
 *
 * @param name The name of the group
 * @param fn The function to wrap in the group
 */
function group(name, fn) {
    return __awaiter(this, void 0, void 0, function* () {
        startGroup(name);
        let result;
        try {
            result = yield fn();
        }
        finally {
            endGroup();
        }
        return result;
    });
}
//-----------------------------------------------------------------------
// Wrapper action state
//-----------------------------------------------------------------------
/**
 * Saves state for current action, the state can only be retrieved by this action's post job execution.
 *
 * @param     name     name of the state to store
 * @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function saveState(name, value) {
    const filePath = process.env['GITHUB_STATE'] || '';
    if (filePath) {
        return issueFileCommand('STATE', prepareKeyValueMessage(name, value));
    }
    issueCommand('save-state', { name }, toCommandValue(value));
}
/**
 * Gets the value of an state set by this action's main execution.
 *
 * @param     name     name of the state to get
 * @returns   string
 */
function getState(name) {
    return process.env[`STATE_${name}`] || '';
}
function getIDToken(aud) {
    return __awaiter(this, void 0, void 0, function* () {
        return yield OidcClient.getIDToken(aud);
    });
}
/**
 * Summary exports
 */

/**
 * @deprecated use core.summary
 */

/**
 * Path exports
 */

/**
 * Platform utilities exports
 */

//# sourceMappingURL=core.js.map
;// CONCATENATED MODULE: ./build/src/node_modules/@actions/core/lib/summary.js
var summary_awaiter = (undefined && undefined.__awaiter) || function (thisArg, _arguments, P, generator) {
    function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
    return new (P || (P = Promise))(function (resolve, reject) {
        function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
        function rejected(value) { try { step(generator["throw"](value)); } catch (e) { reject(e); } }
        function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled, rejected); }
        step((generator = generator.apply(thisArg, _arguments || [])).next());
    });
};


const { access, appendFile, writeFile } = external_fs_.promises;
const SUMMARY_ENV_VAR = 'GITHUB_STEP_SUMMARY';
const SUMMARY_DOCS_URL = 'https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions#adding-a-job-summary';
class Summary {
    constructor() {
        this._buffer = '';
    }
    /**
     * Finds the summary file path from the environment, rejects if env var is not found or file does not exist
     * Also checks r/w permissions.
     *
     * @returns step summary file path
     */
    filePath() {
        return summary_awaiter(this, void 0, void 0, function* () {
            if (this._filePath) {
                return this._filePath;
            }
            const pathFromEnv = process.env[SUMMARY_ENV_VAR];
            if (!pathFromEnv) {
                throw new Error(`Unable to find environment variable for $${SUMMARY_ENV_VAR}. Check if your runtime environment supports job summaries.`);
            }
            try {
                yield access(pathFromEnv, external_fs_.constants.R_OK | external_fs_.constants.W_OK);
            }
            catch (_a) {
                throw new Error(`Unable to access summary file: '${pathFromEnv}'. Check if the file has correct read/write permissions.`);
            }
            this._filePath = pathFromEnv;
            return this._filePath;
        });
    }
    /**
     * Wraps content in an HTML tag, adding any HTML attributes
     *
     * @param {string} tag HTML tag to wrap
     * @param {string | null} content content within the tag
     * @param {[attribute: string]: string} attrs key-value list of HTML attributes to add
     *
     * @returns {string} content wrapped in HTML element
     */
    wrap(tag, content, attrs = {}) {
        const htmlAttrs = Object.entries(attrs)
            .map(([key, value]) => ` ${key}="${value}"`)
            .join('');
        if (!content) {
            return `<${tag}${htmlAttrs}>`;
        }
        return `<${tag}${htmlAttrs}>${content}</${tag}>`;
    }
    /**
     * Writes text in the buffer to the summary buffer file and empties buffer. Will append by default.
     *
     * @param {SummaryWriteOptions} [options] (optional) options for write operation
     *
     * @returns {Promise<Summary>} summary instance
     */
    write(options) {
        return summary_awaiter(this, void 0, void 0, function* () {
            const overwrite = !!(options === null || options === void 0 ? void 0 : options.overwrite);
            const filePath = yield this.filePath();
            const writeFunc = overwrite ? writeFile : appendFile;
            yield writeFunc(filePath, this._buffer, { encoding: 'utf8' });
            return this.emptyBuffer();
        });
    }
    /**
     * Clears the summary buffer and wipes the summary file
     *
     * @returns {Summary} summary instance
     */
    clear() {
        return summary_awaiter(this, void 0, void 0, function* () {
            return this.emptyBuffer().write({ overwrite: true });
        });
    }
    /**
     * Returns the current summary buffer as a string
     *
     * @returns {string} string of summary buffer
     */
    stringify() {
        return this._buffer;
    }
    /**
     * If the summary buffer is empty
     *
     * @returns {boolen} true if the buffer is empty
     */
    isEmptyBuffer() {
        return this._buffer.length === 0;
    }
    /**
     * Resets the summary buffer without writing to summary file
     *
     * @returns {Summary} summary instance
     */
    emptyBuffer() {
        this._buffer = '';
        return this;
    }
    /**
     * Adds raw text to the summary buffer
     *
     * @param {string} text content to add
     * @param {boolean} [addEOL=false] (optional) append an EOL to the raw text (default: false)
     *
     * @returns {Summary} summary instance
     */
    addRaw(text, addEOL = false) {
        this._buffer += text;
        return addEOL ? this.addEOL() : this;
    }
    /**
     * Adds the operating system-specific end-of-line marker to the buffer
     *
     * @returns {Summary} summary instance
     */
    addEOL() {
        return this.addRaw(external_os_.EOL);
    }
    /**
     * Adds an HTML codeblock to the summary buffer
     *
     * @param {string} code content to render within fenced code block
     * @param {string} lang (optional) language to syntax highlight code
     *
     * @returns {Summary} summary instance
     */
    addCodeBlock(code, lang) {
        const attrs = Object.assign({}, (lang && { lang }));
        const element = this.wrap('pre', this.wrap('code', code), attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML list to the summary buffer
     *
     * @param {string[]} items list of items to render
     * @param {boolean} [ordered=false] (optional) if the rendered list should be ordered or not (default: false)
     *
     * @returns {Summary} summary instance
     */
    addList(items, ordered = false) {
        const tag = ordered ? 'ol' : 'ul';
        const listItems = items.map(item => this.wrap('li', item)).join('');
        const element = this.wrap(tag, listItems);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML table to the summary buffer
     *
     * @param {SummaryTableCell[]} rows table rows
     *
     * @returns {Summary} summary instance
     */
    addTable(rows) {
        const tableBody = rows
            .map(row => {
            const cells = row
                .map(cell => {
                if (typeof cell === 'string') {
                    return this.wrap('td', cell);
                }
                const { header, data, colspan, rowspan } = cell;
                const tag = header ? 'th' : 'td';
                const attrs = Object.assign(Object.assign({}, (colspan && { colspan })), (rowspan && { rowspan }));
                return this.wrap(tag, data, attrs);
            })
                .join('');
            return this.wrap('tr', cells);
        })
            .join('');
        const element = this.wrap('table', tableBody);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds a collapsable HTML details element to the summary buffer
     *
     * @param {string} label text for the closed state
     * @param {string} content collapsable content
     *
     * @returns {Summary} summary instance
     */
    addDetails(label, content) {
        const element = this.wrap('details', this.wrap('summary', label) + content);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML image tag to the summary buffer
     *
     * @param {string} src path to the image you to embed
     * @param {string} alt text description of the image
     * @param {SummaryImageOptions} options (optional) addition image attributes
     *
     * @returns {Summary} summary instance
     */
    addImage(src, alt, options) {
        const { width, height } = options || {};
        const attrs = Object.assign(Object.assign({}, (width && { width })), (height && { height }));
        const element = this.wrap('img', null, Object.assign({ src, alt }, attrs));
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML section heading element
     *
     * @param {string} text heading text
     * @param {number | string} [level=1] (optional) the heading level, default: 1
     *
     * @returns {Summary} summary instance
     */
    addHeading(text, level) {
        const tag = `h${level}`;
        const allowedTag = ['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].includes(tag)
            ? tag
            : 'h1';
        const element = this.wrap(allowedTag, text);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML thematic break (<hr>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addSeparator() {
        const element = this.wrap('hr', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML line break (<br>) to the summary buffer
     *
     * @returns {Summary} summary instance
     */
    addBreak() {
        const element = this.wrap('br', null);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML blockquote to the summary buffer
     *
     * @param {string} text quote text
     * @param {string} cite (optional) citation url
     *
     * @returns {Summary} summary instance
     */
    addQuote(text, cite) {
        const attrs = Object.assign({}, (cite && { cite }));
        const element = this.wrap('blockquote', text, attrs);
        return this.addRaw(element).addEOL();
    }
    /**
     * Adds an HTML anchor tag to the summary buffer
     *
     * @param {string} text link text/content
     * @param {string} href hyperlink
     *
     * @returns {Summary} summary instance
     */
    addLink(text, href) {
        const element = this.wrap('a', text, { href });
        return this.addRaw(element).addEOL();
    }
}
const _summary = new Summary();
/**
 * @deprecated use `core.summary`
 */
const markdownSummary = (/* unused pure expression or super */ null && (_summary));
const summary = _summary;
//# sourceMappingURL=summary.js.map
// EXTERNAL MODULE: ./build/src/report/outputs.js + 1 modules
var outputs = __webpack_require__(1508);
// EXTERNAL MODULE: ./build/src/report/qr-code.js
var qr_code = __webpack_require__(8931);
// EXTERNAL MODULE: ./build/src/report/summary.js
var report_summary = __webpack_require__(3320);
;// CONCATENATED MODULE: ./build/src/report/publish.js
/** Writes outputs, report file and summary, where people and later steps find them. The report holds no secrets by now. */







/** What cannot be written is a warning, since the release itself is not affected. */
async function publish(report, publishing) {
    const { warn } = publishing;
    const safely = async (what, act) => {
        try {
            await act();
        }
        catch (error) {
            warn(`The ${what} could not be written: ${error instanceof Error ? error.message : String(error)}`);
        }
    };
    if (!publishing.hasOutputFile && !publishing.hasSummaryFile)
        return;
    const reportFile = (0,external_node_path_.join)(publishing.tempDir, `gopay-miniapp-release-${(0,external_node_crypto_.randomUUID)()}.json`);
    let written = '';
    await safely('report file', async () => {
        await (0,promises_.writeFile)(reportFile, `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 });
        written = reportFile;
    });
    await safely('outputs', async () => {
        if (!publishing.hasOutputFile)
            return;
        for (const [name, value] of Object.entries((0,outputs/* outputsOf */.Y)(report, written)))
            setOutput(name, value);
    });
    await safely('job summary', async () => {
        if (!publishing.hasSummaryFile)
            return;
        const qrCode = report.showPreview && report.previewUrl ? await (0,qr_code/* drawQrCode */.H)(report.previewUrl) : undefined;
        await summary.addRaw((0,report_summary/* summaryOf */.Y)(report, { qrCode }), true).write();
    });
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
