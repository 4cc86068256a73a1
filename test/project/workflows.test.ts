/** Every workflow that users copy or call, and our own, read by GitHub's own parser, and held against our habits. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NoOperationTraceWriter } from '@actions/workflow-parser';
import { convertActionTemplate, parseAction } from '@actions/workflow-parser/actions/index';
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { INPUTS } from '../../src/action/inputs.ts';
import { OUTPUTS } from '../../src/report/outputs.ts';
import { faultsOf } from '../support/workflow.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OUR_ACTION = /^(your-org\/gopay-miniapp-release@v1|\.\/(\.gopay-miniapp-release)?)$/;

/** What we look at in a workflow; the parser has seen to its form. */
interface Workflow {
  readonly permissions?: object;
  readonly concurrency?: Concurrency;
  readonly jobs: Readonly<Record<string, Job>>;
}
interface Job {
  readonly permissions?: object;
  readonly concurrency?: Concurrency;
  readonly environment?: { readonly name: string };
  readonly steps?: readonly {
    readonly id?: string;
    readonly uses?: string;
    readonly run?: string;
    readonly with?: Readonly<Record<string, string>>;
  }[];
}
interface Concurrency {
  readonly queue?: string;
  readonly 'cancel-in-progress'?: boolean | string;
  readonly group: string;
}

const files = ['examples', '.github/workflows'].flatMap((folder) =>
  readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`),
);

test('the three uses that the action was ordered for have their files', () => {
  expect(files).toEqual(
    expect.arrayContaining([
      'examples/release-on-tag.yml',
      'examples/canary-by-hand.yml',
      'examples/continue-on-schedule.yml',
      'examples/status-on-merge.yml',
      'examples/matrix.yml',
      'examples/rollback.yml',
      '.github/workflows/rehearsal.yml',
      '.github/workflows/miniapp-release.yml',
    ]),
  );
});

describe.each(files)('%s', (name) => {
  const content = read(name);
  const workflow: Workflow = parseYaml(content);
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);

  test('GitHub would take it', async () => {
    expect(await faultsOf(name, content)).toEqual([]);
  });

  test('each job declares its own permissions, the workflow none', () => {
    expect(workflow.permissions).toEqual({});
    for (const [job, { permissions }] of Object.entries(workflow.jobs)) {
      expect(permissions, job).toBeTypeOf('object');
      expect(Object.keys(permissions ?? {}), job).not.toEqual([]);
    }
  });

  test('what writes to a portal or a repository queues, and is never cancelled', () => {
    const groups = [workflow, ...Object.values(workflow.jobs)].flatMap(({ concurrency }) => concurrency ?? []);
    expect(groups).not.toEqual([]);
    // CI writes nothing, so a newer push to a pull request may end an older run.
    const cancels = /\/ci\.yml$/.test(name) ? "${{ github.event_name == 'pull_request' }}" : false;
    const queue = cancels === false ? 'max' : undefined;
    for (const group of groups) expect([group.queue, group['cancel-in-progress']]).toEqual([queue, cancels]);
  });

  test('one group for each miniapp and target app, named alike everywhere; a gate holds none', () => {
    if (!/^examples|miniapp-release/.test(name)) return;
    for (const [job, { concurrency, environment, steps = [] }] of Object.entries(workflow.jobs)) {
      const group = concurrency?.group ?? workflow.concurrency?.group;
      const ours = steps.find((step) => OUR_ACTION.test(step.uses ?? ''))?.with;
      if (ours) expect(group, job).toMatch(new RegExp(`-${plain(ours['miniapp-id'])}-${plain(ours['target-app'])}$`));
      if (ours) expect(group, job).toMatch(groupOf(name));
      else expect(group, job).toBeUndefined();
      if (/gate|official/.test(environment?.name ?? '')) expect(ours, job).toBeUndefined();
    }
  });

  test('no script holds an expression: what others wrote comes through env', () => {
    for (const { run } of steps) expect(run ?? '').not.toContain('${{');
  });

  test('code of a dependency runs in no job that may write to the repository or sign', () => {
    for (const [job, { permissions = {}, steps = [] }] of Object.entries(workflow.jobs)) {
      const writes = Object.entries(permissions).filter(
        ([name, access]) => name !== 'security-events' && access === 'write',
      );
      const builds = steps.some(({ run = '' }) => /\bnp[mx]\b|build\.ts/.test(run));
      if (builds && name.startsWith('.github')) expect(writes, job).toEqual([]);
    }
  });

  test("other people's actions are pinned by commit, with their version", () => {
    const uses = [...content.matchAll(/^\s*(?:- )?uses: (\S+)(.*)$/gm)].map((match) => [
      match[1] ?? '',
      match[2] ?? '',
    ]);
    for (const [action = '', comment = ''] of uses.filter(([action = '']) => !OUR_ACTION.test(action))) {
      expect(`${action}${comment}`).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  test('our action gets inputs that it has, and its outputs exist', () => {
    for (const step of steps.filter(({ uses }) => OUR_ACTION.test(uses ?? ''))) {
      const given = Object.keys(step.with ?? {});
      expect(Object.keys(INPUTS)).toEqual(expect.arrayContaining(given));
      expect(given).toEqual(expect.arrayContaining(['stage', 'portal-url', 'miniapp-id', 'space-id', 'target-app']));
    }
    const ours = steps.filter(({ uses }) => OUR_ACTION.test(uses ?? '')).map(({ id }) => id ?? '');
    const used = [...content.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)];
    const outputs = used.filter(([, id = '']) => ours.includes(id)).map(([, , output]) => output);
    expect(Object.keys(OUTPUTS)).toEqual(expect.arrayContaining(outputs));
  });
});

test('every pin in the examples and the documentation is one of our workflows, which Dependabot updates', () => {
  const ours = new Set(files.filter((name) => name.startsWith('.github')).flatMap((name) => pinsOf(read(name))));
  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const copies = [...files, 'README.md', ...pages.map((name) => `docs/${name}`)];
  const stale = copies.flatMap((name) => pinsOf(read(name)).filter((pin) => !ours.has(pin)));
  expect(stale).toEqual([]);
  const actions = [...ours].map((pin) => pin.split('@')[0]);
  expect(actions, 'one pin for each action').toEqual([...new Set(actions)]);
});

describe('action.yml', () => {
  const content = read('action.yml');
  const parsed = () => parseAction({ name: 'action.yml', content }, new NoOperationTraceWriter());

  test('GitHub would take it', () => {
    expect(parsed().context.errors.getErrors()).toEqual([]);
  });

  test('it has what the Marketplace asks for, and our inputs and outputs', () => {
    const { context, value } = parsed();
    const action = convertActionTemplate(context, value as TemplateToken);
    expect(action).toMatchObject({ runs: { using: 'node24', main: 'dist/index.js' } });
    expect(action.name).not.toBe('');
    expect(action.description.length).toBeLessThan(126);
    expect(action.branding?.icon && action.branding.color).toBeTruthy();
    expect(action.inputs?.map(({ id }) => id)).toEqual(Object.keys(INPUTS));
    expect(action.outputs?.map(({ id }) => id)).toEqual(Object.keys(OUTPUTS));
  });
});

/** docs.github.com, "Syntax for GitHub's form schema". GitHub shows a form with a fault to nobody, and says so nowhere. */
describe.each(['bug.yml', 'feature.yml', 'portal.yml'])('the issue form %s', (name) => {
  interface Field {
    readonly type: string;
    readonly id?: string;
    readonly attributes: { readonly label?: string; readonly value?: string; readonly options?: readonly unknown[] };
    readonly validations?: { readonly required: boolean };
  }
  const form: { name: string; description: string; labels: string[]; body: Field[] } = parseYaml(
    read(`.github/ISSUE_TEMPLATE/${name}`),
  );
  const fields = form.body.filter(({ type }) => type !== 'markdown');

  test('has the keys that GitHub takes, and no others', () => {
    expect(Object.keys(form)).toEqual(['name', 'description', 'labels', 'body']);
    for (const { type, id, attributes } of fields) {
      expect(['textarea', 'input', 'dropdown', 'checkboxes']).toContain(type);
      expect(id).toMatch(/^[a-z]+$/);
      expect(attributes.label).toBeTruthy();
      if (type === 'dropdown' || type === 'checkboxes') expect(attributes.options?.length).toBeGreaterThan(0);
    }
    expect(new Set(fields.map(({ id }) => id)).size).toBe(fields.length);
  });

  test('asks for what a diagnosis needs, and warns of pasting secrets', () => {
    const required = fields.filter(({ validations }) => validations?.required).map(({ id }) => id);
    const wanted = {
      'bug.yml': ['report', 'portal', 'stage', 'version', 'runner'],
      'portal.yml': ['check', 'version'],
    };
    expect(required).toEqual(expect.arrayContaining(wanted[name as keyof typeof wanted] ?? ['need']));
    if (name === 'feature.yml') return;
    expect(form.body[0]?.attributes.value).toMatch(/\*\*(Check what you paste|Never attach a recording)/);
    expect(fields.at(-1)).toMatchObject({ id: 'checked', attributes: { options: [{ required: true }] } });
  });
});

test('the parser knows what it is asked: a wrong queue, trigger, key and expression are faults', async () => {
  const workflow = (concurrency: string, key: string, name: string) =>
    `on: push\nconcurrency: { group: a, queue: ${concurrency} }\njobs:\n  a:\n    runs-on: ubuntu-latest\n    ${key}: 5\n    steps:\n      - run: echo\n        name: ${name}\n`;
  expect(await faultsOf('good.yml', workflow('max', 'timeout-minutes', 'fine'))).toEqual([]);
  expect(await faultsOf('queue.yml', workflow('all', 'timeout-minutes', 'fine'))).not.toEqual([]);
  expect(await faultsOf('key.yml', workflow('max', 'timeout', 'fine'))).not.toEqual([]);
  expect(await faultsOf('expression.yml', workflow('max', 'timeout-minutes', '"${{ nothing.here }}"'))).not.toEqual([]);
});

/** A look and the way back wait behind nothing; all else is the queue of releases. */
function groupOf(name: string): RegExp {
  if (name.includes('canary-by-hand'))
    return /^gopay-\$\{\{ .*'withdraw'.*'status'.* && inputs\.stage \|\| 'release' \}\}-/;
  const own = /(rollback|status)/.exec(name)?.[1];
  return new RegExp(`^gopay-${own ?? 'release'}-`);
}

function pinsOf(content: string): string[] {
  return [...content.matchAll(/uses: (\S+@[0-9a-f]{40} # \S+)/g)].map(([, pin = '']) => pin);
}

function plain(text = ''): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function read(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8');
}
