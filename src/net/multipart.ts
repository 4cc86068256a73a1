/** A multipart/form-data body (RFC 7578) whose length is known before it is sent, so that it can be streamed. */

import type { UploadSource } from '../release/release.ts';
import type { WireBody } from './exchange.ts';

interface FilePart {
  readonly field: string;
  readonly name: string;
  readonly contentType: string;
}

/**
 * The body: first the fields of `form`, then the file, whose bytes are streamed from `source`.
 * @param onProgress called after each chunk of the file
 */
export function multipart(
  form: readonly (readonly [name: string, value: string])[],
  file: FilePart,
  source: UploadSource,
  onProgress?: (sentBytes: number, totalBytes: number) => void,
): WireBody {
  const boundary = `----gopay-miniapp-release-${crypto.randomUUID()}`;
  const part = (disposition: string, rest: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${rest}`;
  const head = Buffer.from(
    form.map(([name, value]) => part(`name="${quoted(name)}"`, `\r\n${value}\r\n`)).join('') +
      part(
        `name="${quoted(file.field)}"; filename="${quoted(file.name)}"`,
        `Content-Type: ${file.contentType}\r\n\r\n`,
      ),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    lengthBytes: head.length + source.sizeBytes + tail.length,
    async *open() {
      yield head;
      let sentBytes = 0;
      for await (const chunk of source.open()) {
        yield chunk;
        sentBytes += chunk.length;
        onProgress?.(sentBytes, source.sizeBytes);
      }
      yield tail;
    },
  };
}

/** A name, escaped as in form submission (HTML, multipart/form-data encoding algorithm). */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
