/** Which version a step is about, from inputs as text, an event and the repository's tags. */

import { describe, expect, test } from 'vitest';
import { readContext } from '../../src/action/context.ts';
import { readInputs } from '../../src/action/read-inputs.ts';
import { findVersion, versionAskedFor } from '../../src/action/which-version.ts';

interface Given {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly event?: unknown;
  readonly tags?: readonly string[];
}

async function resolve({ inputs: given = {}, environment = {}, event, tags = [] }: Given) {
  const all = {
    stage: 'submit',
    'portal-url': 'sandbox',
    'miniapp-id': '2088000000000000000001',
    'space-id': '2088000000000000000002',
    'target-app': 'GOPAY',
    ...given,
  };
  const variables = Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const { inputs, faults } = await readInputs(Object.fromEntries(variables));
  expect(faults).toEqual([]);
  const context = { ...readContext(environment, '/here', '/temp'), event };
  const passedOver: string[] = [];
  const askedFor = await versionAskedFor(inputs, context, {
    tags: async () => tags,
    notice: (sentence) => passedOver.push(sentence),
  });
  const version =
    askedFor ??
    (await findVersion(inputs, context, {
      packageVersion: async () => ({ version: '1.0', file: 'shop/package.json' }),
      portalVersions: async () => ['3.0.0'],
      log: () => undefined,
    }));
  return { version, passedOver };
}

const push = (tag: string) => ({
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: `refs/tags/${tag}`,
  GITHUB_REF_NAME: tag,
  GITHUB_REF_TYPE: 'tag',
});

describe('latest', () => {
  const latest = { version: 'latest' };

  test('is the highest version, of tags with the prefix, however they are ordered', async () => {
    const tags = ['v1.9.0', 'v1.10.0', '2.0.0', 'shop-v3.0.0', 'v1.2.0', 'w9.9.9'];
    expect(await resolve({ inputs: latest, tags })).toEqual({ version: '1.10.0', passedOver: [] });
    const shop = { ...latest, 'tag-prefix': 'shop-v' };
    expect((await resolve({ inputs: shop, tags })).version).toBe('3.0.0');
  });

  test('with an empty tag-prefix takes tags without one', async () => {
    const tags = ['v9.0.0', '0.1.0', '1.2.0', 'nightly'];
    const { version, passedOver } = await resolve({ inputs: { ...latest, 'tag-prefix': '' }, tags });
    expect(version).toBe('1.2.0');
    expect(passedOver).toEqual([]);
  });

  test('is never a prerelease unless asked for by latest-prerelease, and says what it passed over', async () => {
    const tags = ['v1.0.0', 'v1.1.0-rc.1', 'v0.9.0-rc.1', 'v1.0.0-rc.1'];
    const { version, passedOver } = await resolve({ inputs: latest, tags });
    expect(version).toBe('1.0.0');
    expect(passedOver).toEqual([
      'latest is 1.0.0; passed over: 1.1.0-rc.1 (a prerelease, which latest-prerelease takes).',
    ]);
    const prerelease = { version: 'latest-prerelease' };
    expect(await resolve({ inputs: prerelease, tags })).toEqual({ version: '1.1.0-rc.1', passedOver: [] });
    expect((await resolve({ inputs: prerelease, tags: [...tags, 'v1.1.0'] })).version).toBe('1.1.0');
  });

  test('says which higher tags are no versions', async () => {
    const tags = ['v1.0.0', 'v1', 'v1.1', 'v2', 'v1.2.0+5', 'v1.1.0-rc.', 'v0.5', 'vnext'];
    const { version, passedOver } = await resolve({ inputs: latest, tags });
    expect(version).toBe('1.0.0');
    expect(passedOver).toHaveLength(1);
    expect(passedOver[0]).toMatch(/1\.1 \(not three or four.*1\.2\.0\+5 \(.*no build metadata.*1\.1\.0-rc\. \(not/);
    expect(passedOver[0]).not.toMatch(/v0\.5|next| v?2 /);
  });

  test('of prereleases alone is an error that names them', async () => {
    await expect(resolve({ inputs: latest, tags: ['v1.0.0-beta', 'other'] })).rejects.toMatchObject({
      code: 'version-unresolved',
      found: expect.stringMatching(
        /no tag "v1\.2\.3" among .* 2 tags\. Passed over: 1\.0\.0-beta \(a prerelease, which/,
      ),
    });
  });

  test('of many passed-over tags names five', async () => {
    const tags = ['v1.0.0', ...Array.from({ length: 9 }, (_, index) => `v2.0.${index}-rc`)];
    expect((await resolve({ inputs: latest, tags })).passedOver[0]).toMatch(/and 4 more\.$/);
  });
});

describe('the tag of an event', () => {
  test('may have no prefix where tag-prefix is empty', async () => {
    const environment = push('1.2.3');
    expect((await resolve({ inputs: { 'tag-prefix': '' }, environment })).version).toBe('1.2.3');
    await expect(resolve({ environment })).rejects.toMatchObject({
      found: 'The tag "1.2.3" is not "v" and a version such as 1.2.3.',
    });
    await expect(resolve({ inputs: { 'tag-prefix': '' }, environment: push('v1.2.3') })).rejects.toMatchObject({
      found: 'The tag "v1.2.3" is not a version such as 1.2.3.',
    });
  });

  test('with build metadata says that portals have none', async () => {
    await expect(resolve({ environment: push('v1.2.3+5') })).rejects.toMatchObject({
      code: 'version-unresolved',
      found: expect.stringContaining('no build metadata'),
    });
  });

  test.each([
    ['created', false, 'this one is of type "created"'],
    ['prereleased', false, 'this one is of type "prereleased"'],
    ['published', true, 'this one is of a draft'],
  ])('of a release event that is %s (draft: %s) says which are taken', async (action, draft, found) => {
    const event = { action, release: { tag_name: 'v1.2.3', draft } };
    const environment = { ...push('v1.2.3'), GITHUB_EVENT_NAME: 'release' };
    const error = await resolve({ environment, event }).catch((thrown) => thrown);
    expect(error.code).toBe('version-unresolved');
    expect(error.found).toContain('only the types published and released count');
    expect(error.found).toContain(found);
  });
});

test('a package.json without a usable version is named', async () => {
  await expect(resolve({ inputs: { stage: 'upload', package: 'shop/dist' } })).rejects.toMatchObject({
    code: 'version-unresolved',
    found: 'The version in "shop/package.json", "1.0", is not three or four numbers with an optional suffix.',
  });
});
