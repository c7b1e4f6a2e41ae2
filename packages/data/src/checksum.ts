import { DataError } from '@tessera-nn/core';

/** SHA-256 digest of some bytes as 64 lowercase hexadecimal digits; needs a secure page (https or localhost). */
export async function sha256(bytes: Uint8Array): Promise<string> {
  // Browsers leave out crypto.subtle on insecure pages, whatever the types say.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) {
    throw new DataError('Checksums cannot be computed on an insecure page', {
      expected: 'a page served by https or from localhost',
      hint: 'Serve it so, or pass checksums: {} to load without checking',
    });
  }
  const digest = await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Makes sure that a file is the one meant.
 *
 * @throws DataError naming `source` and both digests when it is not.
 */
export async function verifyChecksum(bytes: Uint8Array, source: string, expected: string): Promise<void> {
  const received = await sha256(bytes);
  if (received === expected.toLowerCase()) return;
  throw new DataError(`${source} is not the file it should be`, {
    path: source,
    expected: `SHA-256 ${expected}`,
    received,
    hint: 'It was damaged or replaced: get it again, or pass checksums: {} if you trust it',
  });
}
