import { ValueError, type NodeInfo, type Summable } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import type { Engine } from './engine.js';
import { GridError } from './grid-error.js';

/** What ranks come for, as messages call it; the first is what an engine tells of a rank that leaves. */
const calls = ['nothing more', 'barrier', 'sum of float32', 'sum of float64', 'broadcast'] as const;
type Call = (typeof calls)[number];

/**
 * A rank on an engine. Before each meeting the ranks tell each other what they came for, so that a program that goes
 * different ways on them ends with an error, where it would wait for ever or take numbers for others.
 */
export class Rank implements NodeInfo {
  readonly #engine: Engine;
  /** Why there are no more meetings. */
  #over: Error | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  get rank(): number {
    return this.#engine.rank;
  }

  get size(): number {
    return this.#engine.size;
  }

  sum(values: Summable): void {
    const isSummable = values instanceof Float32Array || values instanceof Float64Array;
    if (!isSummable) throw notAnArray('sum', 'a Float32Array or a Float64Array', values);
    const call = values instanceof Float32Array ? 'sum of float32' : 'sum of float64';
    this.#meet(call, values.length, () => this.#engine.sum(values));
  }

  broadcast(values: ArrayBufferView): void {
    if (!ArrayBuffer.isView(values)) throw notAnArray('broadcast', 'a typed array', values);
    const { buffer, byteOffset, byteLength } = values;
    this.#meet('broadcast', byteLength, () => this.#engine.broadcast(new Uint8Array(buffer, byteOffset, byteLength)));
  }

  meanValue(value: number): number {
    const sum = Float64Array.of(value);
    this.sum(sum);
    return sum[0]! / this.size;
  }

  barrier(): void {
    this.#meet('barrier');
  }

  close(): void {
    if (this.#over) return;
    this.#over = new GridError(`Rank ${this.rank} has left the grid`, { path: 'Grid' });
    this.#engine.leave();
  }

  #meet(call: Call, length = 0, work?: () => void): void {
    if (this.#over) throw this.#over;
    try {
      this.#agree(call, length);
      work?.();
    } catch (error) {
      this.#over = error as Error;
      throw error;
    }
  }

  /** @throws GridError when another rank came for something else. */
  #agree(call: Call, length: number): void {
    const own = calls.indexOf(call);
    const told = this.#engine.gather(own, length);
    for (let rank = 0; rank < this.size; rank++) {
      const [kind, count] = [told[2 * rank]!, told[2 * rank + 1]!];
      if (kind === own && count === length) continue;
      throw new GridError(`Rank ${this.rank} and rank ${rank} do not do the same`, {
        path: 'Grid',
        expected: shown(call, length),
        received: `${shown(calls[kind]!, count)} on rank ${rank}`,
        hint: 'Every rank makes the same calls, in the same order: look for what one of them does alone',
      });
    }
  }
}

const shown = (call: Call, length: number): string => (length > 0 ? `${call}, of ${length}` : call);

function notAnArray(method: string, expected: string, received: unknown): ValueError {
  return new ValueError(`${method} changes an array in place`, {
    path: `nodeinfo.${method}`,
    expected,
    received: shownValue(received),
  });
}
