/** The outputs of a report. Each value has a fixed form or is safe to paste into a script. */

import { shellSafe } from '../lib/text.ts';
import { boundedJson } from './bounded.ts';
import type { Report } from './report.ts';

/** Linux limits an environment variable to 128 KiB, with its name (MAX_ARG_STRLEN). */
const MAX_REPORT_BYTES = 100_000;

const SAFE = 'one line without shell metacharacters.';

/** The outputs, which are set however the run ends. action.yml and the README's table are generated from here. */
export const OUTPUTS = {
  verdict:
    'How the step ended: succeeded, unchanged, planned, pending, rejected, withdrawn, refused, halted, cancelled or failed.',
  complete: 'true if every requested stage has reached its end state.',
  released: 'true if this version is live.',
  changed: 'true if this step changed something on the portal.',
  state: 'State of the release, such as none, created, in-review, approved, grayscale or released.',
  'portal-status': `The portal's own name for that state; ${SAFE}`,
  version: 'The version that the step was about.',
  'publish-id': 'The release ticket (publishId).',
  'preview-url': 'Link that opens the version in the target app before it is released.',
  'grayscale-ratio': 'Percentage of users who get the version; empty outside a rollout.',
  'first-release': 'true if nothing was ever official on the target app; empty if the portal cannot tell.',
  'live-version': 'The version that is live on the target app.',
  'previous-version': 'The version that a rollback would bring back now.',
  'next-stages': 'The stages that may run next, separated by commas.',
  'package-sha256': 'SHA-256 of the package that this step uploaded, if it did.',
  message: `One sentence for a chat; ${SAFE}`,
  reason: `The reviewer's reason, or the error's; ${SAFE}`,
  'error-code': 'Code of the error, if the verdict is failed or refused.',
  report:
    'The report as JSON (schemaVersion 1), at most 100,000 bytes; truncated counts the entries that were left out.',
  'report-file': 'Path of the whole report, to keep as an artifact.',
} as const satisfies Readonly<Record<string, string>>;

export type OutputName = keyof typeof OUTPUTS;

/** The outputs of the step, as text; `reportFile` is the path of the report, empty where it could not be written. */
export function outputsOf(report: Report, reportFile: string): Record<OutputName, string> {
  return {
    verdict: report.verdict,
    complete: String(report.complete),
    released: String(report.released),
    changed: String(report.changed),
    state: report.state,
    'portal-status': shellSafe(report.portalStatus),
    version: fixed(report.version),
    'publish-id': fixed(report.publishId),
    'preview-url': report.previewUrl,
    'grayscale-ratio': report.ratioPercent === undefined ? '' : String(report.ratioPercent),
    'first-release': report.firstRelease === undefined ? '' : String(report.firstRelease),
    'live-version': fixed(report.liveVersion),
    'previous-version': fixed(report.previousVersion),
    'next-stages': report.nextStages.join(','),
    'package-sha256': report.packageSha256,
    message: shellSafe(report.message),
    reason: shellSafe(report.reason),
    'error-code': report.error?.code ?? '',
    report: boundedJson(report, MAX_REPORT_BYTES),
    'report-file': reportFile,
  };
}

/** A version or an id; empty for any other text that the portal may send instead. */
function fixed(text: string): string {
  return /^[\w.-]{1,64}$/.test(text) ? text : '';
}
