/** status as a probe of a portal that nobody has described, and the honesty of errors about inferred calls. */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { runStep } from '../support/action.ts';
import { startPortal, type TestPortalOptions } from '../support/portal.ts';
import { runShareOfTables, thoroughTest } from '../support/thorough.ts';

runShareOfTables();

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Answer = (res: ServerResponse) => void;

/** The ways in which a portal says that it does not know a call. */
const UNKNOWN: Readonly<Record<string, Answer>> = {
  'its own web page': (res) => res.setHeader('content-type', 'text/html').end('<!doctype html><title>Portal</title>'),
  'HTTP 404': (res) =>
    res.writeHead(404, { 'content-type': 'application/json' }).end('{"status":404,"error":"Not Found"}'),
  'a refusal': (res) =>
    res
      .setHeader('content-type', 'application/json')
      .end('{"success":false,"errorCode":"PARAM","errorMsg":"version is required","traceId":"t-1"}'),
};

/** A portal that does not know one call: `isUnknown` picks it, `answer` is what it says. */
async function portalWithout(isUnknown: (url: URL) => boolean, answer: Answer, options: TestPortalOptions) {
  const portal = await startPortal(options);
  const server = createServer(async (req, res) => {
    const url = new URL(req.url ?? '', portal.url);
    let body = '';
    for await (const chunk of req) body += chunk;
    if (isUnknown(url)) return answer(res);
    const { host: _, connection: __, ...headers } = req.headers;
    const upstream = await fetch(url, {
      method: req.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(body && { body }),
    });
    res.setHeader('content-type', 'application/json').end(await upstream.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    () => portal.close(),
  );
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { portal, inputs: { ...portal.inputs, 'portal-url': url } };
}

const isList = (url: URL) => url.pathname.endsWith('/publish/version/query') && !url.searchParams.has('version');

describe('a portal that does not list its releases', () => {
  test.each(Object.entries(UNKNOWN))('says so by %s: status goes by the observed reads', async (_, answer) => {
    const seed = { live: '1.0.0', version: '1.1.0', state: 'approved' } as const;
    const { inputs } = await portalWithout(isList, answer, { seed });
    const [named, unnamed, release] = await Promise.all([
      runStep({ ...inputs, stage: 'status', version: '1.1.0' }),
      runStep({ ...inputs, stage: 'status' }),
      runStep({ ...inputs, stage: 'release', version: '1.1.0' }),
    ]);
    expect(named.outputs).toMatchObject({ verdict: 'unchanged', state: 'approved' });
    expect(named.log).toContain('::notice::The portal does not answer listReleases, which is inferred.');
    expect(unnamed.outputs).toMatchObject({
      verdict: 'unchanged',
      version: '1.1.0',
      state: 'approved',
      'live-version': '1.0.0',
    });
    // What a write relies on is not guessed at: the profile has to say that there is no list.
    expect(release.outputs).toMatchObject({ verdict: 'failed', changed: 'false' });
    expect(release.outputs.reason).toContain('listReleases is inferred');
    expect(release.report.todo).toContain('docs/portal.md');
  });
});

describe('the list of operations in a status', () => {
  test('says what was answered just now, what is observed elsewhere, and what is inferred', async () => {
    const { inputs } = await portalWithout(
      () => false,
      () => {},
      { seed: { live: '1.0.0' } },
    );
    const { summary, report } = await runStep({ ...inputs, stage: 'status' });
    const answers = Object.fromEntries(
      (report.probe ?? []).map(({ operation, mark, answer }) => [operation, `${mark}, ${answer}`]),
    );
    expect(answers).toMatchObject({
      listReleases: 'inferred, answered',
      releaseHistory: 'observed, answered',
      goOnline: 'observed, not asked',
      rollback: 'inferred, not asked',
    });
    expect(summary).toContain(
      '<details><summary>What is known of this portal: 2 of 18 operations answered just now</summary>',
    );
    expect(summary).toMatch(/<code>goOnline<\/code> \| release officially \| observed elsewhere \|/);
    expect(summary).toMatch(/<code>rollback<\/code> .* \| inferred: prove it with a recording/);
  });

  thoroughTest('is left out of a rehearsal and of every other stage', async () => {
    const { inputs } = await portalWithout(
      () => false,
      () => {},
      { seed: { live: '1.0.0' } },
    );
    const [other, sandbox] = await Promise.all([
      runStep({ ...inputs, stage: 'approval', version: '1.0.0' }),
      runStep({ ...inputs, stage: 'status', 'portal-url': 'sandbox' }),
    ]);
    expect([other.report.probe, sandbox.report.probe]).toEqual([undefined, undefined]);
  });
});

describe('an inferred write that the portal does not know', () => {
  test.each(Object.entries(UNKNOWN))('answered by %s says that it is inferred', async (_, answer) => {
    const isRatio = (url: URL) => url.pathname.endsWith('/gray/setRatio');
    const seed = { live: '1.0.0', version: '1.1.0', state: 'rollout-ready' } as const;
    const { inputs } = await portalWithout(isRatio, answer, { seed });
    const step = await runStep({ ...inputs, stage: 'grayscale', version: '1.1.0', 'grayscale-ratio': '20' });
    expect(step.outputs.verdict).toBe('failed');
    expect(step.log).toContain('The call setRatio is inferred, not published by the vendor.');
    expect(step.log).toContain('from a recording of your own portal (docs/portal.md)');
  });
});
