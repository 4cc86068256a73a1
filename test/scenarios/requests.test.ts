import { describe, expect, test } from 'vitest';
import { COOKIE } from '../support/portal.ts';
import { withScene } from '../support/scene.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';
import type { Seen } from '../support/wire.ts';

runShareOfTables();

const FIRST = { versions: ['1.1.0'] };
const LATER = { versions: ['1.0.0', '1.1.0'], live: '1.0.0' };

/** The calls as the portal's paths, in their order. */
const calls = (seen: readonly Seen[]) =>
  seen.map(({ method, path }) => `${method} ${path.replace('/rest/intercnn', '').replace(/\?.*/, '')}`);

describe.concurrent('a step sends no more than it must', () => {
  test.each([
    ['status, of what is there', { stage: 'status' }, FIRST, 4],
    ['status, of a first release', { stage: 'status', version: '1.1.0' }, { ...FIRST, state: 'created' as const }, 4],
    ['status, of a later release', { stage: 'status' }, { ...LATER, state: 'grayscale' as const }, 4],
    ['status, of a version without a release', { stage: 'status', version: '1.1.0' }, LATER, 4],
    ['status, of no such version', { stage: 'status', version: '9.9.9' }, LATER, 4],
    ['submit, first', { stage: 'submit', version: '1.1.0' }, FIRST, 4],
    ['submit, later', { stage: 'submit', version: '1.1.0' }, LATER, 4],
    ['apply, first', { stage: 'apply', version: '1.1.0' }, { ...FIRST, state: 'created' as const }, 3],
    ['apply, later', { stage: 'apply', version: '1.1.0' }, { ...LATER, state: 'created' as const }, 3],
    ['release, first', { stage: 'release', version: '1.1.0' }, { ...FIRST, state: 'approved' as const }, 5],
    ['release, later', { stage: 'release', version: '1.1.0' }, { ...LATER, state: 'approved' as const }, 5],
    [
      'release, of what is released',
      { stage: 'release', version: '1.1.0' },
      { ...LATER, state: 'released' as const },
      1,
    ],
    [
      'a dry run',
      { stage: 'release', version: '1.1.0', 'dry-run': 'true' },
      { ...LATER, state: 'approved' as const },
      1,
    ],
  ] as const)('%s', async (_, inputs, seed, most) => {
    await withScene({ portal: { seed: { ...seed, version: '1.1.0' } } }, async ({ wire, step }) => {
      const { outputs } = await step(inputs);
      expect(['succeeded', 'unchanged', 'planned']).toContain(outputs.verdict);
      expect(wire.seen.length, calls(wire.seen).join('\n')).toBeLessThanOrEqual(most);
      expect(wire.connections).toBe(1);
    });
  });

  test('these are they, for a whole release', async () => {
    await withScene({ portal: { seed: LATER } }, async ({ wire, step }) => {
      const { outputs } = await step({ stage: 'submit, apply, release', version: '1.1.0' });
      expect(outputs.verdict).toBe('succeeded');
      const look = 'GET /app/publish/version/query';
      expect(calls(wire.seen)).toEqual([
        look,
        'GET /app/version/query',
        'POST /app/publish/version/create',
        look,
        'POST /app/publish/version/startApprove',
        look,
        'POST /app/publish/version/gray/skipBeta',
        look,
        'POST /app/publish/online',
        look,
      ]);
      expect(wire.connections).toBe(1);
    });
  });
});

test.concurrent('every request names its page and itself, and bears the credential as the profile says', async () => {
  await withScene({ portal: { seed: LATER } }, async ({ wire, step }) => {
    await step({ stage: 'submit', version: '1.1.0' });
    for (const { headers, path } of wire.seen) {
      expect(headers).toMatchObject({ cookie: COOKIE, origin: wire.url, referer: `${wire.url}/superapp` });
      expect(headers['user-agent']).toMatch(/^gopay-miniapp-release/);
      expect(headers.authorization).toBeUndefined();
      expect(path).not.toContain(COOKIE.split('=')[1]);
    }
  });
});

thoroughTest.concurrent('a login bears no cookie, and what follows bears the one that it got', async () => {
  const account = { username: 'robot-4711', password: 'hunter2-hunter2' };
  const login = { 'portal-session': '', 'portal-username': account.username, 'portal-password': account.password };
  const cookie = 'SESSION=fresh-session-0815';
  const body = { success: true, data: null };
  // The wire passes no cookies on, so it sets one and logs in for the client.
  await withScene(
    {
      portal: { seed: LATER, credentials: { cookie } },
      answer: ({ path }) =>
        path.endsWith('/user/login') ? { body, headers: { 'set-cookie': `${cookie}; HttpOnly` } } : 'portal',
    },
    async ({ wire, step }) => {
      const { outputs, everything } = await step({ stage: 'status', ...login });
      expect(outputs.verdict).toBe('unchanged');
      const [first, ...others] = wire.seen;
      expect(first?.headers.cookie).toBeUndefined();
      expect(JSON.parse(first?.body ?? '')).toEqual(account);
      expect(others.map(({ headers }) => headers.cookie)).toEqual(others.map(() => cookie));
      for (const secret of [...Object.values(account), 'fresh-session-0815']) expect(everything).not.toContain(secret);
    },
  );
});
