/**
 * A portal of the same product that speaks quite otherwise: test/fixtures/other-portal.json says how. Statuses are
 * numbers, success is the code 0, the credential a bearer token; it knows no list of releases and no history.
 * Written for the test alone, from its own table of rules.
 */

import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

const BASE = '/api/v3/mini';
const ACCOUNT = { name: 'dev@example.com', secret: 'other-portal-password-0815' };
const [CREATED, IN_REVIEW, APPROVED, TESTING, READY, ROLLING, LIVE, ARCHIVED, WITHDRAWN, PASSING] = [
  0, 1, 3, 4, 5, 6, 7, 8, 9, 50,
];

interface Rollout {
  ver: string;
  ticket: string;
  state: { id: number; note: string };
  share: { percent: number };
  nextPercent: number;
  testers: string[];
  touched: number;
}

export interface OtherPortal {
  readonly url: string;
  readonly account: { readonly name: string; readonly secret: string };
  /** The writes that it accepted: `share 20`. */
  readonly effects: string[];
  /** Faults of the client: a header or a field that it did not send as agreed. */
  readonly complaints: string[];
  readonly rollouts: ReadonlyMap<string, Rollout>;
  /** Tokens given out so far; those are valid for `requests` requests. */
  readonly tokens: string[];
  close(): Promise<void>;
}

export interface OtherPortalOptions {
  /** A token dies after so many requests. */
  readonly requestsPerToken?: number;
  /** Live from the start, so that a later release is not the first one. */
  readonly live?: string;
}

type Body = Record<string, unknown>;
type Result = { result?: unknown; code?: number; msg?: string };

export async function startOtherPortal(options: OtherPortalOptions = {}): Promise<OtherPortal> {
  const packages: { ver: string; key: string }[] = [];
  const files = new Set<string>();
  const rollouts = new Map<string, Rollout>();
  const effects: string[] = [];
  const complaints: string[] = [];
  const tokens: string[] = [];
  const left = new Map<string, number>();
  let time = 1_700_000_000_000;
  let looks = 0;

  const newRollout = (ver: string, id: number): Rollout => {
    const ticket = String(9_007_199_254_740_993_000n + BigInt(rollouts.size));
    const rollout = {
      ver,
      ticket,
      state: { id, note: '' },
      share: { percent: 0 },
      nextPercent: 0,
      testers: [],
      touched: ++time,
    };
    rollouts.set(ver, rollout);
    return rollout;
  };
  if (options.live) newRollout(options.live, LIVE);

  /** A write on a rollout: from which statuses, to which, and what it does. */
  const edge = (from: readonly number[], to: number | undefined, act?: (rollout: Rollout, body: Body) => void) => {
    return (ver: string, body: Body): Result => {
      const rollout = rollouts.get(ver);
      if (!rollout) return { code: 40400, msg: 'no such rollout' };
      if (!from.includes(rollout.state.id)) return { code: 40901, msg: `state ${rollout.state.id}` };
      if (body['app'] === undefined || body['channel'] === undefined) complaints.push('app or channel is missing');
      act?.(rollout, body);
      if (to !== undefined) rollout.state.id = to;
      rollout.touched = ++time;
      return {};
    };
  };
  const edges: Record<string, (ver: string, body: Body) => Result> = {
    'POST apply': edge([CREATED, WITHDRAWN], PASSING),
    'DELETE request': edge([IN_REVIEW], WITHDRAWN),
    'POST testers': edge([APPROVED, TESTING], undefined, (rollout, body) => {
      const { ids } = body['people'] as { ids: string[] };
      if (ids.length > 2) complaints.push(`a batch of ${ids.length}`);
      rollout.testers.push(...ids);
    }),
    'POST pilot': edge([APPROVED, TESTING], TESTING),
    'POST pilot/end': edge([APPROVED, TESTING], READY),
    'PUT share': edge([READY, ROLLING], undefined, (rollout, body) => {
      if (typeof body['percent'] !== 'number') complaints.push('percent is no number');
      rollout.nextPercent = Number(body['percent']);
    }),
    'POST share/start': edge([READY, ROLLING], ROLLING, (rollout) => {
      rollout.share.percent = rollout.nextPercent;
    }),
    'POST everyone': edge([READY, ROLLING], LIVE, () => {
      for (const other of rollouts.values()) if (other.state.id === LIVE) other.state.id = ARCHIVED;
    }),
  };

  function serve(method: string, path: string, body: Body, type: string): Result {
    const [, app, what, ver = ''] = /^\/apps\/(\d+)\/(files|packages|rollouts)(?:\/([\w.-]+))?$/.exec(path) ?? [];
    if (app && what === 'files' && method === 'PUT') {
      if (!type.startsWith('multipart/form-data')) complaints.push('the upload is no form');
      files.add(`k-${ver}`);
      return { result: { key: `k-${ver}` } };
    }
    if (app && what === 'packages' && method === 'GET') return { result: { rows: packages.toReversed() } };
    if (app && what === 'packages' && method === 'POST') {
      if (!files.has(String(body['key']))) return { code: 40401, msg: 'no such file' };
      packages.push({ ver: String(body['ver']), key: String(body['key']) });
      return {};
    }
    if (app && what === 'rollouts' && method === 'PUT') {
      if (rollouts.has(ver)) return { code: 40902, msg: 'exists' };
      if (body['key'] !== `k-${ver}`) complaints.push('the rollout names no package');
      newRollout(ver, CREATED);
      return {};
    }
    const [, on = '', action = ''] = /^\/rollouts\/([\d.]+)\/([a-z/]+)$/.exec(path) ?? [];
    return edges[`${method} ${action}`]?.(on, body) ?? { code: 40404, msg: 'no such call' };
  }

  /** The administrator approves after two looks that show a status in passing. */
  function search(body: Body): Result {
    const { ver } = body['filter'] as { ver: string };
    const rollout = rollouts.get(ver);
    const shown = rollout && structuredClone(rollout);
    if (rollout?.state.id === PASSING) rollout.state.id = ++looks > 1 ? APPROVED : PASSING;
    return { result: { rows: shown ? [shown] : [] } };
  }

  const server = createServer(async (req, res) => {
    const raw = await readAll(req);
    const url = new URL(req.url ?? '', 'http://x');
    const path = url.pathname.slice(BASE.length);
    const type = req.headers['content-type'] ?? '';
    const body = type.startsWith('application/json') ? (JSON.parse(raw) as Body) : {};
    const answer = (result: Result) => {
      const text = JSON.stringify({ code: 0, msg: '', meta: { requestId: 'r-1' }, ...result });
      // Tickets as bare integers beyond 2^53.
      res.setHeader('content-type', 'application/json');
      res.end(text.replace(/"ticket":"(\d+)"/g, '"ticket":$1'));
    };
    if (!url.pathname.startsWith(`${BASE}/`)) complaints.push(`the path ${url.pathname}`);
    if (req.headers['x-client'] !== 'ci' || !/^\d{22}$/.test(String(req.headers['x-workspace'])))
      complaints.push('headers');
    if (req.headers['referer'] || req.headers['cookie']) complaints.push('a header that the profile took away');
    if (path === '/session') {
      const user = body['user'] as Body;
      if (user['name'] !== ACCOUNT.name || user['secret'] !== ACCOUNT.secret) return answer({ code: 40101, msg: 'no' });
      const token = `token-${tokens.length}-0123456789abcdef`;
      tokens.push(token);
      left.set(token, options.requestsPerToken ?? Number.POSITIVE_INFINITY);
      return answer({ result: { token } });
    }
    const token = /^Bearer (\S+)$/.exec(req.headers.authorization ?? '')?.[1] ?? '';
    const rest = left.get(token) ?? 0;
    if (rest <= 0) return answer({ code: 40100, msg: 'token expired' });
    left.set(token, rest - 1);
    if (path === '/rollouts/search') return answer(search(body));
    const result = serve(req.method ?? '', path, body, type);
    if (req.method !== 'GET' && result.code === undefined) {
      effects.push(
        `${req.method} ${path.replace(/\/apps\/\d+/, '')}${body['percent'] === undefined ? '' : ` ${body['percent']}`}`,
      );
    }
    answer(result);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    account: ACCOUNT,
    effects,
    complaints,
    rollouts,
    tokens,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readAll(req: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of req.setEncoding('latin1') as AsyncIterable<string>) text += chunk;
  return text;
}
