import { fetchBytes } from './fetch-bytes.js';
import type { Files } from './files.js';

const join = (folder: string, name: string) => (folder.endsWith('/') ? folder + name : `${folder}/${name}`);

/** Files below a base URL, absolute or relative to the page. Keeping downloads is left to the browser's own cache. */
export const files: Files = {
  read: (folder, name, signal) => fetchBytes(join(folder, name), { signal }),
  join,
};
