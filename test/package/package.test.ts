import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { crc32, deflateRawSync } from 'node:zlib';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ReleaseError } from '../../src/lib/errors.ts';
import { resolveInWorkspace } from '../../src/lib/paths.ts';
import { openPackage, type Package, packageVersion } from '../../src/package/package.ts';
import { zipFiles } from '../../src/package/zip-folder.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n';
const INDEX = '<!doctype html><title>shop</title>';

let base: string;
let workspace: string;
let tempDir: string;
const opened: Package[] = [];

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'package-test-')));
  workspace = join(base, 'work');
  tempDir = join(base, 'temp');
  await mkdir(workspace);
  await mkdir(tempDir);
});

afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
  expect(await readdir(tempDir)).toEqual([]);
  await rm(base, { recursive: true });
});

describe('a build folder', () => {
  it('becomes a ZIP of its files, in byte order, that an ordinary unpacker reads', async () => {
    await build({
      'index.html': INDEX,
      'b/𐐀.js': '4',
      'b/é.js': 'é',
      'b/ﬀ.js': '3',
      'b-z.js': 'z',
      'a.txt': '',
      'B.js': 'B',
    });
    const pack = await openGood('dist');
    expect(pack.entries).toBe(7);
    const file = join(base, 'out.zip');
    await writeFile(file, await bytesOf(pack));
    const python = 'import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; ';
    const print =
      'print(json.dumps([[i.filename,i.date_time,z.read(i).decode(),i.extra.hex()] for i in z.infolist()]))';
    const { stdout } = await promisify(execFile)('python3', ['-c', python + print, file]);
    const time = [1980, 1, 1, 0, 0, 0];
    expect(JSON.parse(stdout)).toEqual([
      ['B.js', time, 'B', ''],
      ['a.txt', time, '', ''],
      ['b-z.js', time, 'z', ''],
      ['b/é.js', time, 'é', ''],
      ['b/ﬀ.js', time, '3', ''],
      ['b/𐐀.js', time, '4', ''],
      ['index.html', time, INDEX, ''],
    ]);
  });

  it('gives the same bytes whatever the order, the times, the modes and the time zone', async () => {
    const names = ['index.html', 'z.js', 'a.js', 'ﬀ.js', '𐐀.js', 'sub/b.js', 'sub/a.js', 'sub-a.js'];
    for (const [folder, order] of [
      ['one', names],
      ['two', names.toReversed()],
    ] as const) {
      for (const name of order) await put(`${folder}/${name}`, `content of ${name}`, folder === 'one' ? 0o644 : 0o755);
    }
    await utimes(join(workspace, 'two/a.js'), new Date(0), new Date(1_000_000_000_000));
    await mkdir(join(workspace, 'two/empty'));
    const sums = await Promise.all([
      sumIn('one', 'UTC'),
      sumIn('two', 'Pacific/Kiritimati'),
      sumIn('two', 'America/Lima'),
    ]);
    expect(new Set(sums).size).toBe(1);
    await put('two/a.js', 'other');
    expect((await openGood('two')).sha256).not.toBe(sums[0]);
  });

  it('may hold the folder for the private copy', async () => {
    await build({ 'index.html': INDEX });
    const inner = join(workspace, 'dist', 'tmp');
    await mkdir(inner);
    const pack = await openPackage('dist', { workspace, tempDir: inner });
    opened.push(pack);
    expect(pack.entries).toBe(1);
  });

  it('is refused for links and what is no file, all of them at once', async () => {
    await build({ 'a.js': '' });
    await symlink('/etc/passwd', join(workspace, 'dist/index.html'));
    await symlink('.', join(workspace, 'dist/loop'));
    await promisify(execFile)('mkfifo', [join(workspace, 'dist/pipe')]);
    const { found } = await refusal('dist');
    expect(found).toBe(
      'It has 3 faults: "index.html" is a symbolic link; "loop" is a symbolic link; "pipe" is not a regular file.',
    );
  });

  it('is refused for names that not every unpacker takes', async () => {
    await build({ 'index.html': INDEX, 'a\\b.js': '', 'C:x.js': '', 'a\n::error::x.js': '', 'A.js': '', 'a.js': '' });
    await writeFile(Buffer.concat([Buffer.from(join(workspace, 'dist/')), Buffer.from([0x66, 0xff])]), '');
    const { found } = await refusal('dist');
    expect(found).toContain('It has 5 faults');
    expect(found).toContain('"a\\b.js" has a backslash');
    expect(found).toContain('"C:x.js" starts with a drive letter');
    expect(found).toMatch(/the name "a ?::error::x.js" has control characters/);
    expect(found).toContain('is not valid UTF-8');
    expect(found).toContain('"A.js" and "a.js" are the same name on some devices');
    expect(found).not.toMatch(/[\r\n]/);
  });

  it('is not read into where it must not ship, and says so once', async () => {
    await build({ 'index.html': INDEX, '.git/HEAD': '', '.git/objects/aa/bb': '', 'sub/.env.production': 'A=b' });
    const { found } = await refusal('dist');
    expect(found).toContain('It has 2 faults');
    expect(found).toContain('".git" is version control data');
    expect(found).toContain('"sub/.env.production" may hold secrets');
  });

  it('breaks off where a file is no longer what was listed', async () => {
    await build({ 'gone/x.js': '', 'a.js': 'abc', 'large.js': 'x'.repeat(70_000) });
    await symlink('a.js', join(workspace, 'dist/link.js'));
    // Above 64 KiB a file is streamed.
    const broken: [string, number, string][] = [
      ['none.js', 3, '"none.js" cannot be read (ENOENT)'],
      ['none.js', 70_000, '"none.js" cannot be read (ENOENT)'],
      ['link.js', 3, 'ELOOP'],
      ['link.js', 70_000, 'ELOOP'],
      ['gone', 0, 'EISDIR'],
      ['gone', 70_000, 'EISDIR'],
      ['a.js', 2, 'unexpected number of bytes'],
      ['a.js', 4, 'unexpected number of bytes'],
      ['large.js', 69_999, 'unexpected number of bytes'],
      ['large.js', 70_001, 'unexpected number of bytes'],
    ];
    for (const [name, sizeBytes, what] of broken) {
      const reading = (async () => {
        for await (const _ of zipFiles(join(workspace, 'dist'), [{ name, sizeBytes }]));
      })();
      await expect(reading, `${name}, listed with ${sizeBytes} bytes`).rejects.toThrow(what);
    }
    expect(await openFiles()).toEqual([]);
  });

  thoroughTest('of thousands of files and a large one holds each of them, in their order', async () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `part-${String(at).padStart(4, '0')}.js`);
    const files = Object.fromEntries(names.map((name) => [name, `export const name = '${name}';`.repeat(3)]));
    const large = Buffer.alloc(5_000_000, 'large ').toString();
    await build({ ...files, 'index.html': INDEX, 'part-0500-large.js': large, 'part-0501-large.mp4': large });
    const file = join(base, 'out.zip');
    await writeFile(file, await bytesOf(await openGood('dist')));
    const python = `import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
print(json.dumps([[i.filename, len(z.read(i)) if i.file_size > 1000 else z.read(i).decode()] for i in z.infolist()]))`;
    const { stdout } = await promisify(execFile)('python3', ['-c', python, file]);
    const expected: [string, string | number][] = [...Object.entries(files), ['index.html', INDEX]];
    expected.push(['part-0500-large.js', large.length], ['part-0501-large.mp4', large.length]);
    expect(JSON.parse(stdout)).toEqual(expected.sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(await openFiles()).toEqual([]);
  });

  it('stores formats that are compressed already, also one that looks like a ZIP, and compresses the rest', async () => {
    const content = 'PK\u0003\u0004'.repeat(500);
    await build({ 'index.html': INDEX, 'a.PNG': content, 'b.zip': content, 'c.woff2': content, 'd.svg': content });
    const bytes = await bytesOf(await openGood('dist'));
    const file = join(base, 'out.zip');
    await writeFile(file, bytes);
    const python = 'import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; ';
    const print = 'print(json.dumps({i.filename: i.compress_type for i in z.infolist()}))';
    const { stdout } = await promisify(execFile)('python3', ['-c', python + print, file]);
    expect(JSON.parse(stdout)).toEqual({ 'a.PNG': 0, 'b.zip': 0, 'c.woff2': 0, 'd.svg': 8, 'index.html': 8 });
  });

  it('is refused where it is empty', async () => {
    await mkdir(join(workspace, 'dist'));
    expect((await refusal('dist')).found).toBe('It has a fault: it is empty.');
  });
});

describe('what must not ship', () => {
  const forbidden = [
    '.git',
    'lib/.git/config',
    '.env',
    '.ENV.local',
    '.npmrc',
    'keys/id_rsa',
    'id_ed25519',
    'cert.p12',
    'cert.PFX',
    'upload.jks',
    'release.keystore',
  ];
  it.each(forbidden)('%s, in a folder and in a ZIP', async (name) => {
    await build({ 'index.html': INDEX, [name]: 'x' });
    await zip('app.zip', [file('index.html', INDEX), file(name, 'x')]);
    for (const path of ['dist', 'app.zip']) {
      const { found } = await refusal(path);
      expect(found).toContain('It has a fault: "');
      expect(found.toLowerCase()).toContain(
        name
          .split('/')
          .at(name.includes('.git/') ? 1 : -1)
          ?.toLowerCase(),
      );
    }
  });

  it('private keys, by their content', async () => {
    const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    await build({
      'index.html': INDEX,
      // The header lies across the end of a chunk, be that 16 or 64 KiB.
      'chain.pem': certificate.repeat(2000).slice(0, 65_526) + PEM,
      'site.key': `\n${PEM.replace('PRIVATE', 'RSA PRIVATE')}`,
      'ssh.txt': PEM.replace('PRIVATE', 'OPENSSH PRIVATE'),
      'account.json': JSON.stringify({ type: 'service_account', private_key: PEM }),
      'public.pem': certificate,
      'ok.key': 'translation.key',
    });
    const { found } = await refusal('dist');
    expect(found).toContain('It has 4 faults');
    for (const name of ['chain.pem', 'site.key', 'ssh.txt', 'account.json']) {
      expect(found).toContain(`"${name}" holds a private key`);
    }
    expect(found).not.toContain('MIIE');
  });

  it('but a crypto library may name the header of a key, and names may resemble the forbidden', async () => {
    await build({
      'index.html': INDEX,
      'jose.js': 'h="-----BEGIN PRIVATE KEY-----",t="-----BEGIN PRIVATE KEY-----\\n"+b',
      'environment.js': '',
      'id_rsa.pub': '',
      'gitignore.txt': '',
      'keystore.js': '',
    });
    expect((await openGood('dist')).entries).toBe(6);
  });
});

describe('what an operating system leaves behind', () => {
  const clutter = ['.DS_Store', 'a/.DS_Store', '__MACOSX/._index.html', '._a.js', 'a/Thumbs.db', 'Desktop.ini'];

  it('is left out of a folder, whatever it is', async () => {
    await build({ 'index.html': INDEX, 'a/b.js': '', ...Object.fromEntries(clutter.map((name) => [name, 'x'])) });
    await symlink('/etc/passwd', join(workspace, 'dist/__MACOSX/link'));
    const pack = await openGood('dist');
    expect(pack.entries).toBe(2);
    expect(pack.clutter.isSent).toBe(false);
    expect(pack.clutter.names.match(/"[^"]+"/g)).toHaveLength(5);
    expect(pack.clutter.names).toMatch(/ and 1 more$/);
  });

  it('of a ZIP is told and sent, since a ZIP is sent as it is', async () => {
    await zip('app.zip', [file('index.html', INDEX), file('__MACOSX/', ''), ...clutter.map((name) => file(name, 'x'))]);
    const pack = await openGood('app.zip');
    expect(pack.entries).toBe(8);
    expect(pack.clutter.isSent).toBe(true);
    for (const name of ['__MACOSX', '.DS_Store']) expect(pack.clutter.names).toContain(`"${name}"`);
    expect(pack.clutter.names).not.toContain('._index.html');
  });

  it('is nothing that resembles it', async () => {
    await build({ 'index.html': INDEX, 'thumbs.db.js': '', 'a._b': '', 'MACOSX/x': '', DS_Store: '' });
    expect(await openGood('dist')).toMatchObject({ entries: 5, clutter: { names: '' } });
  });
});

describe('index.html', () => {
  it('missing: says what is at the root', async () => {
    await build({ 'main.js': '', 'a/index.html': INDEX, 'b/index.html': INDEX });
    expect((await refusal('dist')).found).toBe(
      'It has a fault: there is no index.html at its root, where there is only: "a/", "b/", "main.js".',
    );
  });

  it('one folder too deep: names that folder', async () => {
    await build({ 'package.json': '{}', 'out/index.html': INDEX });
    const ofFolder = await refusal('./dist/');
    expect(ofFolder.found).toContain('no index.html at its root, but one in "out/"');
    expect(ofFolder.todo).toContain('must be built from inside "out/": give "./dist/out/" as package');

    await zip('app.zip', [file('dist/index.html', INDEX), file('__MACOSX/dist/._index.html', 'x')]);
    const ofZip = await refusal('app.zip');
    expect(ofZip.todo).toContain('must be built from inside "dist/": zip what is in it, not the folder itself');
  });

  it('as a folder: is none', async () => {
    await zip('app.zip', [file('index.html/', ''), file('index.html/a.js', '')]);
    expect((await refusal('app.zip')).found).toContain('no index.html at its root');
  });
});

describe('a ZIP file', () => {
  it('is sent as it is: the bytes that were checked, however the file changes, as often as asked', async () => {
    const given = await zip('app.zip', [file('index.html', INDEX), file('a/', ''), file('a/b.bin', noise(300_000))]);
    const pack = await openGood('app.zip');
    expect(pack).toMatchObject({ entries: 3, sizeBytes: given.length, sha256: sha256(given) });
    // Nothing that a run which is cut off could leave behind.
    expect(await readdir(tempDir)).toEqual([]);

    await writeFile(join(workspace, 'app.zip'), 'something else');
    const [first, second] = await Promise.all([bytesOf(pack), bytesOf(pack)]);
    expect(sha256(first)).toBe(pack.sha256);
    expect(sha256(second)).toBe(pack.sha256);

    await pack.close();
    await pack.close();
    await expect(bytesOf(pack)).rejects.toThrow();
  });

  it('may be deflated, have a comment, folders and names in an old code page', async () => {
    const old = file('', 'x', { rawName: Buffer.from([0x82, 0x2e, 0x6a, 0x73]), flags: 0 });
    await zip('app.zip', [file('index.html', INDEX, { method: 8 }), file('img/', ''), old], {
      comment: 'made by hand\n…',
    });
    expect((await openGood('app.zip')).entries).toBe(3);
  });

  it('is refused for each hostile entry, all of them at once', async () => {
    await zip('app.zip', [
      file('index.html', INDEX),
      file('../evil.js', ''),
      file('a/../../b.js', ''),
      file('/etc/passwd', ''),
      file('C:\\x.js', ''),
      file('C:/x.js', ''),
      file('a\\b.js', ''),
      file('a\x1b[31m\n.js', ''),
      file('a\u202Esj.exe', ''),
      file('', '', { rawName: Buffer.from('cp\n.js'), flags: 0 }),
      file('', '', { rawName: Buffer.from([0x61, 0xff]) }),
      file('./x.js', ''),
      file('a//x.js', ''),
      file('', ''),
      file('link', '/etc/passwd', { mode: 0o120777 }),
      file('device', '', { mode: 0o020666 }),
      // Traditional encryption puts twelve bytes before the data.
      file('secret.js', 'x', { flags: 0x801, packed: Buffer.alloc(13) }),
      file('x'.repeat(2000), ''),
    ]);
    const { found } = await refusal('app.zip');
    const expected = [
      '"../evil.js" has a ".."',
      '"a/../../b.js" has a ".."',
      '"/etc/passwd" is absolute',
      '"C:\\x.js" has a backslash',
      '"C:/x.js" starts with a drive letter',
      '"a\\b.js" has a backslash',
      '"asj.exe" has control characters',
      '"./x.js" has an empty part or a "."',
      '"a//x.js" has an empty part or a "."',
      'the name "" is empty',
      '"link" is a symbolic link',
      '"device" is not a regular file',
      '"secret.js" is encrypted',
      'is longer than 1024 bytes',
      'is not valid UTF-8',
    ];
    for (const each of expected) expect(found).toContain(each);
    expect(found.match(/has control characters/g)).toHaveLength(3);
    expect(found).toContain('It has 17 faults');
    expect(found).not.toMatch(/[\x00-\x1f\u202E]|x{200}/);
  });

  it('is refused for names that are, or may become, the same', async () => {
    await zip('app.zip', [
      file('index.html', INDEX),
      file('index.html', 'other'),
      file('é.js', ''),
      file('e\u0301.js', ''),
      file('Logo.png', ''),
      file('logo.PNG', ''),
      file('lib', ''),
      file('lib/a.js', ''),
      file('css/', ''),
      file('css/', ''),
      file('Up', ''),
      file('up/', ''),
      file('Down/', ''),
      file('down', ''),
    ]);
    const { found } = await refusal('app.zip');
    expect(found).toContain('It has 7 faults');
    expect(found).toContain('"index.html" is in it twice');
    expect(found).toContain('"css" is in it twice');
    expect(found).toContain('"Logo.png" and "logo.PNG" are the same name');
    expect(found.match(/"é.js" and/gu)).toHaveLength(1);
    expect(found).toContain('"lib" is both a file and a folder');
    expect(found).toContain('"Up" and "up" are the same name');
    expect(found).toContain('"down" is both a file and a folder');
  });

  const index = file('index.html', INDEX);
  const text = Buffer.from('abcdefgh'.repeat(100));
  const packed = deflateRawSync(text);

  it.each<[string, ZipLies, string | RegExp]>([
    ['an entry before the first one', { before: stray('.env') }, '".env" is in it, but not in its directory'],
    ['an entry between two', { between: stray('id_rsa') }, '"id_rsa" is in it, but not in its directory'],
    ['an entry behind the last one', { after: stray('a/.env') }, '"a/.env" is in it, but not in its directory'],
    ['a hostile name', { after: stray('a\n::error::b') }, /"a ?::error::b" is in it, but not in its directory/],
    ['bytes between two entries', { between: Buffer.from('secret') }, '6 bytes at its offset 74 belong to no entry'],
    ['zeros between two entries', { between: Buffer.alloc(2) }, '2 bytes at its offset 74 belong to no entry'],
    [
      'a program before it',
      { before: Buffer.from('MZ program') },
      '10 bytes before its first entry, as a self-extracting',
    ],
    [
      'a program that its offsets do not count',
      { before: Buffer.from('MZ program'), isShifted: true },
      'It has 10 bytes before its first entry, as a self-extracting archive has.',
    ],
    ['an entry that its offsets do not count', { before: stray('.env'), isShifted: true }, 'does not know of'],
    [
      'another directory before its own',
      { after: zipBytes([file('x', '')]) },
      '"x" is in it, but not in its directory',
    ],
    ['bytes behind its directory', { behindDirectory: Buffer.from('secret') }, 'does not know of'],
    ['bytes behind its end', { behind: Buffer.from('secret') }, 'extra bytes at the end'],
    [
      'a ZIP behind its end',
      { behind: zipBytes([file('index.html', 'x')]) },
      'before its entries or behind its directory',
    ],
    [
      'a ZIP in its comment',
      { comment: zipBytes([file('index.html', 'x')]) },
      'before its entries or behind its directory',
    ],
    ['an entry in its comment', { comment: stray('.env') }, 'its comment holds binary data'],
    [
      'fewer entries counted than listed',
      { end: { 8: 1, 10: 1 } },
      /its directory has \d+ bytes, but its entries take/,
    ],
    ['two counts of its entries', { end: { 8: 1 } }, 'counts its entries in two ways'],
    ['two end records that differ', { isZip64: true, end: { 8: 1 } }, 'its two end records contradict each other'],
    ['bytes before a zip64 end record', { isZip64: true, behindDirectory: Buffer.from('secret') }, 'invalid zip64'],
  ])('is refused for %s', async (_, lies, what) => {
    await zip('app.zip', [index, file('a.js', 'abc')], lies);
    const { found } = await refusal('app.zip');
    expect(found).toEqual(expect.stringMatching(typeof what === 'string' ? escaped(what) : what));
    expect(found).not.toMatch(/\n/);
  });

  it('is refused where two entries share bytes', async () => {
    const bytes = zipBytes([index, file('a.js', 'abc'), file('b.js', 'abc')]);
    // The offset of the third entry in the directory becomes that of the second.
    bytes.writeUInt32LE(30 + 10 + INDEX.length, bytes.length - 22 - 4 - 4);
    await put('app.zip', bytes);
    expect((await refusal('app.zip')).found).toContain('"b.js" lies within another entry');
  });

  it('is refused where its last entry reaches into its directory', async () => {
    const bytes = zipBytes([index]);
    for (const at of [18, bytes.length - 22 - 10 - 46 + 20]) bytes.writeUInt32LE(INDEX.length + 5, at);
    bytes.writeUInt32LE(INDEX.length + 5, 22);
    bytes.writeUInt32LE(INDEX.length + 5, bytes.length - 22 - 10 - 46 + 24);
    await put('app.zip', bytes);
    expect((await refusal('app.zip')).found).toContain('its last entry reaches into its directory');
  });

  it('is refused for headers that say otherwise than its directory', async () => {
    await zip('app.zip', [
      index,
      file('name.js', text, { localName: 'name.JS' }),
      file('unicode.js', text, { local: { extra: unicodePath(Buffer.from('unicode.js'), '.env') } }),
      file('', text, { rawName: Buffer.from('é.js'), local: { flags: 0 } }),
      file('method.js', text, { method: 8, local: { method: 0 } }),
      file('size.js', text, { local: { size: 1 } }),
      file('packed.js', text, { method: 8, local: { packedSize: 1 } }),
      file('zeros.js', text, { local: { size: 0, packedSize: 0 } }),
      file('crc.js', text, { local: { crc: 1 } }),
      file('long.js', text, { local: { size: 0xffffffff, packedSize: 0xffffffff, extra: zip64Field(1, 2) } }),
      file('open.js', text, { flags: 0x808, local: { size: 5 }, descriptor: descriptorOf(text, text, 4, true) }),
      file('locked.js', text, { local: { flags: 0x801 } }),
    ]);
    const { found } = await refusal('app.zip');
    for (const name of ['name.js', 'unicode.js', 'é.js']) {
      expect(found).toContain(`"${name}" has another name in its header`);
    }
    expect(found).toContain('"method.js" has another method in its header');
    for (const name of ['size.js', 'packed.js', 'zeros.js', 'long.js', 'open.js']) {
      expect(found).toContain(`"${name}" has other sizes in its header`);
    }
    expect(found).toContain('"crc.js" has another checksum in its header');
    expect(found).toContain('"locked.js" is encrypted');
    expect(found).toContain('It has 11 faults');
  });

  it('is refused for what hides in or behind the data of an entry', async () => {
    const hidden = stray('.env');
    const inner = Buffer.concat([text, hidden]);
    const lost = { flags: 0x808, method: 8 };
    await zip('app.zip', [
      index,
      file('slack.js', text, { method: 8, packed: Buffer.concat([packed, hidden]) }),
      file('big.js', text, { method: 8, packed: Buffer.concat([packed, noise(200_000)]) }),
      file('open.js', inner, { flags: 0x808, descriptor: descriptorOf(inner, inner, 4, true) }),
      file('none.js', text, lost),
      file('wrong.js', text, { ...lost, descriptor: descriptorOf(text, text, 4, true) }),
      file('more.js', text, { ...lost, descriptor: Buffer.concat([descriptorOf(text, packed, 4, true), hidden]) }),
    ]);
    const { found } = await refusal('app.zip');
    expect(found).toContain(`"slack.js" cannot be unpacked (${hidden.length} bytes follow its compressed data)`);
    expect(found).toContain('"big.js" cannot be unpacked (200000 bytes follow');
    expect(found).toContain('"open.js" is stored without its size and holds a ZIP');
    for (const name of ['none.js', 'wrong.js']) expect(found).toContain(`"${name}" lacks the descriptor`);
    expect(found).toContain('".env" is in it, but not in its directory');
  });

  it('is refused by name for strong encryption', async () => {
    await zip('app.zip', [index, file('vault.js', text, { flags: 0x841 })]);
    expect((await refusal('app.zip')).found).toContain('"vault.js" is encrypted');
  });

  it('may have descriptors of each form, zip64 fields and end records', async () => {
    const lost = { flags: 0x808, method: 8, local: { crc: 0, size: 0, packedSize: 0 } };
    const all = 0xffffffff;
    const long = { size: all, packedSize: all };
    await zip(
      'app.zip',
      [
        file('index.html', INDEX, { local: { ...long, extra: zip64Field(INDEX.length, INDEX.length) } }),
        file('a.js', text, { ...lost, descriptor: descriptorOf(text, packed, 4, true) }),
        file('b.js', text, { ...lost, descriptor: descriptorOf(text, packed, 4, false) }),
        file('c.js', text, { ...lost, descriptor: descriptorOf(text, packed, 8, true) }),
        file('d.js', text, { ...lost, descriptor: descriptorOf(text, packed, 8, false) }),
        file('e.js', text, {
          ...lost,
          local: { crc: 0, ...long, extra: zip64Field(0, 0) },
          descriptor: descriptorOf(text, packed, 8, true),
        }),
        file('empty.js', '', { ...lost, descriptor: descriptorOf(Buffer.alloc(0), deflateRawSync(''), 4, true) }),
      ],
      { isZip64: true },
    );
    expect((await openGood('app.zip')).entries).toBe(7);
  });

  it('of Python is taken, written as a file and as a stream, and one with a comment as git archive writes it', async () => {
    const script = `
import io, sys, zipfile
class Stream(io.RawIOBase):
    def __init__(self, file): self.file = file
    def writable(self): return True
    def seekable(self): return False
    def write(self, data): return self.file.write(data)
for method in (0, 8):
    for streamed in (0, 1):
        for zip64 in (False, True):
            with open(f'{sys.argv[1]}/{method}{streamed}{int(zip64)}.zip', 'wb') as file:
                with zipfile.ZipFile(Stream(file) if streamed else file, 'w', method) as z:
                    for name in ('index.html', 'é/a.txt', 'empty'):
                        info = zipfile.ZipInfo(name)
                        info.compress_type = method
                        with z.open(info, 'w', force_zip64=zip64) as entry:
                            entry.write(b'' if name == 'empty' else b'hello ' * 1000)
`;
    await promisify(execFile)('python3', ['-c', script, workspace]);
    for (const name of ['000', '001', '010', '011', '800', '801', '810', '811']) {
      expect((await openGood(`${name}.zip`)).entries).toBe(3);
    }
    // git archive names the commit in the comment.
    await zip('git.zip', [index], { comment: '0123456789abcdef0123456789abcdef01234567' });
    expect((await openGood('git.zip')).entries).toBe(1);
  });

  it('is refused for entries that do not unpack to what they say', async () => {
    const text = 'abcdefgh'.repeat(100);
    const packed = deflateRawSync(text);
    const bad = Buffer.from(packed).fill(0xff, 2);
    await zip('app.zip', [
      file('index.html', INDEX),
      file('crc.js', text, { crc: 1 }),
      file('crc8.js', text, { crc: 1, method: 8 }),
      file('long.js', text, { method: 8, size: 10 }),
      file('short.js', text, { method: 8, size: 10_000 }),
      file('cut.js', text, { method: 8, packed: packed.subarray(0, -3) }),
      file('bad.js', text, { method: 8, packed: bad }),
      file('other.js', text, { localName: '../x.js' }),
      file('lzma.js', text, { method: 14, packed }),
      file('two.js', text, { unicodeName: '../evil.js' }),
    ]);
    const { found } = await refusal('app.zip');
    expect(found).toContain('It has 9 faults');
    for (const name of ['crc.js', 'crc8.js']) expect(found).toContain(`"${name}" is damaged`);
    for (const name of ['long.js', 'short.js', 'cut.js', 'bad.js']) {
      expect(found).toContain(`"${name}" cannot be unpacked`);
    }
    expect(found).toContain('"other.js" has another name in its header');
    expect(found).toContain('"lzma.js" is compressed in a way (14)');
    expect(found).toContain('"../evil.js" has a ".."');
  });

  it('is refused as a bomb before it is unpacked', async () => {
    const bomb = { method: 8, packed: deflateRawSync(Buffer.alloc(1000)), size: 1.5 * 1024 ** 3 };
    await zip('app.zip', [
      file('index.html', INDEX),
      file('a', '', { ...bomb, size: 1000 }),
      file('b', '', bomb),
      file('c', '', bomb),
    ]);
    expect((await refusal('app.zip')).found).toContain('it unpacks to more than 2147483648 bytes');
  });

  it('is refused for more entries than a plain ZIP holds', async () => {
    const zip64 = Buffer.alloc(56 + 20 + 22);
    zip64.writeUInt32LE(0x06064b50, 0);
    zip64.writeBigUInt64LE(65_536n, 32);
    zip64.writeUInt32LE(0x07064b50, 56);
    zip64.writeUInt32LE(0x06054b50, 76);
    zip64.writeUInt16LE(0xffff, 86);
    await put('app.zip', zip64);
    expect((await refusal('app.zip')).found).toBe('It has more than 65535 entries.');
  });

  it('is refused where it is cut off, damaged, empty, or no ZIP at all', async () => {
    const good = await zip('app.zip', [file('index.html', INDEX), file('a.js', noise(2000))]);
    await put('cut.zip', good.subarray(0, -30));
    expect((await refusal('cut.zip')).found).toContain('It is a ZIP that is cut off or damaged');
    await zip('lie.zip', [file('index.html', INDEX), file('a.js', 'abc', { size: 4 })]);
    expect((await refusal('lie.zip')).found).toContain("the ZIP's directory is damaged after 2 entries");
    await put('tail.zip', good.subarray(500));
    expect((await refusal('tail.zip')).found).toMatch(/^It has a fault: the ZIP's directory is damaged after 0 /);
    await put('text.zip', 'not a zip');
    expect((await refusal('text.zip')).found).toContain('It is not a ZIP file');
    await put('empty.zip', '');
    expect((await refusal('empty.zip')).found).toBe('It is an empty file.');
    await zip('none.zip', []);
    expect((await refusal('none.zip')).found).toBe('It has a fault: it is empty.');
  });

  it('names twenty faults and counts the others', async () => {
    await zip(
      'app.zip',
      Array.from({ length: 50 }, (_, i) => file(`../${i}.js`, '')),
    );
    const { found } = await refusal('app.zip');
    expect(found).toContain('It has 51 faults');
    expect(found).toContain('"../19.js"');
    expect(found).not.toContain('"../20.js"');
    expect(found).toContain('; and 31 more.');
  });
});

describe('a path', () => {
  it('is resolved in the workspace, links and all', async () => {
    await put('a/b.txt', '');
    await symlink('a', join(workspace, 'inner'));
    const real = join(workspace, 'a/b.txt');
    for (const path of ['a/b.txt', './a/../a/b.txt', 'inner/b.txt', real]) {
      expect(await resolveInWorkspace(path, workspace)).toBe(real);
    }
    expect(await resolveInWorkspace('a', workspace, 'file-or-folder')).toBe(dirname(real));
    // A workspace that is itself reached through a link.
    await symlink(workspace, join(base, 'link'));
    expect(await resolveInWorkspace('a/b.txt', join(base, 'link'))).toBe(real);
    expect(await resolveInWorkspace(join(base, 'link/a/b.txt'), join(base, 'link'))).toBe(real);
    for (const path of ['none', join(workspace, 'none'), join(base, 'link/none')]) {
      await expect(resolveInWorkspace(path, join(base, 'link'))).rejects.toThrow('does not exist');
    }
    await put('..b/c', '');
    expect(await resolveInWorkspace('..b/c', workspace)).toBe(join(workspace, '..b/c'));
  });

  it('is refused, as it was given, with what is wrong', async () => {
    await put('a/b.txt', '');
    await put('../work-2/secret', '');
    await symlink('../work-2', join(workspace, 'out'));
    await symlink('round', join(workspace, 'round'));
    const leaves = [
      '../work-2/secret',
      '../none',
      '/etc/passwd',
      '/none',
      'out/secret',
      'out',
      '..',
      join(base, 'work-2'),
    ];
    for (const path of leaves) {
      const text = `The path "${path}" leaves the workspace.`;
      await expect(resolveInWorkspace(path, workspace, 'file-or-folder')).rejects.toThrow(new Error(text));
    }
    const others: [string, string][] = [
      ['none.txt', 'does not exist'],
      ['a/b.txt/c', 'does not exist'],
      ['round', 'is a link that leads round in a circle'],
      ['a', 'is a folder, not a file'],
    ];
    for (const [path, what] of others) {
      await expect(resolveInWorkspace(path, workspace)).rejects.toThrow(new Error(`The path "${path}" ${what}.`));
    }
    await expect(resolveInWorkspace(' ', workspace)).rejects.toThrow('The path is empty.');
    await expect(resolveInWorkspace('a\0b', workspace)).rejects.toThrow('holds a NUL character');
    await expect(resolveInWorkspace('no\n::error::x', workspace)).rejects.toThrow(
      /^The path "no ?::error::x" does not/,
    );
  });

  it('of a package is a fault of the package', async () => {
    expect((await refusal('none')).found).toBe('The path "none" does not exist.');
    expect((await refusal('../temp')).found).toBe(
      'The path "../temp" leaves the workspace; allowed are the workspace and, for an absolute path, RUNNER_TEMP.',
    );
    await build({ 'index.html': INDEX });
    await expect(openPackage('dist', { workspace, tempDir: join(base, 'gone') })).rejects.toMatchObject({
      code: 'package-invalid',
      found: expect.stringContaining('temporary folder: ENOENT.'),
    });
  });
});

describe('the version of a package', () => {
  it('is that of the nearest package.json that has one, up to the workspace', async () => {
    const versionOf = async (path: string) => (await packageVersion(path, workspace))?.version;
    await put('shop/package.json', '\uFEFF{"version":"1.2.3"}');
    await put('shop/dist/index.html', '');
    await put('shop/dist/app.zip', '');
    await put('shop/dist/deep/er/x', '');
    await put('other/dist/x', '');
    expect(await packageVersion('shop', workspace)).toEqual({ version: '1.2.3', file: 'shop/package.json' });
    for (const path of ['shop/dist', 'shop/dist/app.zip', 'shop/dist/deep/er'])
      expect(await versionOf(path)).toBe('1.2.3');
    expect(await packageVersion('other/dist', workspace)).toBeUndefined();
    await put('package.json', Buffer.from('\uFEFF{"version":"9.9.9"}', 'utf16le'));
    expect(await packageVersion('other/dist', workspace)).toEqual({ version: '9.9.9', file: 'package.json' });
    await put('shop/dist/package.json', '{"type":"module"}');
    expect(await versionOf('shop/dist')).toBe('1.2.3');
    await put('shop/dist/package.json', '{"version":"2.0.0"}');
    expect(await versionOf('shop/dist')).toBe('2.0.0');
  });

  it('is not looked for above the workspace', async () => {
    await put('../package.json', '{"version":"6.6.6"}');
    await put('app.zip', '');
    await put('a/b/x', '');
    await writeFile(join(tempDir, 'app.zip'), '');
    for (const path of ['app.zip', '.', 'a/b', join(tempDir, 'app.zip')]) {
      expect(await packageVersion(path, workspace, tempDir)).toBeUndefined();
    }
    await rm(join(tempDir, 'app.zip'));
    await symlink('../package.json', join(workspace, 'package.json'));
    await expect(packageVersion('.', workspace)).rejects.toMatchObject({
      code: 'version-unresolved',
      found: 'The path "package.json" leaves the workspace.',
    });
  });

  it('is an error that names the nearest package.json where none has one', async () => {
    await put('package.json', '{"private":true}');
    await put('shop/package.json', '{"name":"shop"}');
    await put('shop/dist/x', '');
    await expect(packageVersion('shop/dist', workspace)).rejects.toMatchObject({
      code: 'version-unresolved',
      found: 'The file "shop/package.json" has no version.',
    });
  });

  it.each([
    ['is not valid JSON', '{"version": "1.0.0", sekret'],
    ['holds no JSON object', '["sekret"]'],
    ['holds no JSON object', 'null'],
    ['has a version that is not a text', '{"version": 1.1, "token": "sekret"}'],
    ['is larger than 1 MiB', ' '.repeat(1024 * 1024 + 1)],
  ])('is an error, without its content, where package.json %s', async (what, text) => {
    await put('shop/package.json', text);
    const error: ReleaseError = await packageVersion('shop', workspace).then(
      () => expect.fail('it was read'),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'version-unresolved', found: `The file "shop/package.json" ${what}.` });
    expect(`${error.stack}${String(error.cause)}`).not.toContain('sekret');
  });
});

async function openGood(path: string): Promise<Package> {
  const pack = await openPackage(path, { workspace, tempDir });
  opened.push(pack);
  return pack;
}

/** The refusal of a package; that nothing of it stays behind is checked after each test. */
/** The files of this test that are open: the private copy has no name by then. */
async function openFiles(): Promise<string[]> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(join('/proc/self/fd', fd)).catch(() => ''));
  return (await Promise.all(links)).filter((path) => path.startsWith(workspace));
}

async function refusal(path: string): Promise<ReleaseError> {
  const error: unknown = await openGood(path).catch((thrown: unknown) => thrown);
  if (!(error instanceof ReleaseError)) throw new Error(`not refused: ${path}`, { cause: error });
  expect(error.code).toBe('package-invalid');
  return error;
}

async function bytesOf(pack: Package): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of pack.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The sum of a folder's package in a process of its own, in another time zone. */
async function sumIn(folder: string, timeZone: string): Promise<string> {
  const module = pathToFileURL(join(import.meta.dirname, '../../src/package/package.ts')).href;
  const script = `const { openPackage } = await import(${JSON.stringify(module)});
    const pack = await openPackage(${JSON.stringify(folder)}, ${JSON.stringify({ workspace, tempDir })});
    console.log(pack.sha256);
    await pack.close();`;
  const env = { ...process.env, TZ: timeZone };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  return stdout.trim();
}

async function build(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await put(`dist/${name}`, content);
}

async function put(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const full = join(workspace, path);
  await mkdir(dirname(full), { recursive: true });
  await writeFile(full, content, { mode });
}

/** Bytes that do not compress, the same each time. */
function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) =>
    createHash('sha256').update(String(i)).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}

interface ZipEntry {
  name: Buffer;
  localName: Buffer;
  packed: Buffer;
  size: number;
  crc: number;
  method: number;
  flags: number;
  mode: number;
  extra: Buffer;
  /** What its own header says otherwise. */
  local: LocalLies;
  descriptor: Buffer;
}

interface LocalLies {
  method?: number;
  flags?: number;
  crc?: number;
  packedSize?: number;
  size?: number;
  extra?: Buffer;
}

interface EntryLies {
  local?: LocalLies;
  descriptor?: Buffer;
  rawName?: Buffer;
  localName?: string;
  unicodeName?: string;
  packed?: Buffer;
  size?: number;
  crc?: number;
  method?: number;
  flags?: number;
  mode?: number;
}

/** An entry as honest as it is left; no library writes the others. */
function file(name: string, content: string | Buffer, lies: EntryLies = {}): ZipEntry {
  const data = Buffer.from(content);
  const rawName = lies.rawName ?? Buffer.from(name);
  const method = lies.method ?? 0;
  return {
    name: rawName,
    localName: lies.localName === undefined ? rawName : Buffer.from(lies.localName),
    packed: lies.packed ?? (method === 8 ? deflateRawSync(data) : data),
    size: lies.size ?? data.length,
    crc: lies.crc ?? crc32(data),
    method,
    flags: lies.flags ?? 0x800,
    mode: lies.mode ?? 0,
    extra: lies.unicodeName === undefined ? Buffer.alloc(0) : unicodePath(rawName, lies.unicodeName),
    local: lies.local ?? {},
    descriptor: lies.descriptor ?? Buffer.alloc(0),
  };
}

function zip64Field(size: number, packedSize: number): Buffer {
  const field = Buffer.alloc(20);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(16, 2);
  field.writeUInt32LE(size, 4);
  field.writeUInt32LE(packedSize, 12);
  return field;
}

function escaped(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}

function unicodePath(rawName: Buffer, name: string): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt16LE(0x7075, 0);
  head.writeUInt16LE(5 + Buffer.byteLength(name), 2);
  head.writeUInt8(1, 4);
  head.writeUInt32LE(crc32(rawName), 5);
  return Buffer.concat([head, Buffer.from(name)]);
}

interface ZipLies {
  readonly comment?: string | Buffer;
  /** Before the first entry, between the first two, and behind the last one. */
  readonly before?: Buffer;
  readonly between?: Buffer;
  readonly after?: Buffer;
  /** Behind the directory, and behind the end record. */
  readonly behindDirectory?: Buffer;
  readonly behind?: Buffer;
  /** The offsets do not count what stands before the first entry. */
  readonly isShifted?: boolean;
  readonly isZip64?: boolean;
  /** Fields of the end record, by their offset. */
  readonly end?: Readonly<Record<number, number>>;
}

/** Writes a ZIP by hand (APPNOTE.TXT 4.3). */
async function zip(path: string, entries: readonly ZipEntry[], lies: ZipLies = {}): Promise<Buffer> {
  await put(path, zipBytes(entries, lies));
  return readFile(join(workspace, path));
}

function zipBytes(entries: readonly ZipEntry[], lies: ZipLies = {}): Buffer {
  const none = Buffer.alloc(0);
  const { before = none, between = none, after = none, behindDirectory = none, behind = none } = lies;
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = lies.isShifted ? 0 : before.length;
  for (const [index, entry] of entries.entries()) {
    const { extra = none } = entry.local;
    const gap = index === 0 ? between : none;
    const body = Buffer.concat([localHeader(entry), entry.localName, extra, entry.packed, entry.descriptor, gap]);
    directory.push(directoryHeader(entry, offset), entry.name, entry.extra);
    bodies.push(body);
    offset += body.length;
  }
  offset += after.length;
  const central = Buffer.concat(directory);
  const comment = Buffer.from(lies.comment ?? '');
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(lies.isZip64 ? 0xffff : entries.length, 8);
  end.writeUInt16LE(lies.isZip64 ? 0xffff : entries.length, 10);
  end.writeUInt32LE(lies.isZip64 ? 0xffffffff : central.length, 12);
  end.writeUInt32LE(lies.isZip64 ? 0xffffffff : offset, 16);
  end.writeUInt16LE(comment.length, 20);
  for (const [at, value] of Object.entries(lies.end ?? {})) end.writeUInt16LE(value, Number(at));
  const zip64 = lies.isZip64 ? zip64End(entries.length, central.length, offset) : none;
  return Buffer.concat([before, ...bodies, after, central, behindDirectory, zip64, end, comment, behind]);
}

function zip64End(entries: number, sizeBytes: number, start: number): Buffer {
  const bytes = Buffer.alloc(56 + 20);
  bytes.writeUInt32LE(0x06064b50, 0);
  bytes.writeUInt32LE(44, 4);
  for (const [at, value] of [
    [24, entries],
    [32, entries],
    [40, sizeBytes],
    [48, start],
  ] as const) {
    bytes.writeUInt32LE(value, at);
  }
  bytes.writeUInt32LE(0x07064b50, 56);
  bytes.writeUInt32LE(start + sizeBytes, 64);
  bytes.writeUInt32LE(1, 72);
  return bytes;
}

/** An entry that no directory lists. */
function stray(name: string): Buffer {
  const entry = file(name, 'TOKEN=1');
  return Buffer.concat([localHeader(entry), entry.name, entry.packed]);
}

/** What follows the data of an entry whose header knows no sizes: with or without signature, 32 or 64 bits. */
function descriptorOf(content: Buffer, packed: Buffer, width: 4 | 8, isSigned: boolean): Buffer {
  const bytes = Buffer.alloc(8 + 2 * width);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(crc32(content), 4);
  bytes.writeUInt32LE(packed.length, 8);
  bytes.writeUInt32LE(content.length, 8 + width);
  return isSigned ? bytes : bytes.subarray(4);
}

function localHeader(entry: ZipEntry): Buffer {
  const { method, flags, crc, packedSize, size, extra } = entry.local;
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  common(entry).copy(header, 4);
  if (flags !== undefined) header.writeUInt16LE(flags, 6);
  if (method !== undefined) header.writeUInt16LE(method, 8);
  if (crc !== undefined) header.writeUInt32LE(crc, 14);
  if (packedSize !== undefined) header.writeUInt32LE(packedSize, 18);
  if (size !== undefined) header.writeUInt32LE(size, 22);
  header.writeUInt16LE(entry.localName.length, 26);
  header.writeUInt16LE(extra?.length ?? 0, 28);
  return header;
}

function directoryHeader(entry: ZipEntry, offset: number): Buffer {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(0x02014b50, 0);
  header.writeUInt16LE(0x031e, 4);
  common(entry).copy(header, 6);
  header.writeUInt16LE(entry.name.length, 28);
  header.writeUInt16LE(entry.extra.length, 30);
  header.writeUInt32LE((entry.mode << 16) >>> 0, 38);
  header.writeUInt32LE(offset, 42);
  return header;
}

/** The fields that both headers have in the same order, from "version needed" to "uncompressed size". */
function common(entry: ZipEntry): Buffer {
  const fields = Buffer.alloc(22);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(entry.flags, 2);
  fields.writeUInt16LE(entry.method, 4);
  fields.writeUInt32LE(entry.crc, 10);
  fields.writeUInt32LE(entry.packed.length, 14);
  fields.writeUInt32LE(entry.size, 18);
  return fields;
}
