/** Placeholder until the watching of a browser window is merged. */
import type { Recording } from './recording.ts';

export class WatchFault extends Error {}

export async function watch(_options: object): Promise<Recording> {
  throw new WatchFault('watch is not part of this build: record a HAR file in your browser, and use read.');
}
