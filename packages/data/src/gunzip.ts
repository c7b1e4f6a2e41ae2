import { DataError, option, optionsOf, type Given } from '@tessera-nn/core';
import { concatenate, plainBytes } from '@tessera-nn/core/internal';

const DEFAULT_LIMIT = 2 ** 30;
type Limit = number | ((start: Uint8Array) => number);

const gunzipOptions = optionsOf('gunzip', {
  /**
   * Give up once the unpacked data is larger than this, in bytes, or than what a function says that is given how the data
   * begins. Default 1 GiB: gzip packs up to 1032 to 1.
   */
  limit: option
    .kind<Limit>(
      'a number of bytes, or a function',
      (value) => typeof value === 'function' || (typeof value === 'number' && value >= 0),
    )
    .or(DEFAULT_LIMIT as Limit),
});
/** Limits for {@link gunzip}. */
export type GunzipOptions = Given<typeof gunzipOptions>;

/** As long as headers get that say how much follows. */
const START_BYTES = 4096;

/**
 * Unpacks gzip data; bytes that do not begin with gzip's mark 1f 8b are given back as they are.
 *
 * `source` names the file in errors.
 *
 * @throws DataError when the data is cut off or damaged, or unpacks to more than `limit` bytes.
 */
export async function gunzip(file: Uint8Array, source: string, options: GunzipOptions = {}): Promise<Uint8Array> {
  const bytes = plainBytes(file, 'gunzip');
  let { limit } = gunzipOptions.read(options);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = packed.pipeThrough(new DecompressionStream('gzip')).getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw damaged(bytes, source, total, cause);
    });
    if (done) break;
    chunks.push(value);
    total += value.length;
    if (typeof limit === 'function') {
      if (total < START_BYTES) continue;
      limit = limit(concatenate(chunks, total));
    }
    if (total > limit) {
      await reader.cancel();
      throw new DataError(`${source} unpacks to more than it may`, {
        path: source,
        expected: `at most ${limit} bytes`,
        received: `${bytes.length} packed bytes that give at least ${total}`,
        hint: 'Raise the limit if you trust the file',
      });
    }
  }
  return concatenate(chunks, total);
}

function damaged(bytes: Uint8Array, source: string, unpacked: number, cause: unknown): DataError {
  return new DataError(`${source} is cut off or damaged`, {
    path: source,
    expected: 'a whole gzip file',
    received: `${bytes.length} bytes of which ${unpacked} could be unpacked (${(cause as Error).message})`,
    hint: 'Get the file again',
    cause,
  });
}
