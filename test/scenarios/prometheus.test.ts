/**
 * The Prometheus recipe of docs/health.md, word for word, on a real Prometheus that scrapes an exporter on loopback.
 * Skipped with a notice where the program is not installed.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { parse } from 'yaml';
import { newJob } from '../support/action.ts';
import { withScene } from '../support/scene.ts';
import { thoroughTest } from '../support/thorough.ts';

const isInstalled = spawnSync('prometheus', ['--version']).status === 0;
if (!isInstalled) console.log('SKIPPED: prometheus is not installed (Debian: apt-get install prometheus)');

const DOC = readFileSync(fileURLToPath(new URL('../../docs/health.md', import.meta.url)), 'utf8');
const [, YAML = ''] = /## Prometheus[\s\S]*?```yaml\n([\s\S]*?)```/.exec(DOC) ?? [];
const RECIPE = parse(YAML) as Record<string, string>;

/** Counters that grow with time; the share of errors is what the test sets. */
let errorShare = 0.001;
let requests = 0;
let errors = 0;
let countedMs = Date.now();
const exporter = createServer((_, response) => {
  const more = Date.now() - countedMs;
  countedMs += more;
  requests += more;
  errors += more * errorShare;
  const metric = (name: string, value: number) => `# TYPE ${name} counter\n${name}{version="1.1.0"} ${value}\n`;
  response.end(metric('shop_requests_total', requests) + metric('shop_errors_total', errors));
});

let prometheus: ChildProcess;
let url = '';
const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.skipIf(!isInstalled)('the Prometheus recipe', () => {
  beforeAll(async () => {
    exporter.listen(0, '127.0.0.1');
    await once(exporter, 'listening');
    const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
    const config = {
      global: { scrape_interval: '200ms', scrape_timeout: '200ms' },
      scrape_configs: [{ job_name: 'shop', static_configs: [{ targets: [target] }] }],
    };
    writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    url = `http://${address}`;
    const options = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ];
    prometheus = spawn('prometheus', options, { stdio: ['ignore', 'ignore', 'pipe'] });
    for await (const line of createInterface({ input: prometheus.stderr ?? process.stdin })) {
      if (line.includes('Server is ready to receive web requests')) break;
    }
    prometheus.stderr?.resume();
  });
  afterAll(async () => {
    prometheus.kill('SIGKILL');
    await once(prometheus, 'exit');
    exporter.close();
    exporter.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  });

  thoroughTest('increases the ratio while errors are few, and halts it once they are many', async () => {
    const job = newJob();
    const portal = { seed: { version: '1.1.0', live: '1.0.0', state: 'rollout-ready' } } as const;
    await withScene({ portal }, async ({ step }) => {
      const recipe = {
        'health-when': RECIPE['health-when'] ?? '',
        'health-interval': '1s',
        // Of the recipe only the host and the window are another here.
        'health-url': (RECIPE['health-url'] ?? '')
          .replace('https://prometheus.example.com', url)
          .replaceAll('[5m]', '[2s]'),
      };
      const inputs = { stage: 'grayscale', version: '1.1.0', 'grayscale-soak': '1s', ...recipe };
      const well = await step({ ...inputs, 'grayscale-ratio': '5' }, { job });
      expect(well.outputs.verdict, well.log).toBe('succeeded');
      expect(well.log).toMatch(/the health check is good: data\.result\.0\.value\.1 < 0\.01 \(0\.00\d+\)/);

      errorShare = 0.5;
      const ill = await step({ ...inputs, 'grayscale-ratio': '20', 'grayscale-soak': '20s' }, { job });
      expect(ill.outputs.verdict, ill.log).toBe('halted');
      expect(ill.report.health?.conditions[0]).toMatchObject({ verdict: 'bad' });
      expect(Number(ill.report.health?.conditions[0]?.value)).toBeGreaterThan(0.01);

      // Another version has no data, in a response of its own kind.
      const query = recipe['health-url'].slice(recipe['health-url'].indexOf('?')).replaceAll('{version}', '9.9.9');
      const response = await fetch(new URL(`/api/v1/query${query.replaceAll('{ratio}', '5')}`, url));
      expect(await response.json()).toMatchObject({ status: 'success', data: { resultType: 'vector', result: [] } });
    });
    job.close();
  });
});
