/** Keeps one deployment on GitHub for each version and target app, with a status for each state. */

import type { DesiredDeployment } from '../report/deployment.ts';
import { allOf, type GitHub, orNothing, pages } from './client.ts';
import { commitOfTag } from './tags.ts';

export interface DeploymentPlace {
  readonly environment: string;
  /** The version's tag, which may not exist. */
  readonly tag: string;
  readonly sha: string;
}

/** How many other deployments are checked for being shown as live. */
const MAX_OTHERS = 10;

/** What a run knows of its deployment from an earlier call, so that it need not request it again. */
export interface DeploymentMemory {
  /** The deployment that it is about: the task and the version. */
  key?: string;
  id?: number;
  /** The status that this run wrote last; undefined while it is not known whether a status was written. */
  written?: Status | undefined;
}

type Status = Pick<DesiredDeployment, 'state' | 'description' | 'logUrl'>;

/**
 * Creates the deployment where it is missing, sets its status, and makes the deployments that it replaces inactive. Only
 * for these is the list read again once the deployment's ID is known: another run may have added to it.
 */
export async function writeDeployment(
  desired: DesiredDeployment,
  place: DeploymentPlace,
  gitHub: GitHub,
  memory: DeploymentMemory = {},
): Promise<void> {
  const { version } = desired.payload;
  const key = `${desired.task} ${version}`;
  if (memory.key === key && memory.id !== undefined && desired.state !== 'success') {
    // Somebody may have deleted the deployment meanwhile.
    if (await orNothing(setOwnState(memory.id, desired, memory, gitHub), gitHub)) return;
    forget(memory);
  }
  const listing = listDeployments(desired, place, gitHub);
  // Requested together, since a missing deployment needs both. Where there is one, an error here is of no interest.
  const tagging = desired.createIfMissing && memory.key !== key ? commitOfTag(place.tag, gitHub) : undefined;
  tagging?.catch(() => {});
  const known = await listing;
  const own = known.find((deployment) => deployment.version === version)?.id;
  if (memory.key !== key || memory.id !== own) forget(memory);
  const created = own === undefined && desired.createIfMissing;
  const id = created
    ? await create(desired, place, (await (tagging ?? commitOfTag(place.tag, gitHub))) !== undefined, gitHub)
    : own;
  if (id !== undefined) {
    memory.key = key;
    memory.id = id;
    await (created ? postOwnState(id, desired, memory, gitHub) : setOwnState(id, desired, memory, gitHub));
  }
  if (desired.state !== 'success') return;
  const others = known.filter((other) => other.id !== id).slice(0, MAX_OTHERS);
  for (const other of others) {
    if ((await latestStatus(other.id, gitHub))?.state !== 'success') continue;
    await postState(other.id, { ...desired, state: 'inactive', description: desired.replacedBy }, gitHub);
  }
}

function forget(memory: DeploymentMemory): void {
  delete memory.key;
  delete memory.id;
  delete memory.written;
}

/** Sets the status, unless it is there already. What this run wrote last is not read again. */
async function setOwnState(id: number, desired: Status, memory: DeploymentMemory, gitHub: GitHub): Promise<true> {
  const isNew = memory.written !== undefined && !isSame(memory.written, desired);
  if (isNew || !isSame(await latestStatus(id, gitHub), desired)) await postOwnState(id, desired, memory, gitHub);
  return true;
}

/** Until the response is there, it is not known what was written: a retry of the task reads first. */
async function postOwnState(id: number, desired: Status, memory: DeploymentMemory, gitHub: GitHub): Promise<void> {
  memory.written = undefined;
  await postState(id, desired, gitHub);
  memory.written = desired;
}

function isSame(
  a: { readonly state: string; readonly description: string } | undefined,
  b: { readonly state: string; readonly description: string },
): boolean {
  return a?.state === b.state && a.description === b.description;
}

interface Known {
  readonly id: number;
  readonly version: unknown;
}

/** Of this miniapp and target app in this environment, newest first. The task is made of both. */
async function listDeployments(
  desired: DesiredDeployment,
  place: DeploymentPlace,
  { octokit, repo }: GitHub,
): Promise<Known[]> {
  const deployments = pages((page) =>
    octokit.request('GET /repos/{owner}/{repo}/deployments', {
      ...repo,
      task: desired.task,
      environment: place.environment,
      ...page,
    }),
  );
  return (await allOf(deployments)).map(({ id, payload }) => ({ id: Number(id), version: versionIn(payload) }));
}

/** GitHub gives a payload back as it came, or as the JSON of it. */
function versionIn(payload: unknown): unknown {
  try {
    const value = typeof payload === 'string' ? JSON.parse(payload) : payload;
    return (value as { version?: unknown } | null)?.version;
  } catch {
    return undefined;
  }
}

/** Without a merge of the default branch and without waiting for checks, both of which GitHub does by default. */
async function create(
  desired: DesiredDeployment,
  place: DeploymentPlace,
  isTagged: boolean,
  gitHub: GitHub,
): Promise<number | undefined> {
  const { octokit, repo } = gitHub;
  const { data } = await octokit.request('POST /repos/{owner}/{repo}/deployments', {
    ...repo,
    ref: isTagged ? place.tag : place.sha,
    task: desired.task,
    environment: place.environment,
    description: gitHub.redact(desired.title),
    payload: Object.fromEntries(Object.entries(desired.payload).map(([name, text]) => [name, gitHub.redact(text)])),
    auto_merge: false,
    required_contexts: [],
  });
  return 'id' in data ? Number(data.id) : undefined;
}

async function postState(id: number, { state, description, logUrl }: Status, gitHub: GitHub): Promise<void> {
  const { octokit, repo } = gitHub;
  await octokit.request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
    ...repo,
    deployment_id: id,
    state,
    description: gitHub.redact(description),
    ...(logUrl && { log_url: logUrl }),
    // writeDeployment ends the deployments that are replaced; GitHub would also end those of other target apps.
    auto_inactive: false,
  });
}

async function latestStatus(id: number, { octokit, repo }: GitHub) {
  const { data } = await octokit.request('GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
    ...repo,
    deployment_id: id,
    per_page: 1,
  });
  return data[0];
}
