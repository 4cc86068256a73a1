/**
 * Whether the canary is well enough to go on: counts the responses of the health check, and says when the next one is
 * due. The clock is handed in.
 */

import type { Clock } from '../lib/clock.ts';
import type { Health, HealthCheckOptions, Moment } from './health.ts';

export interface GateOptions {
  /**
   * Calls the health check once.
   * @throws Cancelled, and nothing else
   */
  readonly check: (moment: Moment) => Promise<Health>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly intervalMs: number;
  /** So many bad responses in a row halt the rollout. */
  readonly failures: number;
  readonly soakMs: number;
  readonly soakMode: 'wait' | 'resume';
  readonly log: (line: string) => void;
}

/** How long the gate waits for data after the hold period. */
const NO_DATA_TIMEOUT_MS = 600_000;
/** How long a run with soak-mode resume takes to be sure. */
const RESUME_TIMEOUT_MS = 120_000;

/** `recovered`: good, after a wait. `pending`: no good response yet, and a later run may get one. */
export type Passage = 'good' | 'recovered' | 'bad' | 'no data' | 'pending';

/** What the health check is opened with, besides how often and how long. */
export interface HealthOptions extends Omit<GateOptions, 'check'> {
  readonly health: Omit<HealthCheckOptions, 'signal'>;
  /** Gets each response. */
  readonly onHealth: (moment: Moment, health: Health) => Promise<void>;
}

/** The gate with its health check, whose code is loaded here. */
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
  /** The last response that had data was good, and at the ratio in effect. */
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

  /** This run put a ratio into effect: its own clock tells since when, and no response from before it counts any more. */
  increased(ratioPercent: number, sinceMs: number): void {
    this.increase = { ratioPercent, sinceMs };
    this.isGood = false;
  }

  /**
   * The ratio in effect and since when, as far as the portal shows it: 0 where it shows none, which may also be a ratio
   * that this run has set. `sinceMs`: when it took effect by what is known besides.
   */
  momentOf(ratioPercent: number, sinceMs: number | undefined): Moment {
    const { increase } = this;
    if (increase && (ratioPercent === 0 || ratioPercent === increase.ratioPercent)) return increase;
    return { ratioPercent, sinceMs: sinceMs ?? this.startedMs };
  }

  /** When the next response of a hold period is due. */
  get nextMs(): number {
    return Math.max(this.checkedMs + this.gapMs, this.startedMs);
  }

  /** One response. `halted` after so many bad ones in a row; one without data neither counts as bad nor ends the row. */
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
   * Before an increase, the official release, or the end of a hold period: calls the health check, and goes on calling
   * it until a response at this ratio was good and no bad one came after it.
   */
  async pass(moment: Moment): Promise<Passage> {
    const { clock, soakMs, soakMode } = this.options;
    const startMs = clock.now();
    const lastMs = Math.max(moment.sinceMs + soakMs, startMs) + NO_DATA_TIMEOUT_MS;
    const untilMs = soakMode === 'resume' ? startMs + RESUME_TIMEOUT_MS : lastMs;
    // Bad responses count where they are an interval apart.
    if (this.bad > 0) await this.sleepUntil(this.nextMs);
    for (let isFirst = true; ; isFirst = false) {
      if ((await this.check(moment)) === 'halted') return 'bad';
      if (this.isGood) return isFirst ? 'good' : 'recovered';
      if (clock.now() >= untilMs) break;
      await this.sleepUntil(Math.min(this.nextMs, untilMs));
    }
    // A later run may find data, but before the first increase nothing says how long to go on.
    const mayComeLater = moment.ratioPercent > 0 && clock.now() < moment.sinceMs + soakMs + NO_DATA_TIMEOUT_MS;
    return mayComeLater ? 'pending' : 'no data';
  }

  /** In a run that comes too early to go on: one response, and more where it is bad. */
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
