/**
 * The lifecycle of a release on a target app: states, operations (edges) and stages (goals).
 *
 * One table, the only place where their names exist. The planner, the error messages, the sandbox's names, the docs
 * and the pictures read it. Source: the vendor's guide "Release MiniApp V1" for the phases, buttons and the order;
 * docs/portal.md for how sure we are of each call.
 */

/** How sure we are of a fact about the portal. See docs/portal.md. */
export type Mark = 'documented' | 'observed' | 'inferred';

interface StateRow {
  /** In a sentence: "the release is ...". */
  readonly words: string;
  /** The portal's own name of the phase, as its release page shows it. */
  readonly phase: string;
  /** The furthest state of the way that still holds: a rejected release is still a created one, an archived one too. */
  readonly reached: WayState;
  /** Between applying and the official release: a second version of the miniapp has to wait for it. */
  readonly underWay: boolean;
}

/** The way of a release, in its order. */
export const WAY = [
  'none',
  'created',
  'in-review',
  'approved',
  'whitelist-testing',
  'rollout-ready',
  'grayscale',
  'released',
] as const;
type WayState = (typeof WAY)[number];

export type State = WayState | 'rejected' | 'withdrawn' | 'archived';

export const STATES: Readonly<Record<State, StateRow>> = {
  none: { words: 'not submitted', phase: '', reached: 'none', underWay: false },
  created: { words: 'created, not applied for', phase: 'Version Creation', reached: 'created', underWay: false },
  'in-review': { words: 'in review', phase: 'Submit for Review', reached: 'in-review', underWay: true },
  rejected: { words: 'rejected', phase: 'Submit for Review', reached: 'created', underWay: false },
  withdrawn: { words: 'withdrawn', phase: 'Version Creation', reached: 'created', underWay: false },
  approved: { words: 'approved', phase: 'Pilot test', reached: 'approved', underWay: true },
  'whitelist-testing': {
    words: 'in the whitelist test',
    phase: 'Pilot test',
    reached: 'whitelist-testing',
    underWay: true,
  },
  'rollout-ready': {
    words: 'ready for its rollout',
    phase: 'Gradual rollout, not started',
    reached: 'rollout-ready',
    underWay: true,
  },
  grayscale: { words: 'in grayscale rollout', phase: 'Gradual rollout', reached: 'grayscale', underWay: true },
  released: { words: 'officially released', phase: 'Officially released', reached: 'released', underWay: false },
  archived: { words: 'archived', phase: '', reached: 'created', underWay: false },
};

interface OperationRow {
  /** Fixed here, not by a profile or an HTTP method: only reads are ever retried (promise 1). */
  readonly access: 'read' | 'write';
  /** What it does, in the infinitive: "apply for the release". */
  readonly words: string;
  /** The states it is sent from; absent where no release is needed. */
  readonly from?: readonly State[];
  /** The state it leads to; absent where the state stays. */
  readonly to?: State;
  /** May be sent again unseen: the same value twice changes nothing, and no look can show it (promise 1). */
  readonly repeatable?: true;
}

export const OPERATIONS = {
  listVersions: { access: 'read', words: 'list the versions' },
  listReleases: { access: 'read', words: 'list the releases' },
  findRelease: { access: 'read', words: 'find the release' },
  releaseHistory: { access: 'read', words: "read the release's history" },
  login: { access: 'write', words: 'log in' },
  uploadPackage: { access: 'write', words: 'upload the package', repeatable: true },
  createVersion: { access: 'write', words: 'create the version' },
  createRelease: { access: 'write', words: 'create the release', from: ['none'], to: 'created' },
  startApproval: {
    access: 'write',
    words: 'apply for the release',
    from: ['created', 'rejected', 'withdrawn'],
    to: 'in-review',
  },
  cancelApproval: { access: 'write', words: 'withdraw the request', from: ['in-review'], to: 'withdrawn' },
  cancelRelease: {
    access: 'write',
    words: 'take the release back',
    from: ['approved', 'whitelist-testing', 'rollout-ready', 'grayscale'],
    to: 'withdrawn',
  },
  addWhitelist: {
    access: 'write',
    words: 'add user IDs to the whitelist',
    from: ['approved', 'whitelist-testing'],
    repeatable: true,
  },
  startPilot: {
    access: 'write',
    words: 'start the whitelist test',
    from: ['approved', 'whitelist-testing'],
    to: 'whitelist-testing',
  },
  skipPilot: {
    access: 'write',
    words: 'end the pilot phase',
    from: ['approved', 'whitelist-testing'],
    to: 'rollout-ready',
  },
  setRatio: {
    access: 'write',
    words: 'set the grayscale ratio',
    from: ['rollout-ready', 'grayscale'],
    repeatable: true,
  },
  startGrayscale: {
    access: 'write',
    words: 'start the grayscale rollout',
    from: ['rollout-ready', 'grayscale'],
    to: 'grayscale',
  },
  goOnline: { access: 'write', words: 'release officially', from: ['rollout-ready', 'grayscale'], to: 'released' },
  rollback: { access: 'write', words: 'bring an archived version back', from: ['archived'], to: 'released' },
} as const satisfies Readonly<Record<string, OperationRow>>;

export type Operation = keyof typeof OPERATIONS;
export type ReadOperation = {
  [K in Operation]: (typeof OPERATIONS)[K]['access'] extends 'read' ? K : never;
}[Operation];
/** The writes that a stage sends; `login` belongs to the session alone. */
export type WriteOperation = Exclude<Operation, ReadOperation | 'login'>;

/** What a stage does in a state: the operations to send, in their order, or wait for the administrator. */
type Step = readonly WriteOperation[] | 'wait';

interface StageRow {
  /** The buttons of the portal that the stage stands for. */
  readonly portalWords: string;
  /** What it does, for the docs. */
  readonly words: string;
  /** What it does from each state. A state that is absent is refused, unless the end holds there. */
  readonly way: Readonly<Partial<Record<State, Step>>>;
  /** The state in which it is done; `upload` ends in a version, `status` in nothing new. */
  readonly end: State | 'version' | 'any';
  /** Runs alone in a step. */
  readonly alone?: true;
  /** Only from the second release of a miniapp on a target app on (guide, 3.1). */
  readonly notOnFirstRelease?: true;
  /** Refuses a version below the live one unless allowed. */
  readonly refusesDowngrade?: true;
  /** Sends a release that was rejected or withdrawn again only when asked to. */
  readonly reapplies?: true;
  /** Its verdict on a release that the reviewer rejected or the applicant withdrew is that, not a refusal. */
  readonly awaitsReview?: true;
}

/** In the order of a release: several stages of a step run in this order, however they are written. */
export const STAGES = {
  upload: {
    portalWords: 'Add Version, Upload by Files',
    words: 'Uploads the package as a new version.',
    way: { none: ['uploadPackage', 'createVersion'] },
    end: 'version',
  },
  submit: {
    portalWords: 'Release, All No, choose the target app',
    words: 'Creates the release of the version on the target app.',
    way: { none: ['createRelease'] },
    end: 'created',
    refusesDowngrade: true,
  },
  apply: {
    portalWords: 'Apply Release, OK, OK',
    words: 'Applies for the release, then waits until it is approved.',
    way: {
      created: ['startApproval'],
      rejected: ['startApproval'],
      withdrawn: ['startApproval'],
      'in-review': 'wait',
    },
    end: 'approved',
    refusesDowngrade: true,
    reapplies: true,
    awaitsReview: true,
  },
  approval: {
    portalWords: "(wait for the target app's administrator)",
    words: 'Waits until the release is approved.',
    way: { 'in-review': 'wait' },
    end: 'approved',
    awaitsReview: true,
  },
  whitelist: {
    portalWords: 'Setting Whitelist, Start Testing',
    words: 'Adds user IDs to the whitelist and starts the whitelist test.',
    way: { approved: ['addWhitelist', 'startPilot'], 'whitelist-testing': ['addWhitelist'] },
    end: 'whitelist-testing',
    notOnFirstRelease: true,
    refusesDowngrade: true,
  },
  grayscale: {
    portalWords: 'Set Grayscale, Start Grayscale',
    words: 'Rolls out to a percentage of users, raised step by step.',
    way: {
      approved: ['skipPilot'],
      'whitelist-testing': ['skipPilot'],
      'rollout-ready': ['setRatio', 'startGrayscale'],
      grayscale: ['setRatio', 'startGrayscale'],
    },
    end: 'grayscale',
    notOnFirstRelease: true,
    refusesDowngrade: true,
  },
  release: {
    portalWords: 'Officially Release, OK',
    words: 'Releases to everyone; the version that was live is archived.',
    way: {
      approved: ['skipPilot'],
      'whitelist-testing': ['skipPilot'],
      'rollout-ready': ['goOnline'],
      grayscale: ['goOnline'],
    },
    end: 'released',
    refusesDowngrade: true,
  },
  status: {
    portalWords: '(look)',
    words: 'Shows what is live and what is under way; only reads.',
    way: {},
    end: 'any',
  },
  withdraw: {
    portalWords: 'My Request, Withdraw',
    words: 'Takes the request, or the approved release, back before it is official.',
    way: {
      'in-review': ['cancelApproval'],
      approved: ['cancelRelease'],
      'whitelist-testing': ['cancelRelease'],
      'rollout-ready': ['cancelRelease'],
      grayscale: ['cancelRelease'],
    },
    end: 'withdrawn',
    alone: true,
  },
  rollback: {
    portalWords: 'Roll back',
    words: 'Brings an archived version back; the live one is archived.',
    way: { archived: ['rollback'] },
    end: 'released',
    alone: true,
  },
} as const satisfies Readonly<Record<string, StageRow>>;

export type Stage = keyof typeof STAGES;
export const STAGE_NAMES = Object.keys(STAGES) as Stage[];

/** The row of a stage, with its optional columns visible to the compiler. */
export function stageRow(stage: Stage): StageRow {
  return STAGES[stage];
}

/** The row of an operation, with its optional columns visible to the compiler. */
export function operationRow(operation: Operation): OperationRow {
  return OPERATIONS[operation];
}

/** Whether a state that a stage ends in holds for a release: it is there, or further on and still on the way. */
export function hasReached(end: State, state: State): boolean {
  if (end === state) return true;
  const wanted = WAY.indexOf(end as WayState);
  return wanted >= 0 && WAY.indexOf(STATES[state].reached) >= wanted;
}
