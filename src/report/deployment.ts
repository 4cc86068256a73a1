/** Report -> the GitHub deployment that it calls for. Pure. */

import { cleanLine } from '../lib/text.ts';
import { isOnlyReading, type State } from '../release/lifecycle.ts';
import { keyOf } from './key.ts';
import { formatState, type Report } from './report.ts';

/** GitHub's limit for a description. */
const MAX_DESCRIPTION_CHARS = 140;

export interface DesiredDeployment {
  readonly state: DeploymentState;
  /** Whether a missing deployment is created; not for a release that was withdrawn or archived. */
  readonly createIfMissing: boolean;
  /** Tells the deployments of one miniapp and target app from others in the same environment. */
  readonly task: string;
  /** The deployment's own description. */
  readonly title: string;
  /** The description of the status. */
  readonly description: string;
  /** The description of the status that the replaced versions get. */
  readonly replacedBy: string;
  readonly logUrl: string;
  readonly payload: { readonly miniapp: string; readonly targetApp: string; readonly version: string };
}

export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'inactive';

/** By the release's state. A state that is missing here has no deployment. */
const DEPLOYMENT_STATES: Readonly<Partial<Record<Report['state'], DeploymentState>>> = {
  'in-review': 'in_progress',
  approved: 'in_progress',
  'whitelist-testing': 'in_progress',
  'rollout-ready': 'in_progress',
  grayscale: 'in_progress',
  released: 'success',
  rejected: 'failure',
  withdrawn: 'inactive',
  archived: 'inactive',
} satisfies Partial<Record<State, DeploymentState>>;

/** Undefined where there is nothing to deploy: no release in progress, a rehearsal, a dry run, or a step that only reads. */
export function deploymentOf(report: Report): DesiredDeployment | undefined {
  const state = report.verdict === 'halted' ? 'failure' : DEPLOYMENT_STATES[report.state];
  const isReadOnly = isOnlyReading(report.stages.map(({ stage }) => stage));
  if (state === undefined || isReadOnly || report.sandbox || report.dryRun) return undefined;
  const title = `${report.version} on ${report.targetAppName ?? report.targetApp}`;
  const halted = report.verdict === 'halted' ? ', halted by the health check' : '';
  return {
    state,
    createIfMissing: state !== 'inactive',
    task: `miniapp-release:${keyOf(report)}`,
    title: description(`${report.miniappId} ${title}`),
    description: description(`${title}: ${formatState(report)}${halted}`),
    replacedBy: description(`Replaced by ${title}`),
    logUrl: report.run.url,
    payload: { miniapp: report.miniappId, targetApp: report.targetApp, version: report.version },
  };
}

function description(text: string): string {
  return cleanLine(text, MAX_DESCRIPTION_CHARS);
}
