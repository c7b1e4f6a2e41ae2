import { DataError } from '@tessera-nn/core';
import type { OpenPath } from './file-system.js';

/** What an address leads to, absolute or relative to the page. It can be read only. */
export const openPath: OpenPath = (address) => {
  const name = String(address);
  return {
    name,
    async read() {
      const response = await fetch(address).catch((cause: unknown) => {
        throw new DataError(`${name} cannot be reached`, {
          path: name,
          received: (cause as Error).message,
          hint: 'Check the address; a server elsewhere must allow requests from the origin of this page',
          cause,
        });
      });
      if (response.ok) return new Uint8Array(await response.arrayBuffer());
      await response.body?.cancel();
      throw new DataError(`${name} cannot be read`, {
        path: name,
        expected: 'HTTP status 200',
        received: `${response.status} ${response.statusText}`.trim(),
      });
    },
    write: () =>
      Promise.reject(
        new DataError(`A page cannot write to ${name}`, {
          path: name,
          hint: 'Pass downloadFile(name), originPrivateFile(name) or indexedDbFile(name), or take the bytes',
        }),
      ),
  };
};
