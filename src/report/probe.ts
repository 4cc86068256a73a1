/** What a `status` finds out about each operation of the profile, for the report and in sentences. */

import type { Call } from '../portal/port.ts';
import type { CallTemplate, Profile } from '../portal/profile/profile.ts';
import { certaintyOf, formatCertainty, type StageCertainty } from '../release/certainty.ts';
import type { Mark, Operation } from '../release/lifecycle.ts';

export interface ProbedOperation {
  readonly operation: Operation;
  /** The mark of the call that does it. */
  readonly mark: Mark;
  /** Whether this portal answered the call in this run. */
  readonly answer: 'answered' | 'failed' | 'not asked';
  /** The date of the recording that contained the call; absent where none did. */
  readonly confirmedOn?: string;
  /** The operation whose call also does this one; absent where it has its own call. */
  readonly doneBy?: Operation;
}

export interface Probe {
  readonly probe: readonly ProbedOperation[];
  readonly certainty: readonly StageCertainty[];
}

/** The operations that have a call, and the certainty of each stage. */
export function probeOf({ operations }: Profile, calls: readonly Call[]): Probe {
  const given = Object.entries(operations) as [Operation, CallTemplate | string][];
  const probe = given.flatMap(([operation, template]) => {
    const doneBy = typeof template === 'string' ? (template as Operation | 'none') : undefined;
    const call = doneBy === undefined ? template : doneBy !== 'none' && operations[doneBy];
    if (!call || typeof call === 'string') return [];
    const own = calls.filter((one) => one.operation === (doneBy ?? operation));
    const answer: ProbedOperation['answer'] = own.some(({ ok }) => ok)
      ? 'answered'
      : own.length > 0
        ? 'failed'
        : 'not asked';
    return [
      {
        operation,
        mark: call.mark,
        answer,
        ...(call.confirmedOn && { confirmedOn: call.confirmedOn }),
        ...(doneBy && doneBy !== 'none' && { doneBy }),
      },
    ];
  });
  return { probe, certainty: certaintyOf(operations) };
}

const SOURCES: Readonly<Record<Mark, string>> = {
  documented: 'documented by the vendor',
  observed: 'observed elsewhere',
  inferred: 'inferred: prove it with a recording (docs/portal.md)',
};

/** How certain the call is: "✅ confirmed by a recording on 2026-11-27; answered by this portal just now". */
export function formatProbed({ mark, answer, confirmedOn, doneBy }: ProbedOperation): string {
  const confirmed = confirmedOn && `confirmed by a recording on ${confirmedOn}`;
  const answered = answer === 'answered' && 'answered by this portal just now';
  const sure = [confirmed, answered].filter(Boolean).join('; ');
  const failed = answer === 'failed' ? '❌ not answered by this portal just now; ' : '';
  const carried = doneBy ? `done by ${doneBy}: ` : '';
  return `${carried}${failed}${sure ? `${failed ? '' : '✅ '}${sure}` : SOURCES[mark]}`;
}

/** "2 of 18 operations answered just now, 9 confirmed by a recording". */
export function formatProbeCount(probe: readonly ProbedOperation[]): string {
  const answered = probe.filter(({ answer }) => answer === 'answered').length;
  const confirmed = probe.filter(({ confirmedOn }) => confirmedOn !== undefined).length;
  const recorded = confirmed > 0 ? `, ${confirmed} confirmed by a recording` : '';
  return `${answered} of ${probe.length} operations answered just now${recorded}`;
}

/** The probe for the log: a line for each operation and each stage. */
export function probeLines({ probe, certainty }: Probe): string[] {
  return [...probe.map((one) => `${one.operation.padEnd(14)} ${formatProbed(one)}`), ...certainty.map(formatCertainty)];
}
