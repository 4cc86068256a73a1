export const id = 702;
export const ids = [702];
export const modules = {

/***/ 9702:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  openPackage: () => (/* binding */ openPackage),
  packageVersion: () => (/* binding */ packageVersion)
});

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
// EXTERNAL MODULE: external "node:fs/promises"
var promises_ = __webpack_require__(1455);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ./build/src/lib/errors.js
var errors = __webpack_require__(9862);
// EXTERNAL MODULE: ./build/src/lib/paths.js
var paths = __webpack_require__(7569);
// EXTERNAL MODULE: ./build/src/lib/text.js
var lib_text = __webpack_require__(5498);
// EXTERNAL MODULE: external "node:zlib"
var external_node_zlib_ = __webpack_require__(8522);
// EXTERNAL MODULE: ./node_modules/yauzl/index.js
var yauzl = __webpack_require__(663);
;// CONCATENATED MODULE: ./build/src/package/inspection.js
/** What is wrong with a package: rules for names, and every fault found, to be told at once. */


/** Above this a ZIP needs the zip64 format, which not every unpacker reads. */
const MAX_ENTRIES = 65_535;
/** Unpacked, in bytes: no miniapp comes near it, and a ZIP bomb stops here. */
const MAX_TOTAL_BYTES = 2 * 1024 ** 3;
const MAX_NAME_BYTES = 1024;
const MAX_TOLD = 20;
/** Path parts that never belong to what users download, each matched against a whole part in lower case. */
const FORBIDDEN = [
    [/^\.(git|svn|hg)$/, 'is version control data'],
    [/^\.env/, 'may hold secrets of the build'],
    [/^(\.npmrc|\.yarnrc\.yml|\.netrc|\.git-credentials)$/, 'may hold credentials'],
    [/^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/, 'is a private key by its name'],
    [/\.(p12|pfx|jks|keystore|ppk)$/, 'is a key store by its name'],
];
/** What operating systems leave in folders, each matched against a whole part in lower case. */
const CLUTTER = /^(__macosx|\.ds_store|\._.*|thumbs\.db|ehthumbs\.db|desktop\.ini)$/;
/** A foreign name as it may be shown: quoted, on one line, bounded. */
function quoted(name) {
    return `"${(0,lib_text/* cleanLine */.Ow)(name, 120)}"`;
}
/** The faults of one package, and the names that have been seen in it. */
class Inspection {
    #faults = new Set();
    /** Names at the root, those of refused ones too, so that a linked index.html is not also a missing one. */
    #root = new Map();
    /** Files by their name as the laxest file system compares it. */
    #files = new Map();
    #folders = new Map();
    #nestedIndexes = [];
    #clutter = new Set();
    /** Notes a fault: a clause without a full stop. The same one twice is one. */
    fault(what) {
        this.#faults.add(what);
    }
    /** Notes the name of a file or folder (`/` between its parts) and what is wrong with it. True: it may be packed. */
    acceptsName(name, kind) {
        const fault = malformed(name) ?? forbidden(name);
        if (fault !== undefined)
            this.fault(fault);
        const top = name.split('/', 1)[0] ?? '';
        if (top !== '' && this.#root.get(top) !== 'file')
            this.#root.set(top, top === name ? kind : 'folder');
        return fault === undefined;
    }
    /** Whether a name is of something that an operating system left behind; notes it, of a whole folder once. */
    isClutter(name) {
        const parts = name.split('/');
        const index = parts.findIndex((part) => CLUTTER.test(part.toLowerCase()));
        if (index !== -1)
            this.#clutter.add(parts.slice(0, index + 1).join('/'));
        return index !== -1;
    }
    /** The clutter so far, as it may be shown; empty where there is none. */
    get clutter() {
        const names = [...this.#clutter];
        const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
        return names.slice(0, 5).map(quoted).join(', ') + more;
    }
    /** Notes an accepted name as part of the package, and whether it can stand beside the ones before it. */
    add(name, kind) {
        const key = comparable(name);
        const same = this.#files.get(key) ?? (kind === 'file' ? undefined : this.#folders.get(name));
        if (same !== undefined)
            this.fault(clash(same, name));
        else
            (kind === 'file' ? this.#files : this.#folders).set(kind === 'file' ? key : name, name);
        if (kind === 'file' && name.endsWith('/index.html'))
            this.#nestedIndexes.push(name);
    }
    /** Ends the inspection: what only the whole package shows, then throws `package-invalid` if there was any fault. */
    finish(path, kind) {
        this.#checkFoldersAreNoFiles();
        const indexFolder = this.#checkIndex();
        const todo = indexFolder === undefined ? undefined : todoForNestedIndex(path, kind, indexFolder);
        this.throwIfFaulty(todo);
    }
    /** Throws a ReleaseError that tells all faults so far, the first of them in full. */
    throwIfFaulty(todo) {
        const all = [...this.#faults];
        if (all.length === 0)
            return;
        const told = all.slice(0, MAX_TOLD).join('; ');
        const more = all.length > MAX_TOLD ? `; and ${all.length - MAX_TOLD} more` : '';
        const found = all.length === 1 ? `It has a fault: ${told}.` : `It has ${all.length} faults: ${told}${more}.`;
        throw new errors/* ReleaseError */.K2('package-invalid', todo === undefined ? { found } : { found, todo });
    }
    /** `a` as a file and `a/b` beside it: only one of them can be unpacked. */
    #checkFoldersAreNoFiles() {
        for (const name of [...this.#files.values(), ...[...this.#folders.values()].map((folder) => `${folder}/`)]) {
            for (let end = name.indexOf('/'); end !== -1; end = name.indexOf('/', end + 1)) {
                const file = this.#files.get(comparable(name.slice(0, end)));
                if (file !== undefined)
                    this.fault(`${quoted(file)} is both a file and a folder`);
            }
        }
    }
    /** The portal starts a miniapp at the index.html of the root. Returns the folder that has the only one. */
    #checkIndex() {
        if (this.#root.size === 0) {
            this.fault('it is empty');
            return undefined;
        }
        if (this.#root.get('index.html') === 'file')
            return undefined;
        const [nested, ...others] = this.#nestedIndexes;
        if (nested === undefined || others.length > 0) {
            this.fault(`there is no index.html at its root, where there is only: ${this.#rootListing()}`);
            return undefined;
        }
        const folder = nested.slice(0, -'index.html'.length);
        this.fault(`there is no index.html at its root, but one in ${quoted(folder)}`);
        return folder;
    }
    #rootListing() {
        const names = [...this.#root].map(([name, kind]) => quoted(kind === 'folder' ? `${name}/` : name));
        const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
        return names.slice(0, 10).join(', ') + more;
    }
}
/** The commonest mistake: the folder around the build was packed, not what is in it. */
function todoForNestedIndex(path, kind, indexFolder) {
    const how = kind === 'folder'
        ? `give ${quoted(`${path.replace(/[\\/]+$/, '')}/${indexFolder}`)} as package`
        : 'zip what is in it, not the folder itself';
    return `The package must be built from inside ${quoted(indexFolder)}: ${how}, and run the step again; nothing was sent.`;
}
/** Why a name cannot be unpacked the same way everywhere, if so. */
function malformed(name) {
    const why = whyMalformed(name);
    return why === undefined ? undefined : `the name ${quoted(name)} ${why}`;
}
function whyMalformed(name) {
    if (name === '')
        return 'is empty';
    if (Buffer.byteLength(name) > MAX_NAME_BYTES)
        return `is longer than ${MAX_NAME_BYTES} bytes`;
    // Line and paragraph separators and what turns the direction of text are controls to whoever reads the name.
    if (/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u.test(name))
        return 'has control characters';
    if (name.includes('\uFFFD'))
        return 'is not valid UTF-8';
    if (name.includes('\\'))
        return 'has a backslash';
    if (/^[A-Za-z]:/.test(name))
        return 'starts with a drive letter';
    if (name.startsWith('/'))
        return 'is absolute';
    const parts = name.split('/');
    if (parts.includes('..'))
        return 'has a ".." that leads out of its folder';
    if (parts.includes('.') || parts.includes(''))
        return 'has an empty part or a "." in its path';
    return undefined;
}
/** Why a file must not reach users, if so; of a whole folder it is said once. */
function forbidden(name) {
    const parts = name.split('/');
    for (const [index, part] of parts.entries()) {
        const rule = FORBIDDEN.find(([pattern]) => pattern.test(part.toLowerCase()));
        if (rule !== undefined)
            return `${quoted(parts.slice(0, index + 1).join('/'))} ${rule[1]}`;
    }
    return undefined;
}
/** Two names that one file system or another takes for the same: it ignores case or Unicode's way of composing. */
function comparable(name) {
    return name.normalize('NFC').toLowerCase();
}
function clash(first, second) {
    if (first === second)
        return `${quoted(second)} is in it twice`;
    return `${quoted(first)} and ${quoted(second)} are the same name on some devices`;
}

;// CONCATENATED MODULE: ./build/src/package/zip-layout.js
/**
 * Whether a ZIP is the same to everybody who unpacks it. Some go by the directory at its end, others read the entries
 * as the bytes come in. So each byte has to belong to an entry of the directory, and both have to say the same of it.
 * Offsets of fields are those of APPNOTE.TXT 4.3 (pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).
 */


const LOCAL_HEADER = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const ZIP64_END = 0x06064b50;
const ZIP64_LOCATOR = 0x07064b50;
const END_BYTES = 22;
const ZIP64_END_BYTES = 56;
const ZIP64_LOCATOR_BYTES = 20;
const DIRECTORY_HEADER_BYTES = 46;
const NOT_HERE_16 = 0xffff;
const NOT_HERE_32 = 0xffffffff;
/** The entry's sizes and checksum stand behind its data. */
const HAS_DESCRIPTOR = 0x08;
/** Ordinary and strong encryption. */
const IS_ENCRYPTED = 0x41;
/** Reads the records at the end of a ZIP that yauzl has opened, and notes where they contradict each other. */
async function readDirectory(handle, zip, inspection) {
    const endStart = zip.fileSize - END_BYTES - zip.comment.length;
    const end = await readBytes(handle, endStart, END_BYTES + zip.comment.length);
    if (/[^\P{Cc}\t\r\n]/u.test(end.toString('utf8', END_BYTES)))
        inspection.fault('its comment holds binary data');
    const locatorStart = endStart - ZIP64_LOCATOR_BYTES;
    const locator = await readBytes(handle, locatorStart, ZIP64_LOCATOR_BYTES);
    const isZip64 = locator.length === ZIP64_LOCATOR_BYTES && locator.readUInt32LE(0) === ZIP64_LOCATOR;
    if (!isZip64) {
        const [sizeBytes, start] = [end.readUInt32LE(12), end.readUInt32LE(16)];
        if (end.readUInt16LE(8) !== zip.entryCount)
            inspection.fault('its end record counts its entries in two ways');
        return { start, sizeBytes, surplusBytes: endStart - start - sizeBytes };
    }
    const recordStart = Number(locator.readBigUInt64LE(8));
    const record = await readBytes(handle, recordStart, ZIP64_END_BYTES);
    const [sizeBytes, start] = [Number(record.readBigUInt64LE(40)), Number(record.readBigUInt64LE(48))];
    const agree = record.readUInt32LE(0) === ZIP64_END &&
        recordStart + ZIP64_END_BYTES === locatorStart &&
        Number(record.readBigUInt64LE(24)) === zip.entryCount &&
        [8, 10].every((at) => [zip.entryCount, NOT_HERE_16].includes(end.readUInt16LE(at))) &&
        [sizeBytes, NOT_HERE_32].includes(end.readUInt32LE(12)) &&
        [start, NOT_HERE_32].includes(end.readUInt32LE(16));
    if (!agree)
        inspection.fault('its two end records contradict each other');
    return { start, sizeBytes, surplusBytes: recordStart - start - sizeBytes };
}
/** Gathers where the entries of a directory lie, and notes what belongs to none of them. */
class Layout {
    #spans = [];
    #directoryBytes = 0;
    #isWhole = true;
    /** Where the directory's next header begins, from the directory's start. */
    get directoryBytes() {
        return this.#directoryBytes;
    }
    /** Counts an entry's header in the directory, before its own header is known. */
    addToDirectory(entry) {
        const { fileNameLength, extraFieldLength, fileCommentLength } = entry;
        this.#directoryBytes += DIRECTORY_HEADER_BYTES + fileNameLength + extraFieldLength + fileCommentLength;
    }
    add(name, entry, header) {
        this.#spans.push({
            name,
            entry,
            start: entry.relativeOffsetOfLocalHeader,
            end: header.fileDataStart + entry.compressedSize,
            hasDescriptor: hasDescriptor(header),
        });
    }
    /** An entry has no header where the directory says: what lies between the others is not known. */
    lacksOne() {
        this.#isWhole = false;
    }
    /** Notes every gap and every overlap from the file's first byte to its directory's end. */
    async check(handle, directory, inspection) {
        if (this.#directoryBytes !== directory.sizeBytes) {
            inspection.fault(`its directory has ${directory.sizeBytes} bytes, but its entries take ${this.#directoryBytes}`);
        }
        if (!this.#isWhole)
            return;
        const spans = this.#spans.sort((a, b) => a.start - b.start || a.end - b.end);
        let position = 0;
        for (const [index, span] of spans.entries()) {
            if (span.start < position)
                inspection.fault(`${quoted(span.name)} lies within another entry`);
            else
                await noteGap(handle, position, span.start, inspection);
            const next = spans[index + 1]?.start ?? directory.start;
            position = Math.max(position, span.end + (await descriptorBytes(handle, span, next, inspection)));
        }
        if (position > directory.start)
            inspection.fault('its last entry reaches into its directory');
        else
            await noteGap(handle, position, directory.start, inspection);
    }
}
function isEncrypted(entry, header) {
    return ((entry.generalPurposeBitFlag | (header?.generalPurposeBitFlag ?? 0)) & IS_ENCRYPTED) !== 0;
}
function hasDescriptor(header) {
    return (header.generalPurposeBitFlag & HAS_DESCRIPTOR) !== 0;
}
/** What an entry's own header says otherwise than the directory, its name apart: `another method`. */
function differences(entry, header) {
    const found = [];
    if (header.compressionMethod !== entry.compressionMethod)
        found.push('another method');
    const [uncompressed, compressed] = sizesOf(header);
    // Whoever writes a descriptor mostly leaves zeros here.
    const isSame = (given, real) => given === real || (given === 0 && hasDescriptor(header));
    if (!isSame(uncompressed, entry.uncompressedSize) || !isSame(compressed, entry.compressedSize)) {
        found.push('other sizes');
    }
    if (!isSame(header.crc32, entry.crc32))
        found.push('another checksum');
    return found;
}
/** Uncompressed and compressed; each stands in the zip64 field where the header has no room. */
function sizesOf(header) {
    const zip64 = (0,yauzl/* parseExtraFields */.HM)(header.extraField).find(({ id }) => id === 1);
    let at = 0;
    const real = (size) => {
        if (size !== NOT_HERE_32 || !zip64 || zip64.data.length < at + 8)
            return size;
        at += 8;
        return Number(zip64.data.readBigUInt64LE(at - 8));
    };
    return [real(header.uncompressedSize), real(header.compressedSize)];
}
/** The length of the descriptor between an entry's data and the next entry: with or without signature, 32 or 64 bits. */
async function descriptorBytes(handle, span, next, inspection) {
    if (!span.hasDescriptor)
        return 0;
    const { crc32, compressedSize, uncompressedSize } = span.entry;
    const found = await readBytes(handle, span.end, 24);
    const forms = [4, 8].flatMap((width) => {
        const bytes = Buffer.alloc(8 + 2 * width);
        bytes.writeUInt32LE(DESCRIPTOR, 0);
        bytes.writeUInt32LE(crc32, 4);
        for (const [index, size] of [compressedSize, uncompressedSize].entries()) {
            bytes.writeUIntLE(size % 2 ** 32, 8 + index * width, 4);
            if (width === 8)
                bytes.writeUInt32LE(Math.floor(size / 2 ** 32), 12 + index * width);
        }
        return [bytes, bytes.subarray(4)];
    });
    const fitting = forms.filter((form) => found.subarray(0, form.length).equals(form));
    if (fitting.length === 0)
        inspection.fault(`${quoted(span.name)} lacks the descriptor that its header announces`);
    const form = fitting.find(({ length }) => span.end + length === next) ?? fitting[0];
    return form?.length ?? 0;
}
/** Notes bytes that belong to no entry; what is an entry to who reads the file from its start is named. */
async function noteGap(handle, start, end, inspection) {
    if (start === end)
        return;
    const header = await readBytes(handle, start, Math.min(30 + 1024, end - start));
    if (header.length >= 30 && header.readUInt32LE(0) === LOCAL_HEADER) {
        const name = header.toString('utf8', 30, 30 + header.readUInt16LE(26));
        inspection.fault(`${quoted(name)} is in it, but not in its directory`);
    }
    else if (start === 0) {
        inspection.fault(`it has ${end} bytes before its first entry, as a self-extracting archive has`);
    }
    else {
        inspection.fault(`${end - start} bytes at its offset ${start} belong to no entry`);
    }
}
/** At most `length` bytes; fewer at the file's end, and none before its start. */
async function readBytes(handle, position, length) {
    if (position < 0 || length <= 0)
        return Buffer.alloc(0);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
}

;// CONCATENATED MODULE: ./build/src/package/check-zip.js
/** Reads a whole ZIP, as an unpacker would, and notes everything for which it should not be sent. */






const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const REGULAR_FILE = 0o100000;
const FOLDER = 0o040000;
/** How much of any file is searched for a private key; a file that is named like one is searched to its end. */
const SEARCH_BYTES = 1024;
const KEY_HEADER = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/;
/** The header with a key behind it: a bundled crypto library holds the bare header as a constant, and may ship. */
const KEY = new RegExp(`${KEY_HEADER.source}(?:\\s|\\\\[rn])*[A-Za-z0-9+]`);
const ENTRY_MARK = /PK\x03\x04/;
/**
 * Checks every entry of the ZIP behind the handle, which stays open. Returns how many entries there are.
 *
 * Faults of entries go to the inspection. Throws ReleaseError `package-invalid` where the entries cannot be known.
 */
async function checkZip(handle, inspection) {
    const zip = await openZip(handle);
    if (zip.entryCount > MAX_ENTRIES)
        throw notReadable(`It has more than ${MAX_ENTRIES} entries.`);
    const directory = await readDirectory(handle, zip, inspection);
    if (directory.surplusBytes > 0)
        throw notReadable(await whySurplus(handle, directory.surplusBytes));
    const layout = new Layout();
    try {
        await checkEntries(zip, layout, inspection);
    }
    catch (error) {
        // Only the directory ends up here: each entry's own faults are noted where it is read.
        inspection.fault(await whyBrokenOff(handle, zip, directory.start + layout.directoryBytes, error));
        // What it does not list is not missing.
        inspection.throwIfFaulty();
    }
    await layout.check(handle, directory, inspection);
    return zip.entryCount;
}
async function whySurplus(handle, surplusBytes) {
    const start = await readBytes(handle, 0, 4);
    return start.readUInt32LE(0) === LOCAL_HEADER
        ? `It holds ${surplusBytes} bytes, before its entries or behind its directory, that its directory does not know of.`
        : `It has ${surplusBytes} bytes before its first entry, as a self-extracting archive has.`;
}
/** yauzl reads no further where an entry has strong encryption. */
async function whyBrokenOff(handle, zip, position, error) {
    const header = await readBytes(handle, position, 46 + 1024);
    if (/encryption/.test(said(error)) && header.length > 46) {
        return `${quoted(header.toString('utf8', 46, 46 + header.readUInt16LE(28)))} is encrypted`;
    }
    return `the ZIP's directory is damaged after ${zip.entriesRead} entries (${said(error)})`;
}
async function openZip(handle) {
    try {
        // autoClose off and no close(): the descriptor is the caller's, and is read again for the upload. Names are
        // decoded here, since yauzl ends at the first bad one and we want all of them.
        return await (0,yauzl/* fromFdPromise */.as)(handle.fd, { autoClose: false, decodeStrings: false, validateEntrySizes: true });
    }
    catch (error) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
        if (bytesRead === 0)
            throw notReadable('It is an empty file.');
        const isZip = buffer.readUInt32LE(0) === LOCAL_HEADER;
        throw notReadable(`It is ${isZip ? 'a ZIP that is cut off or damaged' : 'not a ZIP file'}: ${said(error)}.`);
    }
}
function notReadable(found) {
    return new errors/* ReleaseError */.K2('package-invalid', { found });
}
async function checkEntries(zip, layout, inspection) {
    let totalBytes = 0;
    for await (const entry of zip.eachEntry()) {
        totalBytes += entry.uncompressedSize;
        layout.addToDirectory(entry);
        const name = checkName(entry, inspection);
        const header = await checkHeader(zip, entry, name, inspection);
        if (header)
            layout.add(name, entry, header);
        else
            layout.lacksOne();
        // Each entry is held to the size it declares, so the declared sizes bound what is ever inflated.
        if (totalBytes > MAX_TOTAL_BYTES)
            inspection.fault(`it unpacks to more than ${MAX_TOTAL_BYTES} bytes`);
        else if (header)
            await checkContent(zip, entry, header, name, inspection);
    }
}
/** Who unpacks as the bytes come in goes by the entry's header, everybody else by the directory. */
async function checkHeader(zip, entry, name, inspection) {
    try {
        const header = await zip.readLocalFileHeaderPromise(entry);
        const names = namesOf(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields);
        const extraFields = (0,yauzl/* parseExtraFields */.HM)(header.extraField);
        const isNamedOtherwise = !header.fileName.equals(entry.fileNameRaw) ||
            namesOf(header.generalPurposeBitFlag, header.fileName, extraFields).some((each) => !names.includes(each));
        const all = [...(isNamedOtherwise ? ['another name'] : []), ...differences(entry, header)];
        if (all.length > 0)
            inspection.fault(`${quoted(name)} has ${all.join(' and ')} in its header`);
        return header;
    }
    catch (error) {
        inspection.fault(`${quoted(name)} cannot be unpacked (${said(error)})`);
        return undefined;
    }
}
/** Notes the entry's name and kind. Returns the name, without the `/` at a folder's end. */
function checkName(entry, inspection) {
    const names = namesOf(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields).map((name) => name.replace(/\/$/, ''));
    const name = names.at(-1) ?? '';
    const kind = isFolder(entry) ? 'folder' : 'file';
    const accepted = names.map((each) => inspection.acceptsName(each, kind));
    const type = fileType(entry);
    if (type === SYMBOLIC_LINK)
        inspection.fault(`${quoted(name)} is a symbolic link`);
    else if (type !== 0 && type !== (kind === 'file' ? REGULAR_FILE : FOLDER)) {
        inspection.fault(`${quoted(name)} is not a regular file`);
    }
    if (accepted.every(Boolean))
        inspection.add(name, kind);
    inspection.isClutter(name);
    return name;
}
/**
 * The entry's name, and the other one where an Info-ZIP Unicode Path field gives it: which of the two is taken
 * depends on who unpacks. The last is the one that counts here.
 */
function namesOf(flags, raw, extraFields) {
    const plain = (0,yauzl/* getFileNameLowLevel */.ax)(flags, raw, [], true);
    const unicode = (0,yauzl/* getFileNameLowLevel */.ax)(flags, raw, extraFields, true);
    // Code page 437, which is the names' where UTF-8 is not declared, has pictures for control characters.
    const shown = raw.some((byte) => byte < 0x20 || byte === 0x7f) ? raw.toString('latin1') : plain;
    return shown === unicode ? [shown] : [shown, unicode];
}
function isFolder(entry) {
    return entry.fileNameRaw.at(-1) === 0x2f;
}
/** The Unix file type, 0 where the tool that made the ZIP gave none. */
function fileType(entry) {
    return (entry.externalFileAttributes >>> 16) & FILE_TYPE;
}
async function checkContent(zip, entry, header, name, inspection) {
    if (isEncrypted(entry, header))
        return inspection.fault(`${quoted(name)} is encrypted`);
    if (!entry.canDecodeFileData()) {
        return inspection.fault(`${quoted(name)} is compressed in a way (${entry.compressionMethod}) other than deflate`);
    }
    try {
        const content = await readContent(zip, entry, header, name);
        if (content.crc !== entry.crc32)
            inspection.fault(`${quoted(name)} is damaged (its CRC-32 does not match)`);
        if (content.holdsKey)
            inspection.fault(`${quoted(name)} holds a private key`);
        if (content.holdsEntry) {
            inspection.fault(`${quoted(name)} is stored without its size and holds a ZIP that some unpack with it`);
        }
    }
    catch (error) {
        inspection.fault(`${quoted(name)} cannot be unpacked (${said(error)})`);
    }
}
async function readContent(zip, entry, header, name) {
    // Where such an entry ends is found by looking for what follows it.
    const isOpenEnded = entry.compressionMethod === 0 && hasDescriptor(header);
    const mark = isOpenEnded ? new Search(ENTRY_MARK, true) : undefined;
    const key = new Search(/\.(pem|key)$/i.test(name) ? KEY_HEADER : KEY, /\.(pem|key)$/i.test(name));
    let crc = 0;
    for await (const chunk of unpacked(zip, entry)) {
        crc = (0,external_node_zlib_.crc32)(chunk, crc);
        key.read(chunk);
        mark?.read(chunk);
    }
    return { crc, holdsKey: key.found, holdsEntry: mark?.found ?? false };
}
/** The entry's bytes. Throws where they are not as many as declared, or where its compressed data end early. */
async function* unpacked(zip, entry) {
    const packed = await zip.openReadStreamPromise(entry, { decodeFileData: false });
    const inflate = entry.compressionMethod === 0 ? undefined : (0,external_node_zlib_.createInflateRaw)();
    if (inflate)
        packed.on('error', (error) => inflate.destroy(error)).pipe(inflate);
    const content = inflate ?? packed;
    let sizeBytes = 0;
    try {
        for await (const chunk of content) {
            sizeBytes += chunk.length;
            if (sizeBytes > entry.uncompressedSize)
                break;
            yield chunk;
        }
    }
    finally {
        packed.destroy();
        inflate?.destroy();
    }
    if (sizeBytes !== entry.uncompressedSize)
        throw new Error('it has another size than declared');
    const usedBytes = inflate?.bytesWritten ?? sizeBytes;
    if (usedBytes !== entry.compressedSize) {
        throw new Error(`${entry.compressedSize - usedBytes} bytes follow its compressed data`);
    }
}
/** Looks for a mark in the first KiB of what is read, or in all of it. */
class Search {
    found = false;
    #pattern;
    #toEnd;
    #readBytes = 0;
    #before = '';
    constructor(pattern, toEnd) {
        this.#pattern = pattern;
        this.#toEnd = toEnd;
    }
    read(chunk) {
        const left = this.#toEnd ? chunk.length : SEARCH_BYTES - this.#readBytes;
        if (this.found || left <= 0)
            return;
        const text = this.#before + chunk.subarray(0, left).toString('latin1');
        this.found = this.#pattern.test(text);
        this.#readBytes += Math.min(left, chunk.length);
        // The end of a chunk may cut a mark in two; none is longer than this.
        this.#before = this.#toEnd ? text.slice(-128) : text;
    }
}
/** What a library says of a fault. It may repeat bytes of the file. */
function said(error) {
    return (0,lib_text/* cleanLine */.Ow)(error instanceof Error ? error.message : String(error), 160).replace(/\.$/, '');
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: ./node_modules/yazl/index.js
var yazl = __webpack_require__(3044);
;// CONCATENATED MODULE: ./build/src/package/zip-folder.js
/** A build folder as a ZIP: the same files give the same bytes, whatever the machine, the time and the order. */






/**
 * Every regular file below a folder, in the byte order of its UTF-8 name. Faults (links, special and forbidden files,
 * too many or too much) go to the inspection and what they are about is left out, and so is clutter. Folders without files are not
 * packed: version control and artifact uploads lose them too.
 */
async function listFolder(folder, inspection) {
    const files = [];
    let totalBytes = 0;
    for await (const file of walk(folder, '', inspection)) {
        files.push(file);
        totalBytes += file.sizeBytes;
        if (files.length > MAX_ENTRIES)
            inspection.fault(`it has more than ${MAX_ENTRIES} files`);
        if (totalBytes > MAX_TOTAL_BYTES)
            inspection.fault(`its files are larger than ${MAX_TOTAL_BYTES} bytes together`);
        // There is no use in reading further, nor any in packing it.
        if (files.length > MAX_ENTRIES || totalBytes > MAX_TOTAL_BYTES)
            inspection.throwIfFaulty();
    }
    return files.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}
/** The ZIP's bytes, made as they are read. A file that cannot be read, or is not what was listed, breaks it off. */
async function* zipFiles(folder, files) {
    const zip = new yazl/* ZipFile */.u();
    // yazl gives what Node calls a PassThrough; its type names only the older interface.
    const output = zip.outputStream;
    let current;
    const fail = (error) => output.destroy(error);
    zip.on('error', fail);
    for (const file of files) {
        zip.addReadStreamLazy(file.name, { ...entryOptions(), size: file.sizeBytes }, (give) => {
            const failed = (error) => fail(new Error(unreadable(file.name, error), { cause: error }));
            openRegular((0,external_node_path_.join)(folder, file.name)).then((content) => {
                // yazl forwards no error of a stream that it is given.
                current = content.on('error', failed);
                give(null, content);
            }, failed);
        });
    }
    zip.end();
    try {
        yield* output;
    }
    finally {
        // Where the reader gave up half way, yazl leaves the file open.
        current?.destroy();
    }
}
/** Whatever of an entry could differ from machine to machine, fixed. */
function entryOptions() {
    return {
        // yazl writes the DOS time in local time, so a local date gives the same bytes in every time zone; the extended
        // timestamp, which forceDosTimestamp leaves out, would be in UTC.
        mtime: new Date(1980, 0, 1),
        forceDosTimestamp: true,
        mode: 0o100644,
        compressionLevel: 6,
    };
}
async function* walk(folder, prefix, inspection) {
    for (const found of await readFolder(folder, prefix, inspection)) {
        const name = prefix + found.name;
        if (inspection.isClutter(name))
            continue;
        const isFolder = found.isDirectory();
        if (!inspection.acceptsName(name, isFolder ? 'folder' : 'file'))
            continue;
        const path = (0,external_node_path_.join)(folder, found.name);
        if (isFolder)
            yield* walk(path, `${name}/`, inspection);
        else {
            const sizeBytes = await sizeOfRegular(path, name, inspection);
            if (sizeBytes !== undefined)
                yield { name, sizeBytes };
        }
    }
}
async function sizeOfRegular(path, name, inspection) {
    try {
        const stats = await (0,promises_.lstat)(path);
        if (stats.isFile())
            return stats.size;
        inspection.fault(`${quoted(name)} is ${stats.isSymbolicLink() ? 'a symbolic link' : 'not a regular file'}`);
    }
    catch (error) {
        inspection.fault(unreadable(name, error));
    }
    return undefined;
}
async function readFolder(folder, prefix, inspection) {
    try {
        return await (0,promises_.readdir)(folder, { withFileTypes: true });
    }
    catch (error) {
        inspection.fault(unreadable(prefix || '.', error));
        return [];
    }
}
function unreadable(name, error) {
    return `${quoted(name)} cannot be read (${(0,paths/* errorCode */.CA)(error)})`;
}
/** Opens a file for reading, but not through a link that took its place since it was listed. */
async function openRegular(path) {
    // Not defined on Windows, where the flag is then none.
    const handle = await (0,promises_.open)(path, external_node_fs_.constants.O_RDONLY | (external_node_fs_.constants.O_NOFOLLOW ?? 0));
    return handle.createReadStream();
}

;// CONCATENATED MODULE: ./build/src/package/package.js
/** The package to upload: a ZIP file or a build folder, copied where nobody changes it, checked, and sent from there. */









const READ_BYTES = 64 * 1024;
const MAX_PACKAGE_JSON_BYTES = 1024 * 1024;
const PACKAGE_JSON_TODO = 'Correct that file, or give the input version.';
/**
 * Opens a ZIP file, or zips a build folder, and checks it. The caller closes it.
 *
 * Throws ReleaseError `package-invalid` that names every fault; nothing stays behind then.
 */
async function openPackage(path, options) {
    const real = await resolvePackage(path, options.workspace, options.tempDir);
    const inspection = new Inspection();
    const kind = (await (0,promises_.stat)(real)).isDirectory() ? 'folder' : 'file';
    // Listed before the private copy is made, which could otherwise find itself in the folder.
    const files = kind === 'folder' ? await listFolder(real, inspection) : [];
    const copy = await PrivateCopy.create(options.tempDir);
    try {
        await copy.fill(kind === 'folder' ? zipFiles(real, files) : fileBytes(real));
        const entries = await checkZip(copy.handle, inspection);
        inspection.finish(path, kind);
        return {
            entries,
            clutter: { names: inspection.clutter, isSent: kind === 'file' },
            sizeBytes: copy.sizeBytes,
            sha256: copy.sha256,
            open: () => copy.read(),
            close: () => copy.remove(),
        };
    }
    catch (error) {
        await copy.remove();
        throw error;
    }
}
/**
 * The `version` of the nearest package.json that states one: from the package's folder (for a ZIP: the folder it is
 * in) upwards to the workspace, with the path of that file; undefined where there is no package.json at all.
 *
 * Throws ReleaseError: `package-invalid` for the path, `version-unresolved` for a package.json that cannot be read, or
 * where none of them states a version.
 */
async function packageVersion(path, workspace, tempDir) {
    const real = await resolvePackage(path, workspace, tempDir);
    const root = await (0,promises_.realpath)(workspace);
    let folder = (await (0,promises_.stat)(real)).isDirectory() ? real : (0,external_node_path_.dirname)(real);
    let withoutVersion;
    for (; (0,paths/* isInside */.FK)(folder, root); folder = (0,external_node_path_.dirname)(folder)) {
        const file = (0,external_node_path_.join)(folder, 'package.json');
        const found = await readPackageJson(file, root);
        if (found?.version !== undefined)
            return { version: found.version, file: (0,external_node_path_.relative)(root, file) };
        if (found)
            withoutVersion ??= file;
        if (folder === root)
            break;
    }
    if (withoutVersion !== undefined)
        throw badPackageJson(withoutVersion, root, 'has no version');
    return undefined;
}
/** A file of our own that no folder lists, readable by nobody else, written once and read as often as needed. */
class PrivateCopy {
    handle;
    #path;
    sizeBytes = 0;
    sha256 = '';
    constructor(handle, path) {
        this.handle = handle;
        this.#path = path;
    }
    static async create(tempDir) {
        const path = (0,external_node_path_.join)(tempDir, `package-${(0,external_node_crypto_.randomUUID)()}.zip`);
        try {
            // wx+: never a file, or a link, that somebody has put there.
            const handle = await (0,promises_.open)(path, 'wx+', 0o600);
            // Without a name at once: the system frees it when the process ends, however it ends. Where an open file keeps its
            // name, it is removed at the end.
            await (0,promises_.rm)(path).catch(() => { });
            return new PrivateCopy(handle, path);
        }
        catch (error) {
            throw package_unreadable(error);
        }
    }
    async fill(source) {
        const hash = (0,external_node_crypto_.createHash)('sha256');
        const count = (chunk) => {
            hash.update(chunk);
            this.sizeBytes += chunk.length;
        };
        try {
            await this.handle.writeFile(passing(source, count));
        }
        catch (error) {
            throw package_unreadable(error);
        }
        this.sha256 = hash.digest('hex');
    }
    /** Reads by position, so that several readers, or a second attempt, do not disturb each other. */
    async *read() {
        for (let position = 0; position < this.sizeBytes;) {
            const length = Math.min(READ_BYTES, this.sizeBytes - position);
            // A new buffer each time: whoever takes it may keep it until the network has it.
            const { bytesRead, buffer } = await this.handle.read(Buffer.allocUnsafe(length), 0, length, position);
            if (bytesRead === 0)
                throw new Error('The private copy of the package was cut off while it was read.');
            position += bytesRead;
            yield buffer.subarray(0, bytesRead);
        }
    }
    async remove() {
        await this.handle.close();
        await (0,promises_.rm)(this.#path, { force: true });
    }
}
async function* fileBytes(path) {
    const handle = await (0,promises_.open)(path, 'r');
    let sizeBytes = 0;
    // The stream closes the handle, however the reading ends.
    for await (const chunk of handle.createReadStream({ highWaterMark: READ_BYTES })) {
        sizeBytes += chunk.length;
        if (sizeBytes > MAX_TOTAL_BYTES) {
            throw new errors/* ReleaseError */.K2('package-invalid', { found: `It is larger than ${MAX_TOTAL_BYTES} bytes.` });
        }
        yield chunk;
    }
}
async function* passing(source, see) {
    for await (const chunk of source) {
        see(chunk);
        yield chunk;
    }
}
function package_unreadable(error) {
    if (error instanceof errors/* ReleaseError */.K2)
        return error;
    return new errors/* ReleaseError */.K2('package-invalid', {
        found: `It could not be read, or not be copied to the runner's temporary folder: ${(0,paths/* errorCode */.CA)(error)}.`,
        todo: 'Check the permissions of the build and the space on the runner, then run the step again; nothing was sent.',
        cause: error,
    });
}
async function resolvePackage(path, workspace, tempDir) {
    try {
        return await (0,paths/* resolveInWorkspace */.z1)(path, workspace, 'file-or-folder', tempDir);
    }
    catch (error) {
        throw new errors/* ReleaseError */.K2('package-invalid', {
            found: messageOf(error),
            todo: 'Correct the input package, and check that the build ran before; nothing was sent.',
            cause: error,
        });
    }
}
/** The version that a package.json states, if it does; undefined where there is no such file. */
async function readPackageJson(file, workspace) {
    const text = await readFileInside(file, workspace);
    if (text === undefined)
        return undefined;
    let value;
    try {
        value = JSON.parse(text);
    }
    catch {
        // The parser's message quotes the file, so it is kept out even as a cause.
        throw badPackageJson(file, workspace, 'is not valid JSON');
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw badPackageJson(file, workspace, 'holds no JSON object');
    }
    const version = value.version;
    if (version === undefined || typeof version === 'string')
        return { version };
    throw badPackageJson(file, workspace, 'has a version that is not a text');
}
async function readFileInside(file, workspace) {
    if ((await (0,promises_.lstat)(file).catch(() => undefined)) === undefined)
        return undefined;
    let real;
    try {
        // It may be a link that leads out of the workspace.
        real = await (0,paths/* resolveInWorkspace */.z1)((0,external_node_path_.relative)(workspace, file), workspace);
    }
    catch (error) {
        throw new errors/* ReleaseError */.K2('version-unresolved', { found: messageOf(error), todo: PACKAGE_JSON_TODO, cause: error });
    }
    if ((await (0,promises_.stat)(real)).size > MAX_PACKAGE_JSON_BYTES)
        throw badPackageJson(file, workspace, 'is larger than 1 MiB');
    const bytes = await (0,promises_.readFile)(real).catch((error) => {
        throw badPackageJson(file, workspace, `cannot be read (${(0,paths/* errorCode */.CA)(error)})`);
    });
    return (0,paths/* decodeText */.g7)(bytes);
}
function badPackageJson(file, workspace, what) {
    const name = (0,lib_text/* cleanLine */.Ow)((0,external_node_path_.relative)(workspace, file), 200);
    return new errors/* ReleaseError */.K2('version-unresolved', { found: `The file "${name}" ${what}.`, todo: PACKAGE_JSON_TODO });
}
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}


/***/ })

};
