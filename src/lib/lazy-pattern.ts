/** Patterns that cost nothing until they are used. Imports nothing of ours. */

/**
 * A regular expression that is made at its first use. V8 checks each literal when it reads the file, and one with Unicode
 * properties takes it as long as several kB of code, in every run.
 */
export function lazyPattern(source: string, flags: string): () => RegExp {
  let pattern: RegExp | undefined;
  return () => (pattern ??= new RegExp(source, flags));
}
