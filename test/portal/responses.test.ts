/** What the responses of a portal are read as, by the default profile. */

import { afterEach, describe, expect, test } from 'vitest';
import { createHttpPortal } from '../../src/portal/calls.ts';
import { defaultProfile, type Profile } from '../../src/portal/profile/profile.ts';
import { createTransport } from '../../src/portal/transport.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type Reply, startWire } from '../support/wire.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function portalThatSays(reply: Reply, profile: Profile = defaultProfile) {
  const wire = await startWire(() => reply);
  const clock = fakeClock();
  const { signal } = new AbortController();
  const transport = createTransport({ hosts: [], clock, signal });
  closers.push(() => transport.close(), wire.close);
  return createHttpPortal({
    profile,
    transport,
    origin: new URL(wire.url),
    miniappId: '1',
    spaceId: '2',
    targetApp: 'G',
    credentials: { session: 'SESSION=4711' },
    userAgent: 'test',
    clock,
    signal,
    show: String,
    onCall: () => {},
    onCredential: () => {},
    sandbox: false,
  });
}

const list = async (body: unknown, profile?: Profile) => {
  const portal = await portalThatSays({ body }, profile);
  const { items } = await portal.listReleases(1, 'once');
  return items.map(({ version }) => version);
};

describe('a list', () => {
  const item = { version: '1.0.0', versionStatus: 'PASSED' };
  test.each<[string, unknown, string[]]>([
    ['at data.list', { data: { list: [item] } }, ['1.0.0']],
    ['that is data', { data: [item] }, ['1.0.0']],
    ['of the one item that is data', { data: item }, ['1.0.0']],
    ['that is empty', { data: { list: [], total: 0 } }, []],
    ['without data', {}, []],
    ['without data, but with a trace id', { traceId: 't', errorCode: '', errorMsg: null }, []],
    ['where data is null', { data: null }, []],
    ['where data is empty', { data: {} }, []],
    ['where data is an empty text', { data: '' }, []],
    ['where the list is null', { data: { list: null } }, []],
    ['where data counts none', { data: { total: 0, pageSize: 50, currentPage: 1 } }, []],
    ['where data counts none in words', { data: { totalCount: '0', rows: [] } }, []],
  ])('%s', async (_, body, versions) => {
    expect(await list({ success: true, ...(body as object) })).toEqual(versions);
  });

  test.each<[string, unknown]>([
    ['elsewhere in data', { data: { rows: [item] } }],
    ['elsewhere at the top', { result: [item] }],
    ['that was counted and left out', { data: { total: 3 } }],
    ['that nothing is said of', { data: { pageSize: 50 } }],
    ['of text', { data: 'none' }],
    ['where data is false', { data: false }],
  ])('%s is another shape', async (_, body) => {
    await expect(list({ success: true, ...(body as object) })).rejects.toMatchObject({ code: 'portal-unexpected' });
  });

  test('at a place that the profile misnames is another shape', async () => {
    const listReleases = { ...defaultProfile.operations.listReleases, answer: ['data.records'] };
    const operations = { ...defaultProfile.operations, listReleases } as Profile['operations'];
    const profile = { ...defaultProfile, operations };
    await expect(list({ success: true, data: { list: [item] } }, profile)).rejects.toMatchObject({
      code: 'portal-unexpected',
    });
    expect(await list({ success: true, data: {} }, profile)).toEqual([]);
  });
});

describe('405', () => {
  const html = { 'content-type': 'text/html' };
  test('with an HTML page is a firewall, and no guess is blamed', async () => {
    const portal = await portalThatSays({ status: 405, headers: html, body: '<!doctype html><h1>Blocked' });
    const error = await portal.listReleases(1, 'once').catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'portal-unexpected' });
    expect(error.found).toContain('a firewall');
    expect(error.message).not.toMatch(/does not know|inferred|profile/);
  });

  test.each([
    [405, '{}'],
    [405, ''],
    [404, '<html>nginx'],
  ])('otherwise, as %i with %j, is a call that the portal does not know', async (status, body) => {
    const portal = await portalThatSays({ status, headers: html, body });
    await expect(portal.listReleases(1, 'once')).rejects.toThrow(/does not know the call/);
  });
});
