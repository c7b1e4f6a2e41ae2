import { DataError } from '@tessera-nn/core';
import { concatenate } from '@tessera-nn/core/internal';

/** How {@link fetchBytes} reports, stops and limits itself. */
export interface Download {
  /** Stops the download; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called after each piece with bytes so far and in all, the latter undefined where the server does not say. */
  onProgress?: ((received: number, total: number | undefined) => void) | undefined;
  /** Give up once more bytes than this have come; default no limit. */
  limit?: number | undefined;
}

/**
 * Downloads what is at a URL, or returns undefined when there is nothing: on HTTP 404 and 410, and when a web page comes,
 * which is what development servers send in place of missing files.
 *
 * @throws DataError when the server cannot be reached, answers otherwise, breaks off or sends more than `limit` bytes.
 */
export async function fetchBytes(url: string, options: Download = {}): Promise<Uint8Array | undefined> {
  const { signal } = options;
  const response = await fetch(url, signal ? { signal } : {}).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new DataError(`${url} cannot be reached`, {
      path: url,
      received: reason(cause),
      hint: 'Check the address and the connection; in a browser the server must also allow requests from other origins',
      cause,
    });
  });
  if (response.ok && response.body && !response.headers.get('content-type')?.startsWith('text/html')) {
    return drain(url, response.body.getReader(), announcedLength(response), options);
  }
  await response.body?.cancel();
  if (response.ok || response.status === 404 || response.status === 410) return undefined;
  throw new DataError(`${url} cannot be downloaded`, {
    path: url,
    expected: 'HTTP status 200',
    received: `${response.status} ${response.statusText}`.trim(),
    hint: 'Try again later or use another server',
  });
}

async function drain(
  url: string,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  total: number | undefined,
  { signal, onProgress, limit = Infinity }: Download,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        signal?.throwIfAborted();
        throw new DataError(`The download of ${url} broke off`, {
          path: url,
          ...(total !== undefined && { expected: `${total} bytes` }),
          received: `${received} bytes (${reason(cause)})`,
          hint: 'Try again',
          cause,
        });
      });
      if (done) return concatenate(chunks, received);
      chunks.push(value);
      received += value.length;
      if (received > limit) {
        throw new DataError(`${url} sends more than a data file of its kind can hold`, {
          path: url,
          expected: `at most ${limit} bytes`,
          received: `${received} and more`,
          hint: 'Check the address',
        });
      }
      onProgress?.(received, total !== undefined && received <= total ? total : undefined);
    }
  } finally {
    // Also reached when onProgress throws: the connection must not stay open. Cancelling a finished stream does nothing.
    await reader.cancel().catch(() => undefined);
  }
}

/** Where the server packs the file for transport, its Content-Length counts other bytes than those that arrive. */
function announcedLength({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}

/** Node hides why a request failed in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message || cause.name}` : message;
}
