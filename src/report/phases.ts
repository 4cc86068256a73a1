/** The portal's phases and the progress of a release through them, for the picture and for the line below it. */

import { STATES, WAY } from '../release/lifecycle.ts';
import type { Report } from './report.ts';

export interface Phase {
  /** Fixed text and a whole number: safe in a picture's source. */
  readonly name: string;
  readonly progress: 'done' | 'now' | 'stopped' | 'to come';
}

/** The progress of a phase as an icon. A word follows it, since not everybody can distinguish the colours. */
const PROGRESS_ICONS: Readonly<Record<Phase['progress'], string>> = {
  done: '✅',
  now: '🔵',
  stopped: '❌',
  'to come': '⚪',
};

/** The phases of the guide in order, with the ratios of a ramp as steps of the rollout. */
export function phasesOf(report: Report): Phase[] {
  const { state } = report;
  const all = [...new Set(WAY.map((step) => phaseName(STATES[step].phase)).filter((name) => name !== ''))];
  // A first release can only be official: it has no rollout, though it passes through the state before one.
  const names = all.filter((name) => name !== ROLLOUT || !report.firstRelease || state === 'rollout-ready');
  if (state === '' || state === 'unknown' || state === 'busy')
    return names.map((name) => ({ name, progress: 'to come' }));
  const current = names.indexOf(phaseName(STATES[state].phase));
  const isStopped = state === 'rejected' || state === 'withdrawn';
  return names.flatMap((name, index): Phase[] => {
    const isOver = state === 'released' || state === 'archived' || index < current;
    const progress = isOver ? 'done' : index > current || current < 0 ? 'to come' : isStopped ? 'stopped' : 'now';
    if (name !== ROLLOUT || report.ramp.length === 0) return [{ name, progress }];
    return report.ramp.map((ratio) => ({ name: `${name} ${ratio}%`, progress: rampProgress(ratio, progress, report) }));
  });
}

/** Whether the progress of the release is known. */
export function hasPhases(report: Report): boolean {
  return report.state !== '' && report.targetApp !== '' && report.version !== '';
}

/** The phases on one line; the current one has a word beside its icon. */
export function phaseLine(report: Report): string {
  if (!hasPhases(report)) return '';
  const steps = phasesOf(report).map(({ name, progress: at }) => {
    if (at === 'now' || at === 'stopped') return `${PROGRESS_ICONS[at]} **${name} (${at})**`;
    return `${PROGRESS_ICONS[at]} ${name}`;
  });
  return steps.join(' → ');
}

const ROLLOUT = phaseName(STATES.grayscale.phase);

function phaseName(phase: string): string {
  return phase.split(',')[0] ?? '';
}

function rampProgress(ratio: number, phase: Phase['progress'], report: Report): Phase['progress'] {
  const inEffect = report.ratioPercent ?? 0;
  if (phase !== 'now') return phase;
  return ratio < inEffect ? 'done' : ratio === inEffect ? 'now' : 'to come';
}
