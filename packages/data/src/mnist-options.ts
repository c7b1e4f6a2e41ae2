import { option, optionsOf, type Given } from '@tessera-nn/core';

/** How far the loading of one file has come. */
export interface MnistProgress {
  /** Such as `train-images-idx3-ubyte.gz`. */
  file: string;
  /** Bytes so far. */
  received: number;
  /** Bytes in all; undefined where the server does not say. */
  total: number | undefined;
}

const isText = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');

/** What `loadMnist` may be told. */
export const mnistOptions = optionsOf('loadMnist', {
  /** Read the files from here instead of downloading: a path in Node, a base URL in browsers. */
  folder: option.text.optional,
  /** Base URL to download from; default `MNIST_URL`. */
  url: option.text.optional,
  /**
   * Node only: where downloads are kept, default `~/.cache/tessera/mnist`; false keeps none. Files of other URLs than
   * the default one go to a subfolder of their own. Browsers keep them in their own cache.
   */
  cacheFolder: option.kind<string | false>('a path, or false', (value) => typeof value === 'string' || value === false)
    .optional,
  /**
   * SHA-256 in hexadecimal by file name with its ending, of the bytes before unpacking; files that are not listed are
   * not checked. Default `MNIST_CHECKSUMS` for the default URL, none for folders and other URLs.
   */
  checksums: option.kind<Readonly<Record<string, string>>>('SHA-256 by file name', isText).optional,
  /** Called for every piece that arrives, and once for a file that is already there. */
  onProgress: option.callback<(progress: MnistProgress) => void>().optional,
  /** Stops loading; the promise then rejects with the signal's reason. */
  signal: option.abortSignal.optional,
});
/** Where `loadMnist` finds MNIST. */
export type MnistOptions = Given<typeof mnistOptions>;
