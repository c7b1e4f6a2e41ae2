import type { Summable } from '@tessera-nn/core';
import type { Engine } from '../engine.js';
import { GridError } from '../grid-error.js';
import { SharedMemory } from './shared-memory.js';

/** What a worker is told that runs a rank. */
export interface Seat {
  readonly rank: number;
  readonly size: number;
  readonly buffer: SharedArrayBuffer;
}

/**
 * The engine of threads of one process. Each rank sums a stretch of the array, over all windows in the order of ranks, so
 * that results never depend on who came first.
 */
export class WorkerEngine implements Engine {
  readonly rank: number;
  readonly size: number;
  readonly #memory: SharedMemory;
  #turn = 0;

  constructor({ rank, size, buffer }: Seat) {
    this.rank = rank;
    this.size = size;
    this.#memory = new SharedMemory(size, buffer);
  }

  gather(first: number, second: number): Int32Array {
    const turn = this.#turn++;
    this.#memory.told(turn, this.rank, 1).set([first, second]);
    this.#meet();
    return this.#memory.told(turn);
  }

  sum(values: Summable): void {
    const windows = Array.from({ length: this.size }, (_, rank) => this.#memory.window(rank, values));
    this.#inParts(values, (part, results) => {
      windows[this.rank]!.set(part);
      this.#meet();
      const start = Math.floor((part.length * this.rank) / this.size);
      const end = Math.floor((part.length * (this.rank + 1)) / this.size);
      addUp(windows, results, start, end);
      this.#meet();
      part.set(results.subarray(0, part.length));
    });
  }

  broadcast(bytes: Uint8Array): void {
    this.#inParts(bytes, (part, results) => {
      if (this.rank === 0) results.set(part);
      this.#meet();
      if (this.rank > 0) part.set(results.subarray(0, part.length));
      this.#meet();
    });
  }

  leave(): void {
    this.#memory.end(this.rank);
  }

  /** Goes through an array in parts that fit a window, with that of results. */
  #inParts<Values extends Summable | Uint8Array>(values: Values, work: (part: Values, results: Values) => void): void {
    const results = this.#memory.window(this.size, values);
    for (let at = 0; at < values.length; at += results.length) {
      work(values.subarray(at, at + results.length) as Values, results);
    }
  }

  #meet(): void {
    const ended = this.#memory.meet();
    if (ended === undefined) return;
    throw new GridError(`Rank ${ended} has ended, and rank ${this.rank} waits for it`, {
      path: 'Grid',
      hint: 'Its own error says why; without one it made fewer calls than the others',
    });
  }
}

function addUp(windows: readonly Summable[], results: Summable, start: number, end: number): void {
  results.set(windows[0]!.subarray(start, end), start);
  for (const window of windows.slice(1)) {
    for (let i = start; i < end; i++) results[i]! += window[i]!;
  }
}
