/** The identity of a comment and a deployment, as a hash: it is the same in every run, and reveals no ids. */

import { createHash } from 'node:crypto';
import type { Report } from './report.ts';

/** 32 hexadecimal digits for the miniapp of a repository on a target app; a rehearsal has another key. */
export function keyOf(report: Report): string {
  const parts = [report.run.repository, report.miniappId, report.targetApp, report.sandbox ? 'sandbox' : 'portal'];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
