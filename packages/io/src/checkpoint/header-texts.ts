import { DataError } from '@tessera-nn/core';
import { crc32 } from '../checksum.js';
import { encode } from '../tensors/number-types.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';

/** The texts in the header of a safetensors file that was written here; anything may stand in them. */
export class HeaderTexts {
  constructor(
    readonly texts: ReadonlyMap<string, string>,
    readonly source: string,
  ) {}

  /** @throws DataError about the file. */
  refuse(summary: string, details: object = {}): never {
    throw new DataError(`${this.source} ${summary}`, { path: this.source, ...details });
  }

  /** Checks that a file is of a format, and not newer than what is known of it. */
  checkFormat(format: string, newest: number, otherwise: { summary: string; hint: string }): void {
    const { texts } = this;
    if (texts.get('format') !== format) {
      this.refuse(otherwise.summary, {
        expected: `format "${format}" in the header`,
        received: texts.has('format') ? `"${texts.get('format')}"` : 'none',
        hint: otherwise.hint,
      });
    }
    const version = Number(texts.get('formatVersion'));
    if (version >= 1 && version <= newest) return;
    this.refuse('is a checkpoint of a version that is not known', {
      expected: `formatVersion up to ${newest}`,
      received: texts.get('formatVersion') ?? 'none',
      hint: 'A newer Tessera reads it',
    });
  }

  /** An object of values of one type, by name. */
  record(key: string, type: 'string' | 'number'): Map<string, unknown> {
    const value = this.#parsed(key, '{}');
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
    if (entries?.every(([, inner]) => typeof inner === type)) return new Map(entries);
    return this.refuse(`has unreadable ${key}`, { expected: `a ${type} for each name` });
  }

  /** A list of names. */
  list(key: string): Set<string> {
    const value = this.#parsed(key, '[]');
    if (Array.isArray(value) && value.every((inner) => typeof inner === 'string')) return new Set(value);
    return this.refuse(`has unreadable ${key}`, { expected: 'a list of names' });
  }

  /** A list of what a condition says; undefined where it is not there, as in older files. */
  listOf<Value extends readonly unknown[]>(
    key: string,
    expected: string,
    is: (value: unknown) => boolean,
  ): Value | undefined {
    if (!this.texts.has(key)) return undefined;
    const value = this.#parsed(key, '[]');
    return is(value) ? (value as Value) : this.refuse(`has unreadable ${key}`, { expected });
  }

  /** Undefined where it is not JSON. */
  #parsed(key: string, absent: string): unknown {
    try {
      return JSON.parse(this.texts.get(key) ?? absent);
    } catch {
      return undefined;
    }
  }
}

/** CRC-32 of all that is read back, so that a flipped bit in a weight is found as well. */
export function checksum(said: readonly unknown[], tensors: ReadonlyMap<string, StoredTensor>): string {
  const encoder = new TextEncoder();
  let crc = crc32(encoder.encode(JSON.stringify(said)));
  for (const name of [...tensors.keys()].sort()) {
    const { dtype, shape, values } = tensors.get(name)!;
    crc = crc32(encoder.encode(JSON.stringify([name, dtype, shape])), crc);
    crc = crc32(encode(values, dtype), crc);
  }
  return crc.toString(16).padStart(8, '0');
}
