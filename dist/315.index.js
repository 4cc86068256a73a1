export const id = 315;
export const ids = [315];
export const modules = {

/***/ 7315:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  createHealthCheck: () => (/* binding */ createHealthCheck)
});

// EXTERNAL MODULE: ./build/src/errors.js
var errors = __webpack_require__(7406);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(8522);
;// CONCATENATED MODULE: ./build/src/portal/decode.js
/** The bytes of a response body -> its text: content codings undone, byte-order marks read and removed. */

/** The content codings of RFC 9110, 8.4.1. */
const DECODERS = {
    gzip: external_node_zlib_.gunzipSync,
    'x-gzip': external_node_zlib_.gunzipSync,
    // Some servers send the bare stream without the zlib header that the RFC asks for.
    deflate: (body, options) => (hasZlibHeader(body) ? (0,external_node_zlib_.inflateSync)(body, options) : (0,external_node_zlib_.inflateRawSync)(body, options)),
    br: external_node_zlib_.brotliDecompressSync,
};
/** Two are rare already. Each layer costs up to `maxBytes` of work, so a header must not name hundreds. */
const MAX_CODINGS = 4;
/**
 * The text of a response body. `encodingHeader` is the Content-Encoding; the body is decompressed to at most `maxBytes`
 * in each step. UTF-8, and UTF-16 by its byte-order mark or by the NUL beside its first character (RFC 4627, 3).
 *
 * @throws RangeError where the body is larger than `maxBytes`; Error where it cannot be decompressed. Both messages
 *   complete the sentence "The response is ...".
 */
function decodeBody(body, encodingHeader, maxBytes) {
    const codings = codingsOf(encodingHeader);
    // Some servers send a file that is gzip and do not say so. No text begins with these bytes.
    const isGzip = codings.length === 0 && body[0] === 0x1f && body[1] === 0x8b;
    const bytes = decompress(body, isGzip ? ['gzip'] : codings, maxBytes);
    return new TextDecoder(charsetOf(bytes)).decode(bytes);
}
/** In the order in which they were applied. */
function codingsOf(header = '') {
    return header
        .toLowerCase()
        .split(',')
        .map((coding) => coding.trim())
        .filter((coding) => coding !== '' && coding !== 'identity');
}
function decompress(body, codings, maxBytes) {
    if (body.length > maxBytes)
        throw tooLarge(maxBytes);
    const coding = codings.at(-1);
    // Also HEAD, 204 and 304 name the coding of a body that they do not have.
    if (coding === undefined || body.length === 0)
        return body;
    const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding] : undefined;
    if (!decoder || codings.length > MAX_CODINGS)
        throw new Error('compressed in a way that is not supported');
    return decompress(run(decoder, body, maxBytes), codings.slice(0, -1), maxBytes);
}
function run(decoder, body, maxBytes) {
    try {
        return decoder(body, { maxOutputLength: maxBytes });
    }
    catch (cause) {
        if (cause instanceof RangeError)
            throw tooLarge(maxBytes);
        throw new Error('compressed, and the compressed data is damaged or cut', { cause });
    }
}
function tooLarge(maxBytes) {
    return new RangeError(`larger than ${maxBytes} bytes`);
}
/** RFC 1950, 2.2: method 8, and both bytes together a multiple of 31. */
function hasZlibHeader(body) {
    return body.length >= 2 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}
/** TextDecoder removes the byte-order mark itself. */
function charsetOf(text) {
    const [first, second] = text;
    if ((first === 0xff && second === 0xfe) || (first && second === 0))
        return 'utf-16le';
    if ((first === 0xfe && second === 0xff) || (first === 0 && second))
        return 'utf-16be';
    return 'utf-8';
}

// EXTERNAL MODULE: ./build/src/portal/transport.js
var transport = __webpack_require__(8381);
// EXTERNAL MODULE: ./build/src/text.js
var src_text = __webpack_require__(706);
;// CONCATENATED MODULE: ./build/src/health.js
/** The canary's health check: no credentials, no redirects, ten seconds, 64 KiB. */




const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 1024;
const bad = (why) => ({ verdict: 'bad', why });
/**
 * One request each call. Bad is: no response, not 2xx, JSON that says `"healthy": false`, and what was sent as JSON and
 * cannot be understood. Throws nothing but Cancelled.
 */
async function createHealthCheck(url, signal, send = transport/* exchange */.cv) {
    const agent = await (0,transport/* createAgent */.Sn)(url);
    return async () => {
        try {
            const response = await send({
                method: 'GET',
                url,
                agent,
                headers: { accept: 'application/json', 'user-agent': transport/* USER_AGENT */._O },
                timeoutMs: TIMEOUT_MS,
                maxBytes: MAX_BYTES,
                signal,
            });
            return healthOf(response);
        }
        catch (error) {
            if (error instanceof errors/* Cancelled */.cJ)
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
        text = decodeBody(body, headers['content-encoding'], MAX_BYTES);
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
    return (0,src_text/* cleanLine */.Ow)(error instanceof Error ? error.message : String(error), 200);
}


/***/ })

};
