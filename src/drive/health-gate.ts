/**
 * Decides from the responses of the health check whether a rollout may continue, and when the next call is due. The
 * caller gives the clock.
 */

import type { Clock } from '../lib/clock.ts';
import type { Health, HealthCheckOptions, Moment } from './health.ts';

export interface GateOptions {
  /**
   * Calls the health check once.
   * @throws {Cancelled} and nothing else
   */
  readonly check: (moment: Moment) => Promise<Health>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly intervalMs: number;
  /** How many bad responses in a row halt the rollout. */
  readonly failures: number;
  readonly soakMs: number;
  readonly soakMode: 'wait' | 'resume';
  readonly log: (line: string) => void;
}

/** How long the gate waits for data after the end of the hold period. */
const NO_DATA_TIMEOUT_MS = 600_000;
/** How long a run with soak-mode resume calls the health check before it decides. */
const RESUME_TIMEOUT_MS = 120_000;

/** `recovered`: good, but only after a wait. `pending`: no good response yet, and a later run may get one. */
export type Passage = 'good' | 'recovered' | 'bad' | 'no data' | 'pending';

/** Options of the gate and of the health check that it calls. */
export interface HealthOptions extends Omit<GateOptions, 'check'> {
  readonly health: Omit<HealthCheckOptions, 'signal'>;
  /** Called with each response. */
  readonly onHealth: (moment: Moment, health: Health) => Promise<void>;
}

/** Creates the gate and loads the code of its health check. */
export async function openHealthGate({ health, onHealth, ...gate }: HealthOptions): Promise<HealthGate> {
  const { createHealthCheck } = await import('./health.ts');
  const call = await createHealthCheck({ ...health, signal: gate.signal });
  const check = async (moment: Moment) => {
    const response = await call(moment);
    await onHealth(moment, response);
    return response;
  };
  return new HealthGate({ ...gate, check });
}

export class HealthGate {
  private readonly options: GateOptions;
  private readonly gapMs: number;
  private readonly startedMs: number;
  private checkedMs = Number.NEGATIVE_INFINITY;
  private bad = 0;
  /** The last response with data was good and is of the ratio in effect. */
  private isGood = false;
  private ratioPercent: number | undefined;
  private increase: Moment | undefined;

  constructor(options: GateOptions) {
    const { clock, intervalMs, failures, soakMode } = options;
    this.options = options;
    this.startedMs = clock.now();
    const longestMs = soakMode === 'resume' ? Math.floor(RESUME_TIMEOUT_MS / Math.max(failures - 1, 1)) : intervalMs;
    this.gapMs = Math.min(intervalMs, longestMs);
  }

  /** Records that this run increased the ratio: its clock gives the time, and earlier responses no longer count. */
  increased(ratioPercent: number, sinceMs: number): void {
    this.increase = { ratioPercent, sinceMs };
    this.isGood = false;
  }

  /**
   * The ratio in effect and when it took effect. `ratioPercent`: what the portal shows, 0 where it shows none.
   * `sinceMs`: the time that is known otherwise, in ms since 1970.
   */
  momentOf(ratioPercent: number, sinceMs: number | undefined): Moment {
    const { increase } = this;
    if (increase && (ratioPercent === 0 || ratioPercent === increase.ratioPercent)) return increase;
    return { ratioPercent, sinceMs: sinceMs ?? this.startedMs };
  }

  /** When the next call in a hold period is due, in ms since 1970. */
  get nextMs(): number {
    return Math.max(this.checkedMs + this.gapMs, this.startedMs);
  }

  /**
   * Calls the health check once. Returns `halted` after `failures` bad responses in a row; a response without data
   * neither counts as bad nor ends the row.
   */
  async check(moment: Moment): Promise<'halted' | Health['verdict']> {
    const { clock, failures, log } = this.options;
    if (moment.ratioPercent !== this.ratioPercent) this.isGood = false;
    this.ratioPercent = moment.ratioPercent;
    this.checkedMs = clock.now();
    const { verdict, why } = await this.options.check(moment);
    if (verdict !== 'no data') {
      this.bad = verdict === 'bad' ? this.bad + 1 : 0;
      this.isGood = verdict === 'good';
    }
    const said = verdict === 'no data' ? 'has no data' : `is ${verdict}`;
    const count = verdict === 'bad' ? ` (${this.bad} of ${failures})` : '';
    log(`the health check ${said}${count}: ${why}`);
    return this.bad >= failures ? 'halted' : verdict;
  }

  /**
   * Called before an increase, before the official release and at the end of a hold period. Repeats the health check
   * until the last response with data is good and of this ratio, `failures` bad ones halted it, or the time is over.
   */
  async pass(moment: Moment): Promise<Passage> {
    const { clock, soakMs, soakMode } = this.options;
    const startMs = clock.now();
    const lastMs = Math.max(moment.sinceMs + soakMs, startMs) + NO_DATA_TIMEOUT_MS;
    const untilMs = soakMode === 'resume' ? startMs + RESUME_TIMEOUT_MS : lastMs;
    // Two bad responses count separately only if they are an interval apart.
    if (this.bad > 0) await this.sleepUntil(this.nextMs);
    for (let isFirst = true; ; isFirst = false) {
      if ((await this.check(moment)) === 'halted') return 'bad';
      if (this.isGood) return isFirst ? 'good' : 'recovered';
      if (clock.now() >= untilMs) break;
      await this.sleepUntil(Math.min(this.nextMs, untilMs));
    }
    // A later run may find data. Before the first increase there is no hold period that would limit the wait, so
    // missing data halts the rollout.
    const mayComeLater = moment.ratioPercent > 0 && clock.now() < moment.sinceMs + soakMs + NO_DATA_TIMEOUT_MS;
    return mayComeLater ? 'pending' : 'no data';
  }

  /** For a run during the hold period: one call, and further ones while the response is bad. */
  async isBad(moment: Moment): Promise<boolean> {
    for (;;) {
      const verdict = await this.check(moment);
      if (verdict !== 'bad') return verdict === 'halted';
      await this.sleepUntil(this.nextMs);
    }
  }

  private async sleepUntil(ms: number): Promise<void> {
    const { clock, signal } = this.options;
    if (ms > clock.now()) await clock.sleep(ms - clock.now(), signal);
  }
}
