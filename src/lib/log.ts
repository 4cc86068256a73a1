/** The step's log: lines, groups, masks and annotations. Untrusted text cannot become a workflow command. */

import { logLine } from './text.ts';

export interface Log {
  info(line: string): void;
  /** An annotation. */
  notice(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  mask(secret: string): void;
  group(name: string): void;
  endGroup(): void;
}

/** The runner silently cuts an annotation after 4,096 characters. */
const MAX_ANNOTATION_CHARS = 4_000;

/** `write` is called with whole lines; `redactSentence` is applied to each of them last. */
export function createLog(write: (line: string) => void, redactSentence: (text: string) => string): Log {
  const command = (name: string, text: string) => write(`::${name}::${escapeData(text)}\n`);
  const annotation = (name: string) => (text: string) =>
    command(name, redactSentence(text).split('\n').map(logLine).join('\n').slice(0, MAX_ANNOTATION_CHARS));
  return {
    info: (line) => write(`${logLine(redactSentence(line))}\n`),
    notice: annotation('notice'),
    warning: annotation('warning'),
    error: annotation('error'),
    mask: (secret) => command('add-mask', secret),
    group: (name) => command('group', logLine(redactSentence(name))),
    endGroup: () => write('::endgroup::\n'),
  };
}

/** Escapes the data of a command as actions/toolkit does. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
