export const id = 839;
export const ids = [839];
export const modules = {

/***/ 6839:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

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
// EXTERNAL MODULE: ./build/src/errors.js
var errors = __webpack_require__(7406);
// EXTERNAL MODULE: ./build/src/text.js
var src_text = __webpack_require__(706);
// EXTERNAL MODULE: ./build/src/workspace.js
var src_workspace = __webpack_require__(1680);
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
/** A foreign name as it may be shown: quoted, on one line, bounded. */
function quoted(name) {
    return `"${(0,src_text/* cleanLine */.Ow)(name, 120)}"`;
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

;// CONCATENATED MODULE: ./build/src/package/check-zip.js
/** Reads a whole ZIP, as an unpacker would, and notes everything for which it should not be sent. */





/** `PK\3\4`, with which a ZIP that has an entry starts. */
const LOCAL_HEADER = 0x04034b50;
const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;
const REGULAR_FILE = 0o100000;
const FOLDER = 0o040000;
/** How much of any file is searched for a private key; a file that is named like one is searched to its end. */
const KEY_SEARCH_BYTES = 1024;
const KEY_HEADER = /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----/;
/** The header with a key behind it: a bundled crypto library holds the bare header as a constant, and may ship. */
const KEY = new RegExp(`${KEY_HEADER.source}(?:\\s|\\\\[rn])*[A-Za-z0-9+]`);
/**
 * Checks every entry of the ZIP behind the handle, which stays open. Returns how many entries there are.
 *
 * Faults of entries go to the inspection. Throws ReleaseError `package-invalid` where the entries cannot be known.
 */
async function checkZip(handle, inspection) {
    const zip = await openZip(handle);
    if (zip.entryCount > MAX_ENTRIES)
        throw notReadable(`It has more than ${MAX_ENTRIES} entries.`);
    try {
        await checkEntries(zip, inspection);
    }
    catch (error) {
        // Only the directory ends up here: each entry's own faults are noted where it is read.
        inspection.fault(`the ZIP's directory is damaged after ${zip.entriesRead} entries (${said(error)})`);
        // What it does not list is not missing.
        inspection.throwIfFaulty();
    }
    return zip.entryCount;
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
async function checkEntries(zip, inspection) {
    let totalBytes = 0;
    for await (const entry of zip.eachEntry()) {
        totalBytes += entry.uncompressedSize;
        const name = checkName(entry, inspection);
        // yauzl holds each entry to the size it declares, so the declared sizes bound what is ever inflated.
        if (totalBytes > MAX_TOTAL_BYTES)
            inspection.fault(`it unpacks to more than ${MAX_TOTAL_BYTES} bytes`);
        else
            await checkContent(zip, entry, name, inspection);
    }
}
/** Notes the entry's name and kind. Returns the name, without the `/` at a folder's end. */
function checkName(entry, inspection) {
    const names = namesOf(entry).map((name) => name.replace(/\/$/, ''));
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
    return name;
}
/**
 * The entry's name, and the other one where an Info-ZIP Unicode Path field gives it: which of the two is taken
 * depends on who unpacks. The last is the one that counts here.
 */
function namesOf(entry) {
    const raw = entry.fileNameRaw;
    const plain = (0,yauzl/* getFileNameLowLevel */.ax)(entry.generalPurposeBitFlag, raw, [], true);
    const unicode = (0,yauzl/* getFileNameLowLevel */.ax)(entry.generalPurposeBitFlag, raw, entry.extraFields, true);
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
async function checkContent(zip, entry, name, inspection) {
    if (entry.isEncrypted())
        return inspection.fault(`${quoted(name)} is encrypted`);
    if (!entry.canDecodeFileData()) {
        return inspection.fault(`${quoted(name)} is compressed in a way (${entry.compressionMethod}) other than deflate`);
    }
    try {
        const header = await zip.readLocalFileHeaderPromise(entry);
        // Who unpacks as the bytes come in goes by the header, everybody else by the directory.
        if (!header.fileName.equals(entry.fileNameRaw))
            inspection.fault(`${quoted(name)} has another name in its header`);
        const content = await readContent(zip, entry, name);
        if (content.crc !== entry.crc32)
            inspection.fault(`${quoted(name)} is damaged (its CRC-32 does not match)`);
        if (content.holdsKey)
            inspection.fault(`${quoted(name)} holds a private key`);
    }
    catch (error) {
        inspection.fault(`${quoted(name)} cannot be unpacked (${said(error)})`);
    }
}
async function readContent(zip, entry, name) {
    const search = new KeySearch(/\.(pem|key)$/i.test(name));
    let crc = 0;
    const stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream) {
        crc = (0,external_node_zlib_.crc32)(chunk, crc);
        search.read(chunk);
    }
    return { crc, holdsKey: search.found };
}
/** Looks for a private key in the first KiB of what is read, or for the header of one in all of it. */
class KeySearch {
    found = false;
    #toEnd;
    #readBytes = 0;
    #before = '';
    constructor(toEnd) {
        this.#toEnd = toEnd;
    }
    read(chunk) {
        const left = this.#toEnd ? chunk.length : KEY_SEARCH_BYTES - this.#readBytes;
        if (this.found || left <= 0)
            return;
        const text = this.#before + chunk.subarray(0, left).toString('latin1');
        this.found = (this.#toEnd ? KEY_HEADER : KEY).test(text);
        this.#readBytes += Math.min(left, chunk.length);
        // The end of a chunk may cut a header in two; none is longer than this.
        this.#before = this.#toEnd ? text.slice(-128) : text;
    }
}
/** What a library says of a fault. It may repeat bytes of the file. */
function said(error) {
    return (0,src_text/* cleanLine */.Ow)(error instanceof Error ? error.message : String(error), 160).replace(/\.$/, '');
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: ./node_modules/yazl/index.js
var yazl = __webpack_require__(3044);
;// CONCATENATED MODULE: ./build/src/package/zip-folder.js
/** A build folder as a ZIP: the same files give the same bytes, whatever the machine, the time and the order. */






/**
 * Every regular file below a folder, in the byte order of its UTF-8 name. Faults (links, special and forbidden files,
 * too many or too much) go to the inspection and what they are about is left out. Folders without files are not
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
    return `${quoted(name)} cannot be read (${(0,src_workspace/* errorCode */.CA)(error)})`;
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
 * The `version` of the package.json in the package's folder (for a ZIP: the folder it is in), else of the one in its
 * parent, if that is still in the workspace; undefined where neither has one.
 *
 * Throws ReleaseError: `package-invalid` for the path, `version-unresolved` for a package.json that cannot be read.
 */
async function packageVersion(path, workspace, tempDir) {
    const real = await resolvePackage(path, workspace, tempDir);
    const folder = (await (0,promises_.stat)(real)).isDirectory() ? real : (0,external_node_path_.dirname)(real);
    const root = await (0,promises_.realpath)(workspace);
    for (const each of [folder, (0,external_node_path_.dirname)(folder)]) {
        const version = (0,src_workspace/* isInside */.FK)(each, root) ? await versionIn((0,external_node_path_.join)(each, 'package.json'), root) : undefined;
        if (version !== undefined)
            return version;
    }
    return undefined;
}
/** A file of our own, readable by nobody else, written once and read as often as needed. */
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
            return new PrivateCopy(await (0,promises_.open)(path, 'wx+', 0o600), path);
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
        found: `It could not be read, or not be copied to the runner's temporary folder: ${(0,src_workspace/* errorCode */.CA)(error)}.`,
        todo: 'Check the permissions of the build and the space on the runner, then run the step again; nothing was sent.',
        cause: error,
    });
}
async function resolvePackage(path, workspace, tempDir) {
    try {
        return await (0,src_workspace/* resolveInWorkspace */.z1)(path, workspace, 'file-or-folder', tempDir);
    }
    catch (error) {
        throw new errors/* ReleaseError */.K2('package-invalid', {
            found: messageOf(error),
            todo: 'Correct the input package, and check that the build ran before; nothing was sent.',
            cause: error,
        });
    }
}
/** The version that a package.json states; undefined where there is no such file or it states none. */
async function versionIn(file, workspace) {
    const text = await readPackageJson(file, workspace);
    if (text === undefined)
        return undefined;
    let value;
    try {
        value = JSON.parse(text.replace(/^\uFEFF/, ''));
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
        return version;
    throw badPackageJson(file, workspace, 'has a version that is not a text');
}
async function readPackageJson(file, workspace) {
    if ((await (0,promises_.lstat)(file).catch(() => undefined)) === undefined)
        return undefined;
    let real;
    try {
        // It may be a link that leads out of the workspace.
        real = await (0,src_workspace/* resolveInWorkspace */.z1)((0,external_node_path_.relative)(workspace, file), workspace);
    }
    catch (error) {
        throw new errors/* ReleaseError */.K2('version-unresolved', { found: messageOf(error), todo: PACKAGE_JSON_TODO, cause: error });
    }
    if ((await (0,promises_.stat)(real)).size > MAX_PACKAGE_JSON_BYTES)
        throw badPackageJson(file, workspace, 'is larger than 1 MiB');
    return (0,promises_.readFile)(real, 'utf8').catch((error) => {
        throw badPackageJson(file, workspace, `cannot be read (${(0,src_workspace/* errorCode */.CA)(error)})`);
    });
}
function badPackageJson(file, workspace, what) {
    const name = (0,src_text/* cleanLine */.Ow)((0,external_node_path_.relative)(workspace, file), 200);
    return new errors/* ReleaseError */.K2('version-unresolved', { found: `The file "${name}" ${what}.`, todo: PACKAGE_JSON_TODO });
}
function messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}


/***/ })

};
