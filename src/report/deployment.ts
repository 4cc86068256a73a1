/** Report -> a GitHub deployment's state. Pure. */

import { cleanLine } from '../lib/text.ts';
import type { State } from '../release/lifecycle.ts';
import { keyOf } from './key.ts';
import { type Report, stateWords } from './report.ts';

/** GitHub's limit for a description. */
const MAX_DESCRIPTION_CHARS = 140;

export interface DeploymentView {
  readonly state: DeploymentState;
  /** Whether a deployment that is missing is to be made: nothing is deployed by taking something away. */
  readonly isBeginning: boolean;
  /** What tells the deployments of one miniapp and target app from others in the same environment. */
  readonly task: string;
  /** The deployment's own description. */
  readonly title: string;
  /** Of the status. */
  readonly description: string;
  /** For the versions that this one replaces. */
  readonly replacedBy: string;
  readonly logUrl: string;
  readonly payload: { readonly miniapp: string; readonly targetApp: string; readonly version: string };
}

export type DeploymentState = 'in_progress' | 'success' | 'failure' | 'inactive';

/** Where a release that stands there is on its way to the users. What is not here is not on its way. */
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

/** Undefined where there is nothing to deploy: no release under way, a rehearsal, a dry run, a mere look. */
export function deploymentOf(report: Report): DeploymentView | undefined {
  const state = report.verdict === 'halted' ? 'failure' : DEPLOYMENT_STATES[report.state];
  const isLook = report.stages.every(({ stage }) => stage === 'status');
  if (state === undefined || isLook || report.sandbox || report.dryRun) return undefined;
  const title = `${report.version} on ${report.targetApp}`;
  const halted = report.verdict === 'halted' ? ', halted by the health check' : '';
  return {
    state,
    isBeginning: state !== 'inactive',
    task: `miniapp-release:${keyOf(report)}`,
    title: description(`${report.miniappId} ${title}`),
    description: description(`${title}: ${stateWords(report)}${halted}`),
    replacedBy: description(`Replaced by ${title}`),
    logUrl: report.run.url,
    payload: { miniapp: report.miniappId, targetApp: report.targetApp, version: report.version },
  };
}

function description(text: string): string {
  return cleanLine(text, MAX_DESCRIPTION_CHARS);
}
