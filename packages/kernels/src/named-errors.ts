import type { TesseraError } from './errors.js';

/** What errors of each name inherit from, for those that come from another worker as text. */
export const namedErrors = new Map<string, TesseraError>();
