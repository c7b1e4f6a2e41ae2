import { DataError } from '@tessera-nn/core';
import { files } from '#files';
import { sha256, verifyChecksum } from './checksum.js';
import { fetchBytes } from './fetch-bytes.js';
import { gunzip } from './gunzip.js';
import { idxFileSize, parseIdx, type IdxArray } from './idx.js';
import { MNIST_CHECKSUMS, MNIST_FILES, MNIST_URL } from './mnist-files.js';
import type { MnistOptions } from './mnist-options.js';

/** One of the four files, read, with the path or URL it came from. */
export interface MnistFile {
  source: string;
  array: IdxArray;
}

/** Gets one of the four files by its name without `.gz`. */
export type MnistSource = (name: string) => Promise<MnistFile>;

/** The largest variant of MNIST in this format (EMNIST, 700,000 digits) unpacks to half of this. */
const MAX_FILE_BYTES = 2 ** 30;

/** A file may be packed; in some copies, and in PuzzleLib, a dot stands before `idx`. */
const spellings = (name: string) =>
  [name, name.replace('-idx', '.idx')].flatMap((spelling) => [`${spelling}.gz`, spelling]);

/** The files in a folder, which must hold all four. */
export function folderSource(folder: string, { checksums = {}, onProgress, signal }: MnistOptions): MnistSource {
  return async (name) => {
    const found = await firstOf(name, (file) => files.read(folder, file, signal));
    if (found === undefined) throw await missingFiles(folder);
    const { file, bytes } = found;
    onProgress?.({ file, received: bytes.length, total: bytes.length });
    return decode(bytes, files.join(folder, file), checksums[file]);
  };
}

/** The files below a URL, kept in the cache folder after the first download. */
export async function downloadSource(options: MnistOptions): Promise<MnistSource> {
  const url = (options.url ?? MNIST_URL).replace(/\/?$/, '/');
  const checksums = options.checksums ?? (url === MNIST_URL ? MNIST_CHECKSUMS : {});
  const { onProgress, signal } = options;
  const folder = await cacheFolderFor(url, options.cacheFolder);

  return async (name) => {
    const kept = folder === undefined ? undefined : await readKept(folder, name, checksums, signal);
    if (kept !== undefined) {
      onProgress?.({ file: kept.file, received: kept.size, total: kept.size });
      return kept;
    }
    const found = await firstOf(name, (file) =>
      fetchBytes(url + file, {
        signal,
        limit: MAX_FILE_BYTES,
        onProgress: onProgress && ((received, total) => onProgress({ file, received, total })),
      }),
    );
    if (found === undefined) throw notOnServer(url, name);
    const { file, bytes } = found;
    const decoded = await decode(bytes, url + file, checksums[file]);
    if (folder !== undefined) await files.cache?.write(folder, file, bytes);
    return decoded;
  };
}

async function readKept(
  folder: string,
  name: string,
  checksums: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<(MnistFile & { file: string; size: number }) | undefined> {
  const found = await firstOf(name, (file) => files.read(folder, file, signal));
  if (found === undefined) return undefined;
  const { file, bytes } = found;
  try {
    return { ...(await decode(bytes, files.join(folder, file), checksums[file])), file, size: bytes.length };
  } catch (error) {
    // A copy that went bad on the disk is downloaded anew.
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

async function decode(bytes: Uint8Array, source: string, checksum: string | undefined): Promise<MnistFile> {
  if (checksum !== undefined) await verifyChecksum(bytes, source, checksum);
  const limit = (start: Uint8Array) => Math.min(MAX_FILE_BYTES, idxFileSize(start));
  return { source, array: parseIdx(await gunzip(bytes, source, { limit }), source) };
}

async function firstOf(
  name: string,
  get: (file: string) => Promise<Uint8Array | undefined>,
): Promise<{ file: string; bytes: Uint8Array } | undefined> {
  for (const file of spellings(name)) {
    const bytes = await get(file);
    if (bytes !== undefined) return { file, bytes };
  }
  return undefined;
}

/** Other URLs hold other data under the same names (Fashion-MNIST does), so each has a folder of its own. */
async function cacheFolderFor(url: string, chosen: string | false | undefined): Promise<string | undefined> {
  if (chosen === false || files.cache === undefined) return undefined;
  const folder = chosen ?? files.cache.defaultFolder('mnist');
  return url === MNIST_URL ? folder : files.join(folder, (await sha256(new TextEncoder().encode(url))).slice(0, 12));
}

async function missingFiles(folder: string): Promise<DataError> {
  const names = [MNIST_FILES.train, MNIST_FILES.test].flatMap(({ images, labels }) => [images, labels]);
  const found = await Promise.all(names.map((name) => firstOf(name, (file) => files.read(folder, file))));
  const present = names.filter((_, i) => found[i] !== undefined);
  return new DataError(`The folder ${folder} does not hold all files of MNIST`, {
    path: folder,
    expected: `${names.join(', ')}, each with or without .gz`,
    received: present.length === 0 ? 'none of them' : `only ${present.join(', ')}`,
    hint:
      `Put the missing ones there (from ${MNIST_URL}), leave out folder to download them, ` +
      'or use syntheticDigits(), which needs no files',
  });
}

function notOnServer(url: string, name: string): DataError {
  return new DataError(`There is no ${name} at ${url}`, {
    path: url + name,
    expected: `one of ${spellings(name).join(', ')}`,
    received: 'HTTP status 404, or a web page in its place',
    hint: 'Check the base URL, or pass folder: with the files in it',
  });
}
