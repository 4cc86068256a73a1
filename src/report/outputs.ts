/** The outputs of a report. Each value has a fixed form or is safe to paste into a script. */

import { shellSafe } from '../lib/text.ts';
import { boundedJson } from './bounded.ts';
import type { Report } from './report.ts';

/** Linux limits an environment variable to 128 KiB, with its name (MAX_ARG_STRLEN). */
const MAX_REPORT_BYTES = 100_000;

const SAFE = 'One line, shell metacharacters replaced.';

/** The outputs, which are set however the run ends. action.yml and the README's table are generated from here. */
export const OUTPUTS = {
  verdict: 'succeeded, unchanged, planned, pending, rejected, withdrawn, refused, halted, cancelled or failed.',
  complete: 'true where the end state of every requested stage has been reached.',
  released: 'true where this version is live.',
  changed: 'true where this step changed something on the portal.',
  state: 'The state of the release: none, created, in-review, approved, grayscale, released, ...',
  'portal-status': `The portal's own name for that state. ${SAFE}`,
  version: 'The version that the step was about.',
  'publish-id': 'The release ticket.',
  'preview-url': 'Opens the version in the target app, before it is released.',
  'grayscale-ratio': 'The ratio in effect in percent; empty outside a rollout.',
  'first-release': 'true where nothing was ever official on the target app; empty where the portal cannot tell.',
  'live-version': 'The version that is live on the target app.',
  'previous-version': 'What a rollback would bring back now.',
  'next-stages': 'The stages that may run next, separated by commas.',
  'package-sha256': 'SHA-256 of the package that this step uploaded; empty where it uploaded none.',
  message: `One sentence for a chat. ${SAFE}`,
  reason: `The reviewer's reason, or the error's. ${SAFE}`,
  'error-code': 'Code from the error catalogue, for failed and refused.',
  report:
    'The report as JSON (schemaVersion 1), 100,000 bytes at most: truncated counts the entries that were left out.',
  'report-file': 'The whole report in a file, to keep as an artifact.',
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
