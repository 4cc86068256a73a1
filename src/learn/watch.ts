/** Placeholder until the watching of a browser window is merged. */
import { type Recording, RecordingFault } from './recording.ts';

export async function watch(_options: object): Promise<Recording> {
  throw new RecordingFault('watch is not part of this build: record a HAR file in your browser, and use read.');
}
