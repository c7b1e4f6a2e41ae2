/** Somewhere a whole file can be kept: a disk, a browser's storage, or one's own. */
export interface Place {
  /** What errors call it. */
  readonly name: string;
  /** @throws DataError when there is nothing, or it cannot be read. */
  read(): Promise<Uint8Array>;
  /** Puts the whole file in place of what was there, or leaves that as it was. @throws DataError when it cannot. */
  write(bytes: Uint8Array): Promise<void>;
}

/** What can be read: bytes, a file that the user chose, a place, a path in Node, an address in a browser. */
export type FileSource = string | URL | Uint8Array | ArrayBuffer | Blob | Place;

/** Where a file can be put: a place, or a path in Node. */
export type FileTarget = string | URL | Place;
