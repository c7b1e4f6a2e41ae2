/**
 * Where loaders read data files and keep downloads.
 *
 * `#files` in package.json picks the implementation: files.node.ts on a disk, files.browser.ts by fetch.
 */
export interface Files {
  /** The bytes of a file, or undefined where there is none of this name; throws DataError when it cannot be read. */
  read(folder: string, name: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;
  /** Path or URL of what has this name in a folder. */
  join(folder: string, name: string): string;
  /** Absent where nothing can be kept. */
  readonly cache?: FileCache;
}

/** Where downloads are kept. */
export interface FileCache {
  /** The folder for downloads of this kind when the caller names none. */
  defaultFolder(kind: string): string;
  /** Puts a whole file into a folder, which is made if need be; readers never see half of it. Throws DataError. */
  write(folder: string, name: string, bytes: Uint8Array): Promise<void>;
}
