import { describe, expect, test } from 'vitest';
import { INPUTS, type InputName, type Inputs } from '../../src/action/inputs.ts';
import { readInputs } from '../../src/action/read-inputs.ts';
import { parseUserIds } from '../../src/action/user-ids.ts';
import { STAGE_NAMES } from '../../src/release/lifecycle.ts';

const GOOD = {
  stage: 'status',
  'portal-url': 'https://miniapp.midtrans.com',
  'miniapp-id': '2088000000000000000001',
  'space-id': '2088000000000000000002',
  'target-app': 'GOPAY',
  'portal-session': 'SESSION=c0ffee',
};
type Given = Partial<Record<InputName, string>>;

const environmentOf = (given: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]));

const faultsOf = async (given: Given) => (await readInputs(environmentOf({ ...GOOD, ...given }))).faults;

async function inputsOf(given: Given): Promise<Inputs> {
  const { inputs, faults } = await readInputs(environmentOf({ ...GOOD, ...given }));
  expect(faults).toEqual([]);
  return inputs;
}

/** The only fault. */
async function faultOf(given: Given): Promise<string> {
  const faults = await faultsOf(given);
  expect(faults).toHaveLength(1);
  return faults[0] ?? '';
}

describe('what is absent', () => {
  test('takes its default, also in a process for which no runner set any', async () => {
    const bare = await inputsOf({});
    const defaults = Object.entries(INPUTS).flatMap(([name, row]) => ('default' in row ? [[name, row.default]] : []));
    const set = await inputsOf({ ...Object.fromEntries(defaults), 'github-token': '' });
    expect(bare).toEqual(set);
    expect(bare).toMatchObject({
      tagPrefix: 'v',
      allowDowngrade: false,
      approvalTimeoutMs: 15 * 60_000,
      soakMode: 'wait',
      onPending: 'auto',
      dryRun: false,
      comment: 'auto',
      showPreview: 'auto',
      version: undefined,
      githubToken: undefined,
    });
  });

  test('may be empty or blank instead', async () => {
    const all = Object.fromEntries(Object.keys(INPUTS).map((name) => [name, ' \n ']));
    // An empty tag-prefix says that tags have none.
    expect(await inputsOf({ ...all, ...GOOD })).toEqual({ ...(await inputsOf({})), tagPrefix: '' });
  });

  test('and required, is named with what it takes', async () => {
    const { faults } = await readInputs({});
    expect(faults.map((fault) => fault.split(':')[0])).toEqual(['stage', 'portal-url', 'miniapp-id', 'space-id']);
    expect(faults[0]).toContain('upload, submit, apply');
  });

  test('a target app is missing for every stage but upload', async () => {
    expect(await faultOf({ 'target-app': '' })).toMatch(/^target-app: missing/);
    const upload = { stage: 'upload', package: 'dist', 'target-app': '' };
    expect((await inputsOf(upload)).targetApp).toBe('');
    expect(await faultsOf({ ...upload, stage: 'upload submit' })).toHaveLength(1);
  });
});

describe('an input that does not exist', () => {
  test.each([
    ['dry_run', 'dry-run'],
    ['DRYRUN', 'dry-run'],
    ['dry', 'dry-run'],
    ['dry.run', 'dry-run'],
    ['dry_runs', 'dry-run'],
    ['is_dry_run', 'dry-run'],
    ['dry_run_mode', 'dry-run'],
    ['_dry_run', 'dry-run'],
    ['stages', 'stage'],
    ['versions', 'version'],
    ['portal_url', 'portal-url'],
    ['portalurl', 'portal-url'],
    ['miniapp', 'miniapp-id'],
    ['greyscale-ratio', 'grayscale-ratio'],
    ['whitelist', 'whitelist-ids'],
  ])('%s is a fault; the nearest is %s', async (name, near) => {
    const { faults } = await readInputs(environmentOf({ ...GOOD, [name]: 'true' }));
    expect(faults).toEqual([`${name.toLowerCase()}: no such input; did you mean ${near}?`]);
  });

  test('that no shell could have set is a fault, though it is near to nothing', async () => {
    const { faults } = await readInputs(environmentOf({ ...GOOD, 'upload-everything': 'true' }));
    expect(faults).toEqual(['upload-everything: no such input.']);
  });

  test.each(['METHOD', 'FORMAT', 'FILE', 'DIR', 'PATH', 'DEVICE', 'MODE', 'TOKEN', 'STYLE', 'IMAGE', ''])(
    'a variable INPUT_%s of the machine is none',
    async (name) => {
      expect((await readInputs({ ...environmentOf(GOOD), [`INPUT_${name}`]: 'ibus' })).faults).toEqual([]);
    },
  );

  test('its value is not shown, and its name is one line', async () => {
    const { faults } = await readInputs({ ...environmentOf(GOOD), 'INPUT_A\n::error::B': 'hunter2' });
    expect(faults).toEqual(['a ::error::b: no such input.']);
  });
});

describe('stage', () => {
  test.each([
    ['release, submit apply', ['submit', 'apply', 'release']],
    ['release\nupload,\n submit', ['upload', 'submit', 'release']],
    ['status,status', ['status']],
  ])('%j runs in the order of a release', async (stage, stages) => {
    expect((await inputsOf({ stage, package: 'dist' })).stages).toEqual(stages);
  });

  test.each(STAGE_NAMES.filter((stage) => stage !== 'withdraw' && stage !== 'rollback'))(
    'withdraw and rollback run alone, not with %s',
    async (stage) => {
      for (const alone of ['withdraw', 'rollback']) {
        const faults = await faultsOf({ stage: `${stage} ${alone}` });
        expect(faults).toContain(`stage: got ${stage}, ${alone}; ${alone} runs alone in a step.`);
      }
    },
  );

  test('withdraw and rollback do not run together either', async () => {
    expect(await faultOf({ stage: 'rollback withdraw' })).toMatch(/runs alone/);
  });

  test('an unknown one is named with the nearest', async () => {
    const fault = await faultOf({ stage: 'submit, aply' });
    expect(fault).toMatch(/^stage: got "submit, aply"; takes one or more of upload, .*did you mean apply\?/);
    expect(await faultOf({ stage: ',' })).toMatch(/^stage: got ","/);
  });
});

describe('ids', () => {
  test('2.088E+21 is explained', async () => {
    const fault = await faultOf({ 'miniapp-id': '2.088E+21' });
    expect(fault).toMatch(/^miniapp-id: got "2\.088E\+21"; takes .*quotes.*YAML/);
    expect(await faultOf({ 'space-id': '2.088e21' })).toMatch(/^space-id: .*YAML/);
  });

  test.each(['a b', 'a/b', '../x', 'x'.repeat(65), 'ä', '{appId}'])('%j is none', async (id) => {
    for (const name of ['miniapp-id', 'space-id', 'target-app'] as const) {
      expect(await faultOf({ [name]: id })).toMatch(new RegExp(`^${name}: got ".*"; takes 1 to 64 letters`));
    }
  });

  test('keep every digit', async () => {
    expect((await inputsOf({ 'miniapp-id': '2088517340291664370013' })).miniappId).toBe('2088517340291664370013');
  });
});

describe('version', () => {
  test.each(['1.2.3', '1.2.3.4', '0.0.0', '1.2.3-beta.1', 'latest', 'latest-prerelease'])('%s', async (version) => {
    expect((await inputsOf({ version })).version).toBe(version);
  });

  test('1.1 is explained', async () => {
    expect(await faultOf({ version: '1.1' })).toMatch(/in quotes: 1\.1 may be an unquoted 1\.10/);
  });

  test.each([
    ['v1.2.3', {}],
    ['refs/tags/v1.2.3', {}],
    ['refs/tags/1.2.3', {}],
    ['shop-v1.2.3', { 'tag-prefix': 'shop-v' }],
    ['shop/v1.2.3', { 'tag-prefix': 'shop/v' }],
    ['shop@1.2.3', { 'tag-prefix': 'shop@' }],
    ['1.2.3', { 'tag-prefix': 'shop-v' }],
    ['refs/tags/1.2.3', { 'tag-prefix': '' }],
  ])('%s with %j is 1.2.3', async (version, given) => {
    expect((await inputsOf({ version, ...given })).version).toBe('1.2.3');
  });

  test.each([
    ['shop-v1.2.3', {}, '"v" (tag-prefix)'],
    ['v1.2.3', { 'tag-prefix': 'shop-v' }, '"shop-v" (tag-prefix)'],
    ['v1.2.3', { 'tag-prefix': '' }, '1.2.3 or 1.2.3-beta, latest'],
    ['1.2.3+5', {}, 'no build metadata'],
    ['v1.2.3-rc.1+5', {}, 'no build metadata'],
  ])('%s with %j is a fault that says %s', async (version, given, why) => {
    expect(await faultOf({ version, ...given })).toContain(why);
  });

  test.each([
    '1',
    'vv1.2.3',
    '1.2.3.4.5',
    '1.2.x',
    '1.2.3+build',
    '1.2.3-',
    '0.9.0-rc.',
    '0.9.0-rc..1',
    '0.9.0-.rc',
    'refs/heads/1.2.3',
    'main',
    'newest',
    '1.2.3 4',
  ])('%s is none', async (version) => {
    expect(await faultOf({ version })).toMatch(/^version: got ".*"; takes three or four numbers/);
  });
});

describe('choices', () => {
  test.each(['allow-downgrade', 'reapply', 'dry-run'] as const)(
    '%s is true or false and nothing else',
    async (name) => {
      for (const text of ['yes', 'True', '1', 'TRUE']) {
        expect(await faultOf({ [name]: text })).toBe(`${name}: got "${text}"; takes true or false.`);
      }
      expect(await faultsOf({ [name]: 'true' })).toEqual([]);
    },
  );

  test.each([
    ['soak-mode', 'wait or resume'],
    ['on-pending', 'auto or succeed or fail'],
    ['show-preview', 'auto or true or false'],
    ['comment', "auto, off, or a pull request's number"],
  ] as const)('%s takes %s', async (name, takes) => {
    expect(await faultOf({ [name]: 'maybe' })).toBe(`${name}: got "maybe"; takes ${takes}.`);
  });

  test('a comment may name a pull request', async () => {
    expect((await inputsOf({ comment: '17' })).comment).toBe(17);
    for (const comment of ['0', '-1', '1.5', '99999999999']) expect(await faultOf({ comment })).toMatch(/^comment: /);
  });
});

describe('durations', () => {
  test.each([
    ['0s', 0],
    ['90s', 90_000],
    ['15m', 900_000],
    ['6h', 21_600_000],
    ['2d', 172_800_000],
  ])('%s', async (text, ms) => {
    const inputs = await inputsOf({ 'approval-timeout': text, 'grayscale-soak': text });
    expect(inputs.approvalTimeoutMs).toBe(ms);
    expect(inputs.soakMs).toBe(ms);
  });

  test.each(['15', '1.5h', '-1s', '15 m', '1h30m', '1w', 'forever', '1M', '9999999s'])('%s is none', async (text) => {
    for (const name of ['approval-timeout', 'grayscale-soak'] as const) {
      expect(await faultOf({ [name]: text })).toMatch(new RegExp(`^${name}: got ".*"; takes a duration such as 0s`));
    }
  });
});

describe('a ramp', () => {
  test.each([
    ['20', [20]],
    ['20%', [20]],
    ['5, 20,50%', [5, 20, 50]],
    ['1 100', [1, 100]],
  ])('%s', async (text, ratios) => {
    const grayscale = { stage: 'grayscale', 'grayscale-ratio': text, 'grayscale-soak': '0s' };
    expect((await inputsOf(grayscale)).ratios).toEqual(ratios);
  });

  test.each(['0', '101', '5, 5', '50, 20', '12.5', '20 %', '-5', 'half', ',', '0x10', '1e1'])(
    '%s is none',
    async (text) => {
      const faults = await faultsOf({ stage: 'grayscale', 'grayscale-ratio': text, 'grayscale-soak': '0s' });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(/^grayscale-ratio: got ".*"; takes a whole percentage 1-100/);
    },
  );

  test('must be given for grayscale, and is checked though not used', async () => {
    expect(await faultOf({ stage: 'grayscale' })).toMatch(/^grayscale-ratio: missing/);
    expect(await faultOf({ stage: 'status', 'grayscale-ratio': '0' })).toMatch(/^grayscale-ratio: got/);
  });

  test.each([
    ['a ramp', { stage: 'grayscale', 'grayscale-ratio': '5, 20' }],
    ['grayscale with release', { stage: 'grayscale, release', 'grayscale-ratio': '5' }],
    ['health-url', { stage: 'grayscale', 'grayscale-ratio': '5', 'health-url': 'https://example.com/health' }],
  ])('%s needs a soak, 0s if meant', async (why, given) => {
    expect(await faultOf(given)).toMatch(new RegExp(`^grayscale-soak: missing; ${why}`));
    expect((await inputsOf({ ...given, 'grayscale-soak': '0s' })).soakMs).toBe(0);
  });

  test('a single ratio, and a step without grayscale, need none', async () => {
    expect((await inputsOf({ stage: 'grayscale', 'grayscale-ratio': '5' })).soakMs).toBeUndefined();
    await inputsOf({ stage: 'release', 'grayscale-ratio': '5, 20', 'health-url': 'https://example.com/' });
  });
});

describe('portal-url', () => {
  test.each([
    ['https://miniapp.midtrans.com', 'https://miniapp.midtrans.com'],
    ['https://miniapp.midtrans.com/', 'https://miniapp.midtrans.com'],
    ['https://MINIAPP.midtrans.com:443', 'https://miniapp.midtrans.com'],
    ['https://miniapp.midtrans.com:8443', 'https://miniapp.midtrans.com:8443'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://127.0.0.1', 'http://127.0.0.1'],
    ['http://127.255.0.9:1', 'http://127.255.0.9:1'],
    ['http://[::1]:8080/', 'http://[::1]:8080'],
    ['http://2130706433', 'http://127.0.0.1'],
  ])('%s', async (text, origin) => {
    expect((await inputsOf({ 'portal-url': text })).portal).toEqual({ kind: 'url', origin: new URL(origin) });
  });

  test.each([
    'https://evil.com',
    'https://miniapp.midtrans.com.evil.com',
    'https://evil.com:443',
    'https://127.evil.com',
    'https://localhost.evil.com',
    'https://miniapp.midtrans.com.',
    'https://xn--miniapp-midtrans.com',
  ])('%s is an unknown host, to be named in portal-hosts', async (text) => {
    const fault = await faultOf({ 'portal-url': text });
    expect(fault).toContain(`"${text}"`);
    expect(fault).toMatch(/not among those that may receive credentials\. Name it in portal-hosts/);
  });

  test.each([
    'http://miniapp.midtrans.com',
    'http://127.evil.com',
    'http://localhost.evil.com',
    'http://0.0.0.0',
    'http://10.0.0.1',
    'http://[::2]',
    'http://[::ffff:127.0.0.1]',
    'http://169.254.169.254',
  ])('%s is not https', async (text) => {
    expect(await faultOf({ 'portal-url': text })).toMatch(/it is not https; takes https:\/\/host, or sandbox/);
  });

  test.each([
    '//evil',
    'evil.com',
    'miniapp.midtrans.com',
    'ftp://miniapp.midtrans.com',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'sandboxes',
    'Sandbox',
    'https://',
  ])('%s is no address', async (text) => {
    expect(await faultOf({ 'portal-url': text })).toMatch(
      /^portal-url: got .*; takes https:\/\/host(?: \(begin it with https:\/\/\))?, or sandbox\.$/,
    );
  });

  test.each([
    'https://miniapp.midtrans.com/app',
    'https://miniapp.midtrans.com/?a=b',
    'https://miniapp.midtrans.com/#a',
    'https://miniapp.midtrans.com/..',
    'http://127.0.0.1:8080/rest',
  ])('%s has a path', async (text) => {
    expect(await faultOf({ 'portal-url': text })).toMatch(/takes the portal's host alone, https?:\/\/[^/]+; paths/);
  });

  test.each([
    'https:\\\\miniapp.midtrans.com',
    'https://miniapp.midtrans.com\\@evil.com',
    'https://evil.com\\.miniapp.midtrans.com',
  ])('%s has a backslash', async (text) => {
    expect(await faultOf({ 'portal-url': text })).toMatch(/^portal-url: .*backslash/);
  });

  test.each([
    'https://robot:hunter2@miniapp.midtrans.com',
    'https://hunter2@miniapp.midtrans.com',
    'https://:hunter2@evil.com/path',
    'robot:hunter2@miniapp.midtrans.com',
    'miniapp.midtrans.com@hunter2',
    'sandboxy:hunter2@host',
  ])('%s holds a password and is not shown', async (text) => {
    const fault = await faultOf({ 'portal-url': text });
    expect(fault).toMatch(/^portal-url: got a value that is not shown; /);
    expect(fault).not.toContain('hunter2');
  });

  test('a host of portal-hosts is let in, by its own port or any', async () => {
    const hosts = { 'portal-hosts': 'Portal.example.com, other.example.com:8443' };
    await inputsOf({ ...hosts, 'portal-url': 'https://portal.example.com' });
    await inputsOf({ ...hosts, 'portal-url': 'https://portal.example.com:9000' });
    await inputsOf({ ...hosts, 'portal-url': 'https://other.example.com:8443' });
    expect(await faultOf({ ...hosts, 'portal-url': 'https://other.example.com' })).toMatch(/portal-hosts/);
    expect(await faultOf({ ...hosts, 'portal-url': 'https://a.portal.example.com' })).toMatch(/portal-hosts/);
    expect(await faultOf({ ...hosts, 'portal-url': 'http://portal.example.com' })).toMatch(/not https/);
  });

  test.each(['*.example.com', 'https://example.com', 'example.com/path', '-', '.example.com'])(
    'portal-hosts takes no %s',
    async (text) =>
      expect(await faultOf({ 'portal-hosts': text })).toMatch(/^portal-hosts: got ".*"; takes host names/),
  );

  test('the options of the sandbox are checked, all at once', async () => {
    const faults = await faultsOf({ 'portal-url': 'sandbox?reveiw=approve&after=soon', 'portal-session': '' });
    expect(faults).toHaveLength(2);
    for (const fault of faults) expect(fault).toMatch(/^portal-url: /);
  });

  test('the sandbox takes no profile', async () => {
    const fault = await faultOf({ 'portal-url': 'sandbox', 'portal-profile': 'portal.json' });
    expect(fault).toMatch(/^portal-profile: .*sandbox/);
  });
});

describe('credentials', () => {
  test('one kind is needed, but for the sandbox', async () => {
    expect(await faultOf({ 'portal-session': '' })).toMatch(/^portal-session: missing; .*portal-username/);
    await inputsOf({ 'portal-session': '', 'portal-url': 'sandbox' });
    await inputsOf({ 'portal-session': '', 'portal-username': 'robot', 'portal-password': 'hunter2' });
  });

  test('a login takes both, and tells neither', async () => {
    const username = await faultOf({ 'portal-username': 'robot-4711' });
    const password = await faultOf({ 'portal-password': 'hunter2' });
    expect([username, password]).toEqual([
      'portal-password: missing; a login takes both a user name and a password.',
      'portal-username: missing; a login takes both a user name and a password.',
    ]);
  });

  test('a session that is no header value is a fault that does not show it', async () => {
    for (const session of ['SESSION=c0ffee\r\nX-Evil: 1', 'SESSION=ü']) {
      const fault = await faultOf({ 'portal-session': session });
      expect(fault).toBe(
        'portal-session: got a value that is not shown; takes a cookie header on one line, name=value; name=value.',
      );
    }
  });
});

describe('whitelist', () => {
  test('IDs are separated by commas or white space, # starts a comment, duplicates go', () => {
    expect(parseUserIds('1001, 1002\t1003 # the testers, 9\r\n#1004\n1002 1005')).toEqual([
      '1001',
      '1002',
      '1003',
      '1005',
    ]);
  });

  test.each([
    ['semicolons', '1001;1002;1003'],
    ['a CSV file of Excel with a mark, quotes and a header', '\uFEFF"User ID"\r\n"1001"\r\n"1002"\r\n"1003"\r\n'],
    ['quotes and commas', '"1001","1002", \'1003\''],
    ['spaces in quotes', '" 1001 " ; "1002" ; "1003"'],
    ['empty cells', '1001;;\n;"";1002;\n,1003,,'],
    ['full-width and other commas', '1001，1002、\u30001003'],
    ['a full-width and an Arabic semicolon', '1001；1002؛1003'],
    ['tabs and non-breaking spaces', '1001\t1002\u00a01003'],
    ['old Mac lines', 'user_id\r1001\r1002\r1003'],
    ['a header after a comment', '# testers\nID;\n1001;\n1002;\n1003;'],
  ])('as people and spreadsheets write them: %s', (_, text) => {
    expect(parseUserIds(text)).toEqual(['1001', '1002', '1003']);
  });

  test.each([
    '1',
    'true',
    'PASSED',
    '+6281234567890',
    'budi@example.co.id',
    'a0eebc99-9c0b-4ef8',
    'u_1.x',
    '507f1e81',
    '4711-0815',
    'YWJj/+==',
    'müller+ä/=?&"quoted',
    'x'.repeat(128),
  ])('%s is an ID', (id) => expect(parseUserIds(id)).toEqual([id]));

  test.each([
    ['6.2811E+10', 'rounded'],
    ['6,2811E+10', 'rounded'],
    ['6.2811e10', 'rounded'],
    ['"6.2811E+10"', 'rounded'],
    ['6E+10', 'rounded'],
    ['62811.0', 'rounded'],
    ['62811.', 'rounded'],
    ['62.811.234', 'rounded'],
    ['"62,811,234"', 'something else'],
    ['"1003', 'something else'],
    ['10"03', 'something else'],
    ['="1003"', 'something else'],
    ['“1003”', 'something else'],
    ['１００３', 'something else'],
    ['1003|1004', 'something else'],
    ['1003:1004', 'something else'],
    ['budi|siti', 'something else'],
    ['ｂudi', 'something else'],
    ['“budi”', 'something else'],
    ["'budi", 'something else'],
    ['budi"', 'something else'],
    ['<budi>', 'something else'],
    ['1003/1004', 'something else'],
    ['-1003', 'something else'],
    ['10\u200b03', 'something else'],
    ['10\u000003', 'something else'],
    ['\ufffd', 'something else'],
    ['[1003]', 'something else'],
  ])('%j is never an ID, but a fault that names its line', (text, why) => {
    const read = () => parseUserIds(`1001\n1002\n\n1002;${text}`);
    expect(read).toThrow(`line 4 holds`);
    expect(read).toThrow(why);
  });

  test.each(['user_id;name\n1001;Budi', '"Name","User ID"\n"Budi","1001"', 'id\tphone\n1\t2'])(
    'a table with more columns is a fault: %j',
    (text) => expect(() => parseUserIds(text)).toThrow('line 1 is the header of a table with 2 columns'),
  );

  test.each([
    ['# nobody', 'at least one user ID'],
    ['1001\n1002 10\u200b03', 'line 2'],
    ['x'.repeat(129), 'at most 128'],
  ])('%j is a fault that does not show it', async (text, why) => {
    const faults = await faultsOf({ stage: 'whitelist', 'whitelist-ids': text });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^whitelist-ids: got a value that is not shown; takes /);
    expect(faults[0]).toContain(why);
  });

  test('needs IDs or a file', async () => {
    expect(await faultOf({ stage: 'whitelist' })).toMatch(/^whitelist-ids: missing; .*whitelist-file/);
    await inputsOf({ stage: 'whitelist', 'whitelist-file': 'testers.txt' });
    await inputsOf({ stage: 'whitelist', 'whitelist-ids': '1001' });
  });
});

test('a path that leaves the workspace is a fault that names the two places where it may lead', async () => {
  for (const name of ['package', 'whitelist-file', 'portal-profile'] as const) {
    expect(await faultOf({ [name]: '../x' })).toMatch(
      /leaves the workspace; allowed are the workspace and.*RUNNER_TEMP\.$/,
    );
  }
});

describe('health-url', () => {
  test.each(['https://example.com/health?x=1', 'http://localhost:1/', 'http://[::1]/'])('%s', async (text) => {
    expect((await inputsOf({ 'health-url': text })).healthUrl).toBe(text);
  });

  test.each(['http://example.com', 'https://a:b@example.com', 'ftp://example.com', 'example.com'])(
    '%s is none',
    async (text) =>
      expect(await faultOf({ 'health-url': text })).toMatch(/^health-url: got .*; takes an https address/),
  );

  test('takes placeholders in its path and query', async () => {
    for (const text of [
      'https://example.com/{version}?a={ratio}&since={since}',
      'https://prometheus.example/api/v1/query?query=rate(errors{app="{miniapp-id}",to="{target-app}"}[5m])',
    ]) {
      expect((await inputsOf({ 'health-url': text })).healthUrl).toBe(text);
    }
  });

  test.each([
    ['https://example.com/{versoin}', /no \{versoin\} \(did you mean \{version\}\?\)/],
    ['https://example.com/{VERSION}', /did you mean \{version\}/],
    ['https://example.com/{targetApp}', /did you mean \{target-app\}/],
    ['https://example.com/?x={query}', /takes the placeholders \{version\}, .*, and no \{query\}/],
    ['https://{target-app}.example.com/', /placeholders in the path and in the query only/],
    ['https://{version}@example.com/', /placeholders in the path and in the query only/],
    ['https://example.com:{ratio}/', /placeholders in the path and in the query only/],
    ['https:{version}', /placeholders in the path and in the query only/],
    ['https:/\\\\{version}', /placeholders in the path and in the query only/],
    ['https://example.com/#{version}', /placeholders in the path and in the query only/],
    ['{version}://example.com/', /placeholders in the path and in the query only/],
  ])('%s is none', async (text, why) => {
    expect(await faultOf({ 'health-url': text })).toMatch(why);
  });

  test('a password in it is not shown', async () => {
    expect(await faultOf({ 'health-url': 'https://robot:hunter2@example.com/' })).not.toContain('hunter2');
  });
});

describe('the inputs beside health-url', () => {
  const URL_GIVEN = { 'health-url': 'https://example.com/' };

  test('have defaults', async () => {
    const defaults = { healthWhen: [], healthToken: undefined, healthIntervalMs: 30_000, healthFailures: 3 };
    expect(await inputsOf(URL_GIVEN)).toMatchObject(defaults);
    expect(await inputsOf({})).toMatchObject({ healthUrl: undefined, ...defaults });
  });

  test('are read', async () => {
    const when = 'data.result.0.value.1 < 0.01\n\nstatus == success\n';
    const more = { 'health-when': when, 'health-token': 'abc', 'health-interval': '1h', 'health-failures': '10' };
    const inputs = await inputsOf({ ...URL_GIVEN, ...more });
    expect(inputs.healthWhen.map(({ text }) => text)).toEqual(['data.result.0.value.1 < 0.01', 'status == success']);
    expect(inputs).toMatchObject({ healthToken: 'abc', healthIntervalMs: 3_600_000, healthFailures: 10 });
  });

  test.each([
    ['health-interval', ['0s', '61m', '2h', '30', '500ms', '-1s', '1.5m']],
    ['health-failures', ['0', '11', '-1', '1.5', '03', 'three']],
    ['health-token', ['a b', 'Bearer abc', 'a\nb', 'tökén']],
    ['health-when', ['a', 'a < b', 'a = 1']],
  ] as const)('%s takes nothing else', async (name, texts) => {
    for (const text of texts) {
      const fault = await faultOf({ ...URL_GIVEN, [name]: text });
      expect(fault).toMatch(new RegExp(`^${name}: got .*; takes `));
      if (name === 'health-token') expect(fault).not.toContain(text);
    }
  });

  test('every faulty line of health-when is named', async () => {
    expect(await faultOf({ ...URL_GIVEN, 'health-when': 'a < 1\nb = 2\nc < x' })).toMatch(/line 2 .*; line 3 /);
  });

  test.each([
    ['health-when', 'a < 1'],
    ['health-token', 'abc'],
    ['health-interval', '1m'],
    ['health-failures', '2'],
  ] as const)('%s without health-url is a fault', async (name, text) => {
    expect(await faultOf({ [name]: text })).toMatch(new RegExp(`^${name}: got a value, and no health-url`));
  });
});

test('every fault is told at once, one for each input', async () => {
  const faults = await faultsOf({
    stage: 'sumbit',
    'portal-url': 'http://evil.com',
    'miniapp-id': '2.088E+21',
    'space-id': 'a b',
    'target-app': '?',
    'target-app-name': 'a*b',
    version: '1.1',
    'dry-run': 'yes',
    'grayscale-ratio': '101',
    'grayscale-soak': 'long',
    'soak-mode': 'no',
    'health-url': 'x',
    'health-when': 'x',
    'health-token': 'x y',
    'health-interval': 'x',
    'health-failures': 'x',
    'approval-timeout': '15',
    'on-pending': 'no',
    comment: 'no',
    'show-preview': 'no',
    environment: 'x'.repeat(256),
    'tag-prefix': 'x'.repeat(65),
  });
  expect(new Set(faults.map((fault) => fault.split(':')[0]))).toHaveLength(22);
  expect(faults).toHaveLength(22);
});
