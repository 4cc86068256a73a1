/** What is wrong with a package: rules for names, and every fault found, to be told at once. */

import { ReleaseError } from '../lib/errors.ts';
import { cleanLine } from '../lib/text.ts';

/** Above this a ZIP needs the zip64 format, which not every unpacker reads. */
export const MAX_ENTRIES = 65_535;
/** Unpacked, in bytes: no miniapp comes near it, and a ZIP bomb stops here. */
export const MAX_TOTAL_BYTES = 2 * 1024 ** 3;

const MAX_NAME_BYTES = 1024;
const MAX_TOLD = 20;

/** Path parts that never belong to what users download, each matched against a whole part in lower case. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/^\.(git|svn|hg)$/, 'is version control data'],
  [/^\.env/, 'may hold secrets of the build'],
  [/^(\.npmrc|\.yarnrc\.yml|\.netrc|\.git-credentials)$/, 'may hold credentials'],
  [/^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/, 'is a private key by its name'],
  [/\.(p12|pfx|jks|keystore|ppk)$/, 'is a key store by its name'],
];

/** What operating systems leave in folders, each matched against a whole part in lower case. */
const CLUTTER = /^(__macosx|\.ds_store|\._.*|thumbs\.db|ehthumbs\.db|desktop\.ini)$/;

/** A foreign name as it may be shown: quoted, on one line, bounded. */
export function quoted(name: string): string {
  return `"${cleanLine(name, 120)}"`;
}

/** The faults of one package, and the names that have been seen in it. */
export class Inspection {
  readonly #faults = new Set<string>();
  /** Names at the root, those of refused ones too, so that a linked index.html is not also a missing one. */
  readonly #root = new Map<string, 'file' | 'folder'>();
  /** Files by their name as the laxest file system compares it. */
  readonly #files = new Map<string, string>();
  readonly #folders = new Map<string, string>();
  readonly #nestedIndexes: string[] = [];
  readonly #clutter = new Set<string>();

  /** Notes a fault: a clause without a full stop. The same one twice is one. */
  fault(what: string): void {
    this.#faults.add(what);
  }

  /** Notes the name of a file or folder (`/` between its parts) and what is wrong with it. True: it may be packed. */
  acceptsName(name: string, kind: 'file' | 'folder'): boolean {
    const fault = malformed(name) ?? forbidden(name);
    if (fault !== undefined) this.fault(fault);
    const top = name.split('/', 1)[0] ?? '';
    if (top !== '' && this.#root.get(top) !== 'file') this.#root.set(top, top === name ? kind : 'folder');
    return fault === undefined;
  }

  /** Whether a name is of something that an operating system left behind; notes it, of a whole folder once. */
  isClutter(name: string): boolean {
    const parts = name.split('/');
    const index = parts.findIndex((part) => CLUTTER.test(part.toLowerCase()));
    if (index !== -1) this.#clutter.add(parts.slice(0, index + 1).join('/'));
    return index !== -1;
  }

  /** The clutter so far, as it may be shown; empty where there is none. */
  get clutter(): string {
    const names = [...this.#clutter];
    const more = names.length > 5 ? ` and ${names.length - 5} more` : '';
    return names.slice(0, 5).map(quoted).join(', ') + more;
  }

  /** Notes an accepted name as part of the package, and whether it can stand beside the ones before it. */
  add(name: string, kind: 'file' | 'folder'): void {
    const key = comparable(name);
    const same = this.#files.get(key) ?? (kind === 'file' ? undefined : this.#folders.get(name));
    if (same !== undefined) this.fault(clash(same, name));
    else (kind === 'file' ? this.#files : this.#folders).set(kind === 'file' ? key : name, name);
    if (kind === 'file' && name.endsWith('/index.html')) this.#nestedIndexes.push(name);
  }

  /**
   * Ends the inspection with what only the whole package shows.
   * @throws {ReleaseError} `package-invalid` if there was any fault
   */
  finish(path: string, kind: 'file' | 'folder'): void {
    this.#checkFoldersAreNoFiles();
    const indexFolder = this.#checkIndex();
    const todo = indexFolder === undefined ? undefined : todoForNestedIndex(path, kind, indexFolder);
    this.throwIfFaulty(todo);
  }

  /** @throws {ReleaseError} `package-invalid` with all faults so far, the first of them in full */
  throwIfFaulty(todo?: string): void {
    const all = [...this.#faults];
    if (all.length === 0) return;
    const told = all.slice(0, MAX_TOLD).join('; ');
    const more = all.length > MAX_TOLD ? `; and ${all.length - MAX_TOLD} more` : '';
    const found = all.length === 1 ? `It has a fault: ${told}.` : `It has ${all.length} faults: ${told}${more}.`;
    throw new ReleaseError('package-invalid', todo === undefined ? { found } : { found, todo });
  }

  /** `a` as a file and `a/b` beside it: only one of them can be unpacked. */
  #checkFoldersAreNoFiles(): void {
    for (const name of [...this.#files.values(), ...[...this.#folders.values()].map((folder) => `${folder}/`)]) {
      for (let end = name.indexOf('/'); end !== -1; end = name.indexOf('/', end + 1)) {
        const file = this.#files.get(comparable(name.slice(0, end)));
        if (file !== undefined) this.fault(`${quoted(file)} is both a file and a folder`);
      }
    }
  }

  /** The portal starts a miniapp at the index.html of the root. Returns the folder that has the only one. */
  #checkIndex(): string | undefined {
    if (this.#root.size === 0) {
      this.fault('it is empty');
      return undefined;
    }
    if (this.#root.get('index.html') === 'file') return undefined;
    const [nested, ...others] = this.#nestedIndexes;
    if (nested === undefined || others.length > 0) {
      this.fault(`there is no index.html at its root, where there is only: ${this.#rootListing()}`);
      return undefined;
    }
    const folder = nested.slice(0, -'index.html'.length);
    this.fault(`there is no index.html at its root, but one in ${quoted(folder)}`);
    return folder;
  }

  #rootListing(): string {
    const names = [...this.#root].map(([name, kind]) => quoted(kind === 'folder' ? `${name}/` : name));
    const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
    return names.slice(0, 10).join(', ') + more;
  }
}

/** The commonest mistake: the folder around the build was packed, not what is in it. */
function todoForNestedIndex(path: string, kind: 'file' | 'folder', indexFolder: string): string {
  const how =
    kind === 'folder'
      ? `give ${quoted(`${path.replace(/[\\/]+$/, '')}/${indexFolder}`)} as package`
      : 'zip what is in it, not the folder itself';
  return `The package must be built from inside ${quoted(indexFolder)}: ${how}, and run the step again; nothing was sent.`;
}

/** Why a name cannot be unpacked the same way everywhere, if so. */
function malformed(name: string): string | undefined {
  const why = whyMalformed(name);
  return why === undefined ? undefined : `the name ${quoted(name)} ${why}`;
}

function whyMalformed(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `is longer than ${MAX_NAME_BYTES} bytes`;
  // Line and paragraph separators and what turns the direction of text are controls to whoever reads the name.
  if (/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u.test(name)) return 'has control characters';
  if (name.includes('\uFFFD')) return 'is not valid UTF-8';
  if (name.includes('\\')) return 'has a backslash';
  if (/^[A-Za-z]:/.test(name)) return 'starts with a drive letter';
  if (name.startsWith('/')) return 'is absolute';
  const parts = name.split('/');
  if (parts.includes('..')) return 'has a ".." that leads out of its folder';
  if (parts.includes('.') || parts.includes('')) return 'has an empty part or a "." in its path';
  return undefined;
}

/** Why a file must not reach users, if so; of a whole folder it is said once. */
function forbidden(name: string): string | undefined {
  const parts = name.split('/');
  for (const [index, part] of parts.entries()) {
    const rule = FORBIDDEN.find(([pattern]) => pattern.test(part.toLowerCase()));
    if (rule !== undefined) return `${quoted(parts.slice(0, index + 1).join('/'))} ${rule[1]}`;
  }
  return undefined;
}

/** Two names that one file system or another takes for the same: it ignores case or Unicode's way of composing. */
function comparable(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function clash(first: string, second: string): string {
  if (first === second) return `${quoted(second)} is in it twice`;
  return `${quoted(first)} and ${quoted(second)} are the same name on some devices`;
}
