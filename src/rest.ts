/**
 * What a run needs only once the portal has responded: a chunk of its own, which `run` loads while the portal does so.
 * It holds nothing but names.
 */

export { driveStage } from './drive/driver.ts';
export { untilSettled } from './drive/reading.ts';
export { simulateForSure } from './drive/simulation.ts';
export { conclude, isGreen } from './report/conclusion.ts';
export { publish } from './report/publish.ts';
export { withoutSecrets } from './report/report.ts';
export { formatLastReading, reportOf } from './report/report-of.ts';
export { ABOUT_INFERRED, formatSimulated, hasInferred } from './report/summary.ts';
