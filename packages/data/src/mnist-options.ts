/** How far the loading of one file has come. */
export interface MnistProgress {
  /** Such as `train-images-idx3-ubyte.gz`. */
  file: string;
  /** Bytes so far. */
  received: number;
  /** Bytes in all; undefined where the server does not say. */
  total: number | undefined;
}

/** Where `loadMnist` finds MNIST. */
export interface MnistOptions {
  /** Read the files from here instead of downloading: a path in Node, a base URL in browsers. */
  folder?: string;
  /** Base URL to download from; default `MNIST_URL`. */
  url?: string;
  /**
   * Node only: where downloads are kept, default `~/.cache/tessera/mnist`; false keeps none. Files of other URLs than
   * the default one go to a subfolder of their own. Browsers keep them in their own cache.
   */
  cacheFolder?: string | false;
  /**
   * SHA-256 in hexadecimal by file name with its ending, of the bytes before unpacking; files that are not listed are
   * not checked. Default `MNIST_CHECKSUMS` for the default URL, none for folders and other URLs.
   */
  checksums?: Readonly<Record<string, string>>;
  /** Called for every piece that arrives, and once for a file that is already there. */
  onProgress?: (progress: MnistProgress) => void;
  /** Stops loading; the promise then rejects with the signal's reason. */
  signal?: AbortSignal;
}
