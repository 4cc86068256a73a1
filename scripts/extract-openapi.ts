/**
 * GitHub's own OpenAPI description -> test/fixtures/github-openapi.json: the few operations that the action uses, by
 * which the tests check each of its requests. Run it again when an operation or the version below changes:
 *
 *     node scripts/extract-openapi.ts
 *
 * The package holds a gigabyte of descriptions once unpacked, so it is no dependency: it is fetched, read and deleted.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = '@octokit/openapi';
const VERSION = '23.0.2';
const FILE = 'package/generated/api.github.com.deref.json';
const TARGET = fileURLToPath(new URL('../test/fixtures/github-openapi.json', import.meta.url));

const PROSE = ['description', 'example', 'title'];

/** As the action writes them. */
const OPERATIONS = [
  'GET /repos/{owner}/{repo}/tags',
  'GET /repos/{owner}/{repo}/git/ref/{ref}',
  'GET /repos/{owner}/{repo}/git/tags/{tag_sha}',
  'GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls',
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments',
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}',
  'GET /repos/{owner}/{repo}/deployments',
  'POST /repos/{owner}/{repo}/deployments',
  'GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
  'POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses',
];

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema: unknown }[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content: Readonly<Record<string, { schema: unknown }>>;
  };
}

const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
try {
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: folder, encoding: 'utf8' });
  const archive = run('npm', 'pack', '--silent', `${PACKAGE}@${VERSION}`).trim();
  run('tar', 'xzf', archive, FILE);
  const description: Description = JSON.parse(readFileSync(join(folder, FILE), 'utf8'));
  const fixture = {
    source: `${FILE} of the npm package ${PACKAGE} ${VERSION} (MIT), made from github.com/github/rest-api-description (MIT)`,
    extractedBy: 'scripts/extract-openapi.ts',
    operations: Object.fromEntries(OPERATIONS.map((route) => [route, extract(route, description)])),
  };
  writeFileSync(TARGET, `${JSON.stringify(fixture, null, 2)}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function extract(route: string, { paths }: Description): unknown {
  const [method = '', path = ''] = route.split(' ');
  const operation = paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`GitHub describes no ${route}.`);
  const body = operation.requestBody?.content['application/json']?.schema;
  return {
    parameters: (operation.parameters ?? []).map(({ name, in: place, required, schema }) => ({
      name,
      in: place,
      required: required ?? false,
      schema: withoutProse(schema),
    })),
    ...(body !== undefined && { body: withoutProse(body) }),
  };
}

/** Descriptions and examples say nothing to a validator. */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([key, inner]) => !PROSE.includes(key) || typeof inner === 'object');
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutProse(inner)]));
}
