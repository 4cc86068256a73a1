/** Why a connection failed, in words, and whether anything was sent on it. */

/** Nothing of the request left: no connection came about. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
  readonly code: string | undefined;

  constructor(cause: unknown) {
    super(reasonOf(cause), { cause });
    this.code = (cause as NodeJS.ErrnoException | undefined)?.code;
  }
}

/** The message of an error. Of several addresses that were tried, each one's (its own message is empty then). */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = error instanceof AggregateError ? error.errors.map(reasonOf) : [];
  const own = parts.length > 0 ? [...new Set(parts)].join('; ') : error.message;
  return own || String((error as NodeJS.ErrnoException).code ?? error.name);
}
