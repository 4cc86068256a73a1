/** Keeps one deployment for each version and target app, with a status for each state. */

import type { DeploymentView } from '../report/deployment.ts';
import { allOf, type GitHub, pages } from './client.ts';
import { commitOfTag } from './tags.ts';

export interface DeploymentPlace {
  readonly environment: string;
  /** The version's tag, which may not exist. */
  readonly tag: string;
  readonly sha: string;
}

/** The number of other deployments that are checked for still being shown as live. */
const MAX_OTHERS = 10;

/**
 * Creates the deployment where it is missing, sets its status, and marks the deployments that it replaces as inactive.
 * @throws what Octokit throws; runTask turns it into a GitHubError
 */
export async function writeDeployment(view: DeploymentView, place: DeploymentPlace, gitHub: GitHub): Promise<void> {
  const known = await listDeployments(view, place, gitHub);
  const own = known.find(({ version }) => version === view.payload.version)?.id;
  const id = own ?? (view.isBeginning ? await create(view, place, gitHub) : undefined);
  if (id !== undefined) await setState(id, view, gitHub);
  if (view.state !== 'success') return;
  const others = known.filter((other) => other.id !== id).slice(0, MAX_OTHERS);
  for (const other of others) {
    if ((await latestStatus(other.id, gitHub))?.state !== 'success') continue;
    await setState(other.id, { ...view, state: 'inactive', description: view.replacedBy }, gitHub);
  }
}

interface Known {
  readonly id: number;
  readonly version: unknown;
}

/** Of this miniapp and target app in this environment, newest first. The task is made of both. */
async function listDeployments(
  view: DeploymentView,
  place: DeploymentPlace,
  { octokit, repo }: GitHub,
): Promise<Known[]> {
  const deployments = pages((page) =>
    octokit.request('GET /repos/{owner}/{repo}/deployments', {
      ...repo,
      task: view.task,
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
async function create(view: DeploymentView, place: DeploymentPlace, gitHub: GitHub): Promise<number | undefined> {
  const { octokit, repo } = gitHub;
  const isTagged = (await commitOfTag(place.tag, gitHub)) !== undefined;
  const { data } = await octokit.request('POST /repos/{owner}/{repo}/deployments', {
    ...repo,
    ref: isTagged ? place.tag : place.sha,
    task: view.task,
    environment: place.environment,
    description: gitHub.redact(view.title),
    payload: Object.fromEntries(Object.entries(view.payload).map(([name, text]) => [name, gitHub.redact(text)])),
    auto_merge: false,
    required_contexts: [],
  });
  return 'id' in data ? Number(data.id) : undefined;
}

async function setState(
  id: number,
  { state, description, logUrl }: Pick<DeploymentView, 'state' | 'description' | 'logUrl'>,
  gitHub: GitHub,
): Promise<void> {
  const { octokit, repo } = gitHub;
  const latest = await latestStatus(id, gitHub);
  if (latest?.state === state && latest.description === description) return;
  await octokit.request('POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses', {
    ...repo,
    deployment_id: id,
    state,
    description: gitHub.redact(description),
    ...(logUrl && { log_url: logUrl }),
    // What is replaced is known here; GitHub would also end those of other target apps.
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
