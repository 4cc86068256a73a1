/** What the transport returns: a response, or an error that its HTTP status or body already shows. */

import type { IncomingHttpHeaders } from 'node:http';
import { type ErrorCode, type ErrorDetails, ReleaseError } from '../lib/errors.ts';

export interface WireResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The parsed body; undefined where it is not JSON. */
  readonly json: unknown;
  readonly isHtml: boolean;
}

/** A page instead of the API's response: a redirect, or HTML. It may be the login page of a session that has ended. */
export type OtherPage = { readonly location: string } | { readonly html: string };

/** A response came, but its status or its body is an error, whatever the operation. */
export class ResponseError extends ReleaseError {
  readonly status: number;
  readonly json: unknown;
  readonly page: OtherPage | undefined;

  constructor(code: ErrorCode, details: ErrorDetails, response: { status: number; json?: unknown; page?: OtherPage }) {
    super(code, details);
    this.status = response.status;
    this.json = response.json;
    this.page = response.page;
  }
}
