/** How an exchange can fail: one class for each way, and the reason as text. */

/** Nothing of the request was sent: no connection was established. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
  readonly code: string | undefined;

  constructor(cause: unknown) {
    super(reasonOf(cause), { cause });
    this.code = (cause as NodeJS.ErrnoException | undefined)?.code;
  }
}

/** A kept-alive connection ended before any byte of the response. Whether the server saw the request is not known. */
export class Dropped extends Error {}

/** The response has more bytes than the caller allows. */
export class TooLarge extends Error {}

/** The whole response did not arrive before the deadline. */
export class TooLate extends Error {}

/** The message of an error. Where several addresses were tried, the message of each (its own message is empty then). */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const parts = error instanceof AggregateError ? error.errors.map(reasonOf) : [];
  const own = parts.length > 0 ? [...new Set(parts)].join('; ') : error.message;
  return own || String((error as NodeJS.ErrnoException).code ?? error.name);
}

const CERTIFICATE_CODES =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|UNABLE_TO_GET_CRL|ERR_TLS|HOSTNAME_MISMATCH/;

/** Whether an error code is one that Node gives for a certificate that is not trusted (nodejs.org/api/tls.html). */
export function isCertificateCode(code: string): boolean {
  return CERTIFICATE_CODES.test(code);
}
