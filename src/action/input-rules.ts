/** Rules that concern several inputs: what a stage needs, and what does not go together. */

import { type Stage, stageRow, stageThatTakes, type Taken } from '../release/lifecycle.ts';
import { INPUT_NAMES, type InputName, type Inputs, inputRow } from './inputs.ts';

export interface GivenInputs {
  readonly inputs: Inputs;
  /** The text of an input or else its default; empty where there is neither. */
  readonly text: (name: InputName) => string;
  /** Whether an input has a text, and one without a fault. */
  readonly isRead: (name: InputName) => boolean;
}

interface Rule {
  readonly input: InputName;
  readonly isBroken: (given: GivenInputs) => boolean;
  readonly fault: string | ((given: GivenInputs) => string);
}

/** The faults of all rules that the inputs break, each beginning with the name of its input. */
export function brokenRules(given: GivenInputs): readonly string[] {
  return RULES.filter(({ isBroken }) => isBroken(given)).map(
    ({ input, fault }) => `${input}: ${typeof fault === 'string' ? fault : fault(given)}`,
  );
}

const takes = (what: Taken) => (given: GivenInputs) => stageThatTakes(what, given.inputs.stages) !== undefined;
const lacks =
  (...names: readonly InputName[]) =>
  ({ text }: GivenInputs) =>
    names.every((name) => text(name) === '');
const all =
  (...conditions: readonly ((given: GivenInputs) => boolean)[]) =>
  (given: GivenInputs) =>
    conditions.every((holds) => holds(given));

const RULES: readonly Rule[] = [
  ...INPUT_NAMES.filter((name) => inputRow(name).required).map((name) => ({
    input: name,
    isBroken: lacks(name),
    fault: `missing; it takes: ${inputRow(name).description}`,
  })),
  {
    input: 'target-app',
    isBroken: all(lacks('target-app'), ({ inputs }) =>
      inputs.stages.some((stage) => stageRow(stage).end !== 'version'),
    ),
    fault: 'missing; every stage but upload needs the channel code of the target app.',
  },
  {
    input: 'stage',
    isBroken: ({ inputs }) => inputs.stages.length > 1 && stageThatRunsAlone(inputs) !== undefined,
    fault: ({ inputs }) => `got ${inputs.stages.join(', ')}; ${stageThatRunsAlone(inputs)} runs alone in a step.`,
  },
  {
    input: 'package',
    isBroken: all(takes('package'), lacks('package')),
    fault: 'missing; upload takes a ZIP file or a build folder.',
  },
  {
    input: 'whitelist-ids',
    isBroken: all(takes('user-ids'), lacks('whitelist-ids', 'whitelist-file')),
    fault: 'missing; whitelist takes user IDs here or in whitelist-file.',
  },
  {
    input: 'grayscale-ratio',
    isBroken: all(takes('ratios'), lacks('grayscale-ratio')),
    fault: 'missing; grayscale takes a percentage, 20, or a ramp, 5, 20, 50.',
  },
  {
    input: 'grayscale-soak',
    isBroken: all(takes('ratios'), lacks('grayscale-soak'), ({ inputs }) => whatNeedsSoak(inputs) !== undefined),
    fault: ({ inputs }) =>
      `missing; ${whatNeedsSoak(inputs)} needs to know how long a ratio is held (0s if no time is meant).`,
  },
  ...(['health-when', 'health-token', 'health-interval', 'health-failures'] as const).map((name) => ({
    input: name,
    isBroken: all(lacks('health-url'), ({ text }) => text(name) !== (inputRow(name).default ?? '')),
    fault: 'got a value, and no health-url that it is for.',
  })),
  {
    input: 'portal-password',
    isBroken: all(lacks('portal-password'), ({ text }) => text('portal-username') !== ''),
    fault: 'missing; a login takes both a user name and a password.',
  },
  {
    input: 'portal-username',
    isBroken: all(lacks('portal-username'), ({ text }) => text('portal-password') !== ''),
    fault: 'missing; a login takes both a user name and a password.',
  },
  {
    input: 'portal-session',
    isBroken: all(isRealPortal, lacks('portal-session', 'portal-username', 'portal-password')),
    fault: 'missing; a portal takes a session, or portal-username and portal-password to log in.',
  },
  {
    input: 'portal-profile',
    isBroken: ({ inputs, text }) => inputs.portal.kind === 'sandbox' && text('portal-profile') !== '',
    fault: 'got a path; the sandbox takes a profile as portal-url: sandbox?dialect=FILE.',
  },
  {
    input: 'tag-prefix',
    isBroken: ({ inputs }) => inputs.tagPrefix.length > 64,
    fault: 'got more than 64 characters.',
  },
];

function isRealPortal({ inputs, isRead }: GivenInputs): boolean {
  return isRead('portal-url') && inputs.portal.kind === 'url';
}

function stageThatRunsAlone({ stages }: Inputs): Stage | undefined {
  return stages.find((stage) => stageRow(stage).alone);
}

/** What makes the input grayscale-soak necessary; undefined where nothing does. */
function whatNeedsSoak({ ratios, stages, healthUrl }: Inputs): string | undefined {
  if (ratios.length > 1) return 'a ramp';
  if (stages.some((stage) => stageRow(stage).end === 'released')) return 'grayscale with release in one step';
  return healthUrl ? 'health-url' : undefined;
}
