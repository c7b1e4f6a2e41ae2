import { DataError } from '@tessera-nn/core';
import type { Place } from './place.js';

/** A file that the browser offers to the user as a download. It can be written only, in a page. */
export function downloadFile(name: string): Place {
  const refuse = (summary: string, hint: string) => Promise.reject(new DataError(summary, { path: name, hint }));
  return {
    name,
    read: () =>
      refuse(`The download "${name}" cannot be read back`, 'Let the user choose the file, and pass that File'),
    write(bytes) {
      if (!('document' in globalThis)) {
        return refuse(
          `There is no page to download "${name}" from`,
          'Pass a path in Node, or another place in a worker',
        );
      }
      const url = URL.createObjectURL(
        new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }),
      );
      const link = Object.assign(document.createElement('a'), { href: url, download: name });
      link.click();
      // The browser takes the address over in the click's own task.
      setTimeout(() => URL.revokeObjectURL(url), 0);
      return Promise.resolve();
    },
  };
}
