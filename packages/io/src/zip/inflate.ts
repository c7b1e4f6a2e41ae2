import { concatenate } from '@tessera-nn/core/internal';

/** The formats of deflated data: bare, as in zip, or in zlib's wrapping, as in HDF5. */
export type DeflateFormat = 'deflate-raw' | 'deflate';

/**
 * Unpacks deflated data that must give exactly `size` bytes, and stops as soon as it gives more.
 *
 * @throws what `refuse` throws, called with what is wrong.
 */
export async function inflate(
  packed: Uint8Array,
  size: number,
  format: DeflateFormat,
  refuse: (problem: string) => never,
): Promise<Uint8Array> {
  const stream = new DecompressionStream(format);
  const reader = stream.readable.getReader();
  const writer = stream.writable.getWriter();
  // What goes wrong here goes wrong at the reader as well.
  void writer.write(packed as Uint8Array<ArrayBuffer>).catch(() => undefined);
  void writer.close().catch(() => undefined);
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => refuse('packed data is damaged'));
    if (done) break;
    total += value.length;
    if (total > size) {
      await reader.cancel().catch(() => undefined);
      return refuse(`packed data gives more than the ${size} bytes that it should`);
    }
    chunks.push(value);
  }
  return total === size ? concatenate(chunks, total) : refuse(`packed data gives ${total} bytes, expected ${size}`);
}

/** Packs data. */
export async function deflate(bytes: Uint8Array, format: DeflateFormat): Promise<Uint8Array> {
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream(format));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
