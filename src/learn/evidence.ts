/**
 * The evidence for what a call and a word mean: one row each, with its weight and its sentence. What a call did weighs
 * most, then the fields that it carried, then its words, then the button. The order is in search.ts, as costs of
 * what the lifecycle does not allow.
 */

import { type State, WAY, type WriteOperation } from '../release/lifecycle.ts';

/** What is known of one call shape before the search. */
export interface Traits {
  /** Words of its path and its constants, in lower case. */
  readonly words: string;
  readonly isUpload: boolean;
  /** It carries a number that may be a ratio. */
  readonly hasRatio: boolean;
  /** It carries a number that nothing explains: a ratio that was sent once, or in a form of its own. */
  readonly mayHaveRatio?: boolean;
  readonly hasUserIds: boolean;
  /** It carries what the upload returned. */
  readonly hasArtifact: boolean;
  /** A version was in the list of versions for the first time directly after it. */
  readonly addsVersion: boolean;
  /** A release was there for the first time directly after it. */
  readonly addsRelease: boolean;
  /** The ratio that was last sent was in the release for the first time directly after it. */
  readonly takesRatio: boolean;
  /** The operation of the profile that has this method, path and fields. */
  readonly isOfProfile?: WriteOperation;
  /** Texts of the buttons that sent it, in lower case. */
  readonly buttons: string;
}

interface Row {
  readonly weight: number;
  readonly sentence: string;
  readonly holds: (traits: Traits, operation: WriteOperation) => boolean;
}

const is =
  (...names: WriteOperation[]) =>
  (operation: WriteOperation) =>
    names.includes(operation);
const takesUpload = is('uploadPackage', 'createVersion');
const takesRatio = is('setRatio', 'startGrayscale');
const takesUsers = is('addWhitelist', 'startPilot');

export const EVIDENCE: readonly Row[] = [
  { weight: 10, sentence: 'it sent the file', holds: (t, o) => t.isUpload && o === 'uploadPackage' },
  { weight: 4, sentence: 'it sent the file', holds: (t, o) => t.isUpload && o === 'createVersion' },
  { weight: -40, sentence: '', holds: (t, o) => t.isUpload && !takesUpload(o) },
  { weight: -20, sentence: '', holds: (t, o) => !t.isUpload && o === 'uploadPackage' },
  { weight: 9, sentence: 'the list had a version more', holds: (t, o) => t.addsVersion && o === 'createVersion' },
  { weight: -4, sentence: '', holds: (t, o) => t.addsVersion && o === 'uploadPackage' },
  { weight: 5, sentence: 'the release appeared', holds: (t, o) => t.addsRelease && o === 'createRelease' },
  { weight: 3, sentence: 'the release appeared', holds: (t, o) => t.addsRelease && o === 'startApproval' },
  { weight: 4, sentence: 'the ratio took effect', holds: (t, o) => t.takesRatio && o === 'startGrayscale' },
  { weight: 2, sentence: 'the ratio changed', holds: (t, o) => t.takesRatio && o === 'setRatio' },
  { weight: 6, sentence: 'it carries the ratio', holds: (t, o) => t.hasRatio && takesRatio(o) },
  { weight: -15, sentence: '', holds: (t, o) => t.hasRatio && !takesRatio(o) },
  { weight: -12, sentence: '', holds: (t, o) => !t.hasRatio && !t.mayHaveRatio && o === 'setRatio' },
  { weight: -6, sentence: '', holds: (t, o) => t.mayHaveRatio === true && !takesRatio(o) },
  { weight: 8, sentence: 'it carries the user IDs', holds: (t, o) => t.hasUserIds && o === 'addWhitelist' },
  { weight: 6, sentence: 'it carries the user IDs', holds: (t, o) => t.hasUserIds && o === 'startPilot' },
  { weight: -15, sentence: '', holds: (t, o) => t.hasUserIds && !takesUsers(o) },
  { weight: -12, sentence: '', holds: (t, o) => !t.hasUserIds && o === 'addWhitelist' },
  {
    weight: 3,
    sentence: 'it names the uploaded file',
    holds: (t, o) => t.hasArtifact && is('createVersion', 'createRelease')(o),
  },
  {
    weight: -6,
    sentence: '',
    holds: (t, o) => t.hasArtifact && !is('createVersion', 'createRelease', 'startApproval')(o),
  },
  { weight: 8, sentence: "it is the profile's call", holds: (t, o) => t.isOfProfile === o },
  { weight: 3, sentence: 'its words fit', holds: (t, o) => CALL_WORDS[o].test(t.words) },
  { weight: 5, sentence: "the button's text fits", holds: (t, o) => t.buttons !== '' && BUTTONS[o].test(t.buttons) },
];

const CALL_WORDS: Readonly<Record<WriteOperation, RegExp>> = {
  uploadPackage: /upload|file|resource|package/,
  createVersion: /version.*(create|add|new|save)|(create|add|new|save).*version|package/,
  createRelease: /(publish|release|rollout).*(create|add|new|save)|(create|add|new).*(publish|release)/,
  startApproval: /approv|apply|audit|review|submit/,
  cancelApproval:
    /(cancel|withdraw|revoke|recall|delete).*(appl|appro|audit|review|request)|(appl|appro|audit|review|request).*(cancel|withdraw|revoke|recall|delete)/,
  cancelRelease: /cancel|take-?back|abort|give-?up|terminate|revert-?gray|stop-?release|withdraw/,
  addWhitelist: /white|tester|allow-?list|people|member/,
  startPilot:
    /(start|begin|open|run|enter).*(beta|pilot|test|white)|(beta|pilot|test|white).*(start|begin|open|run)|start-?test/,
  skipPilot:
    /(skip|end|finish|stop|close|leave|jump).*(beta|pilot|test|white)|(beta|pilot|test|white).*(skip|end|finish|stop|close|leave|jump)/,
  setRatio: /ratio|percent|proportion|share|strategy|scale|rate/,
  startGrayscale:
    /(gr[ae]y|ratio|share|canary|rollout).*(start|begin|run|open)|(start|begin|run|open).*(gr[ae]y|canary|rollout)/,
  goOnline: /online|everyone|official|full|go-?live|formal|publish-?all|launch/,
  rollback: /roll-?back|revert|restore|recover/,
};

/** The guide's buttons, the second-hand ones of another tenant, and the Chinese ones. */
const BUTTONS: Readonly<Record<WriteOperation, RegExp>> = {
  uploadPackage: /upload by files|add version|上传/,
  createVersion: /add version|upload by files|\bok\b/,
  createRelease: /^release$|all no/,
  startApproval: /apply release|submit for release|申请发布/,
  cancelApproval: /withdraw|撤回/,
  cancelRelease: /cancel|take back|withdraw/,
  addWhitelist: /sett?ing whitelist|set whitelist|add user|设置白名单/,
  startPilot: /start test|开始测试/,
  skipPilot: /skip|end test/,
  setRatio: /set grayscale|canary percentage|设置灰度/,
  startGrayscale: /start grayscale|start canary|开始灰度/,
  goOnline: /officially release|正式发布/,
  rollback: /roll ?back|回滚/,
};

/** Whether one of the guide's buttons for a change sent the call. */
export function isButtonOfWrite(buttons: string): boolean {
  return buttons !== '' && Object.values(BUTTONS).some((pattern) => pattern.test(buttons));
}

/** The weight of all that speaks for a call being an operation. */
export function weigh(traits: Traits, operation: WriteOperation): number {
  let sum = 0;
  for (const { weight, holds } of EVIDENCE) if (holds(traits, operation)) sum += weight;
  return sum;
}

/** What speaks for it, in words, strongest first. */
export function sentences(traits: Traits, operation: WriteOperation): string[] {
  return EVIDENCE.filter(({ sentence, holds }) => sentence !== '' && holds(traits, operation)).map(
    ({ sentence }) => sentence,
  );
}

/** Words of a status or of its description that speak for a state: from the special to the general. */
const STATE_WORDS: readonly (readonly [Exclude<State, 'none'>, RegExp])[] = [
  ['rejected', /reject|refus|denied|not.?pass|fail/],
  ['withdrawn', /cancel|withdraw|revok|recall/],
  ['archived', /archiv|offline|superseded|history/],
  ['rollout-ready', /(wait|ready|pre|to).*(gr[ae]y|canary|rollout)|(gr[ae]y|canary|rollout).*(wait|ready)/],
  ['whitelist-testing', /beta|pilot|white|test/],
  ['grayscale', /gr[ae]y|canary|roll|ramp/],
  ['approved', /pass|approved|accepted/],
  ['in-review', /review|audit|appro|appl|pending/],
  ['released', /online|live|released|full|official/],
  ['created', /init|creat|draft|new/],
];

export function stateOfWords(text: string): Exclude<State, 'none'> | undefined {
  return STATE_WORDS.find(([, pattern]) => pattern.test(text.toLowerCase()))?.[0];
}

/** States that a word can stand for, in the order of the way. */
export const WORD_STATES: readonly Exclude<State, 'none'>[] = [
  ...WAY.filter((state) => state !== 'none'),
  'rejected',
  'withdrawn',
  'archived',
];
