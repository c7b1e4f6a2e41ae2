import { option } from '@tessera-nn/core';
import { isPlainObject } from '@tessera-nn/core/internal';
import type { ExternalBytes } from '../format/read-tensor.js';

/** What lies beside a file: bytes by the names that it has for them, or a function of these names. */
export type External = Readonly<Record<string, Uint8Array>> | ((location: string) => Uint8Array | undefined);

/** The option of what lies beside a file. */
export const external = option
  .kind<External>('bytes by name, or a function', (value) => typeof value === 'function' || isPlainObject(value))
  .or({} as never);

export const externalBytes = (given: External): ExternalBytes =>
  typeof given === 'function' ? given : (location) => (Object.hasOwn(given, location) ? given[location] : undefined);
