/**
 * The lifecycle of a release on a target app: states, operations (edges) and stages (goals).
 *
 * One table, the only place where their names exist. The planner, the error messages, the sandbox's names, the docs
 * and the pictures read it. Source: the vendor's guide "Release MiniApp V1" for the phases, buttons and the order;
 * docs/portal.md for how sure we are of each call.
 */

/** How certain a fact about the portal is. See docs/portal.md. */
export type Mark = 'documented' | 'observed' | 'inferred';

interface StateRow {
  /** For a sentence: "the release is ...". */
  readonly words: string;
  /** The portal's own name of the phase, as its release page shows it. */
  readonly phase: string;
  /**
   * The last state on the way to the official release that the release has reached and kept. A rejected, withdrawn or
   * archived release still exists, so it counts as created.
   */
  readonly reached: WayState;
  /** Between the application and the official release: the portal refuses a second version until it is over. */
  readonly inProgress: boolean;
}

/** The states from the first to the official release, in the order in which a release passes through them. */
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
  none: { words: 'not submitted', phase: '', reached: 'none', inProgress: false },
  created: { words: 'created, not applied for', phase: 'Version Creation', reached: 'created', inProgress: false },
  'in-review': { words: 'in review', phase: 'Submit for Review', reached: 'in-review', inProgress: true },
  rejected: { words: 'rejected', phase: 'Submit for Review', reached: 'created', inProgress: false },
  withdrawn: { words: 'withdrawn', phase: 'Version Creation', reached: 'created', inProgress: false },
  approved: { words: 'approved', phase: 'Pilot test', reached: 'approved', inProgress: true },
  'whitelist-testing': {
    words: 'in the whitelist test',
    phase: 'Pilot test',
    reached: 'whitelist-testing',
    inProgress: true,
  },
  'rollout-ready': {
    words: 'ready for its rollout',
    phase: 'Gradual rollout, not started',
    reached: 'rollout-ready',
    inProgress: true,
  },
  grayscale: { words: 'in grayscale rollout', phase: 'Gradual rollout', reached: 'grayscale', inProgress: true },
  released: { words: 'officially released', phase: 'Officially released', reached: 'released', inProgress: false },
  archived: { words: 'archived', phase: '', reached: 'created', inProgress: false },
};

export interface OperationRow {
  /** Fixed here, not by a profile or an HTTP method: only reads are ever retried (promise 1). */
  readonly access: 'read' | 'write';
  /** What it does, in the infinitive: "apply for the release". */
  readonly words: string;
  /** The states it is sent from; absent where no release is needed. */
  readonly from?: readonly State[];
  /** The state it leads to; absent where the state stays. */
  readonly to?: State;
  /**
   * May be sent again after a lost response without reading first: no reading shows its effect, and sending the same
   * value twice changes nothing.
   */
  readonly repeatable?: true;
  /**
   * How its effect is shown, if not by the state alone. `version`: by the list of versions. `decision`: by the state,
   * or a later one after the administrator's decision. `ratio`: by the state and the ratio.
   */
  readonly shownBy?: 'version' | 'decision' | 'ratio';
  /** When the health check is called before it: always, or only after a rollout. */
  readonly needsHealth?: 'always' | 'after-rollout';
  /** Cannot be undone, so a single reading that shows nothing live is not enough to send it. */
  readonly makesOfficial?: true;
}

export const OPERATIONS = {
  listVersions: { access: 'read', words: 'list the versions' },
  listReleases: { access: 'read', words: 'list the releases' },
  findRelease: { access: 'read', words: 'find the release' },
  releaseHistory: { access: 'read', words: "read the release's history" },
  login: { access: 'write', words: 'log in' },
  uploadPackage: { access: 'write', words: 'upload the package', repeatable: true },
  createVersion: { access: 'write', words: 'create the version', shownBy: 'version' },
  createRelease: { access: 'write', words: 'create the release', from: ['none'], to: 'created' },
  startApproval: {
    access: 'write',
    words: 'apply for the release',
    from: ['created', 'rejected', 'withdrawn'],
    to: 'in-review',
    shownBy: 'decision',
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
    needsHealth: 'always',
  },
  startGrayscale: {
    access: 'write',
    words: 'start the grayscale rollout',
    from: ['rollout-ready', 'grayscale'],
    to: 'grayscale',
    shownBy: 'ratio',
    needsHealth: 'always',
  },
  goOnline: {
    access: 'write',
    words: 'release officially',
    from: ['rollout-ready', 'grayscale'],
    to: 'released',
    needsHealth: 'after-rollout',
    makesOfficial: true,
  },
  rollback: { access: 'write', words: 'bring an archived version back', from: ['archived'], to: 'released' },
} as const satisfies Readonly<Record<string, OperationRow>>;

export type Operation = keyof typeof OPERATIONS;
export type ReadOperation = {
  [K in Operation]: (typeof OPERATIONS)[K]['access'] extends 'read' ? K : never;
}[Operation];
/** The writes that a stage sends; `login` belongs to the session alone. */
export type WriteOperation = Exclude<Operation, ReadOperation | 'login'>;

/** The operations that a stage sends in a state, in order; or it waits for the administrator. */
type Step = readonly WriteOperation[] | 'wait';

/** How far the list of releases is read: its first page, up to the live version, or to its end. */
export type ListDepth = 'page' | 'live' | 'all';

/** What a stage may need from the workflow. */
export type Taken = 'package' | 'user-ids' | 'ratios';

interface StageRow {
  /** The portal's buttons that the stage presses. */
  readonly portalWords: string;
  /** What it does, for the docs. */
  readonly words: string;
  /** What it does in each state. In a state without an entry it is refused, unless its end state has been reached. */
  readonly way: Readonly<Partial<Record<State, Step>>>;
  /** Its end state; `upload` ends with a version, and `status` changes nothing. */
  readonly end: State | 'version' | 'any';
  /** How far the list of releases must be read. */
  readonly list: ListDepth;
  /** Reads the version before its release exists. */
  readonly readsVersion?: true;
  /** What it needs from the workflow besides the version. */
  readonly takes?: Taken;
  /** Sends nothing. `read`: one snapshot. `wait`: polls, however long the release is in a transitional status. */
  readonly only?: 'read' | 'wait';
  /** The release that it chooses if no version is given; absent if it needs a version. */
  readonly subject?: 'in-progress-or-live' | 'rollback-target';
  /** Runs alone in a step. */
  readonly alone?: true;
  /** Not possible for the first release of a miniapp on a target app (guide, 3.1). */
  readonly notOnFirstRelease?: true;
  /** Refuses a version below the live one unless allowed. */
  readonly refusesDowngrade?: true;
  /** Resubmits a rejected or withdrawn release, but only with the input reapply. */
  readonly reapplies?: true;
  /** For a rejected or withdrawn release its verdict is `rejected` or `withdrawn`, not a refusal. */
  readonly awaitsReview?: true;
}

/** The stages in the order of a release. A step runs them in this order, however the input lists them. */
export const STAGES = {
  upload: {
    portalWords: 'Add Version, Upload by Files',
    words: 'Uploads the package as a new version.',
    way: { none: ['uploadPackage', 'createVersion'] },
    end: 'version',
    list: 'page',
    readsVersion: true,
    takes: 'package',
  },
  submit: {
    portalWords: 'Release, All No, choose the target app',
    words: 'Creates the release of the version on the target app.',
    way: { none: ['createRelease'] },
    end: 'created',
    list: 'live',
    readsVersion: true,
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
    list: 'live',
    refusesDowngrade: true,
    reapplies: true,
    awaitsReview: true,
  },
  approval: {
    portalWords: "(wait for the target app's administrator)",
    words: 'Waits until the release is approved.',
    way: { 'in-review': 'wait' },
    end: 'approved',
    list: 'page',
    only: 'wait',
    awaitsReview: true,
  },
  whitelist: {
    portalWords: 'Setting Whitelist, Start Testing',
    words: 'Adds user IDs to the whitelist and starts the whitelist test.',
    way: { approved: ['addWhitelist', 'startPilot'], 'whitelist-testing': ['addWhitelist'] },
    end: 'whitelist-testing',
    list: 'live',
    takes: 'user-ids',
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
    list: 'live',
    takes: 'ratios',
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
    list: 'live',
    refusesDowngrade: true,
  },
  status: {
    portalWords: '(read)',
    words: 'Shows what is live and what is in progress; only reads.',
    way: {},
    end: 'any',
    list: 'live',
    only: 'read',
    subject: 'in-progress-or-live',
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
    list: 'page',
    alone: true,
  },
  rollback: {
    portalWords: 'Roll back',
    words: 'Brings an archived version back; the live one is archived.',
    way: { archived: ['rollback'] },
    end: 'released',
    list: 'all',
    subject: 'rollback-target',
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

/** How far the list of releases must be read for all of the stages. */
export function listDepthOf(stages: readonly Stage[]): ListDepth {
  const depths = stages.map((stage) => stageRow(stage).list);
  return depths.includes('all') ? 'all' : depths.includes('live') ? 'live' : 'page';
}

/** Whether a step of these stages only reads. */
export function isOnlyReading(stages: readonly Stage[]): boolean {
  return stages.every((stage) => stageRow(stage).only === 'read');
}

/** The first of the stages that needs this from the workflow. */
export function stageThatTakes(what: Taken, stages: readonly Stage[]): Stage | undefined {
  return stages.find((stage) => stageRow(stage).takes === what);
}

/** Whether a release in `state` has reached the state in which a stage ends, or a later one on the way. */
export function hasReached(end: State, state: State): boolean {
  if (end === state) return true;
  const wanted = WAY.indexOf(end as WayState);
  return wanted >= 0 && WAY.indexOf(STATES[state].reached) >= wanted;
}
