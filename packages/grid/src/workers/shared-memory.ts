import type { Summable } from '@tessera-nn/core';

/** Bytes of a window, in which a rank shows a part of its array; a multiple of 8. */
const WINDOW = 2 ** 20;
/** Numbers that a rank tells the others ahead of a meeting. */
const TOLD = 2;
/** Meetings take turns with two places for them: who is slow may still read the one while others write the other. */
const TURNS = 2;
/** Words ahead of those: how often all have met, how many are here now, and 1 + the first rank that has ended. */
const [MET, ARRIVED, ENDED, WORDS] = [0, 1, 2, 4];
/** Milliseconds after which a rank that waits looks whether another one has ended. */
const PATIENCE = 100;

/**
 * The memory that the ranks of one process share: some words, a window for each rank, and one for results.
 *
 * Nothing here is locked: each place has one writer at a time, and barriers part writing from reading.
 */
export class SharedMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #size: number;
  readonly #words: Int32Array;

  constructor(size: number, buffer = new SharedArrayBuffer(bytesFor(size))) {
    this.#size = size;
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS + TURNS * TOLD * size);
  }

  /** What a rank tells at a turn, or all of them one after the other. */
  told(turn: number, rank = 0, ranks = this.#size): Int32Array {
    const start = WORDS + TOLD * ((turn % TURNS) * this.#size + rank);
    return this.#words.subarray(start, start + TOLD * ranks);
  }

  /** The window of a rank; that of results is behind the last one. */
  window<Values extends Summable | Uint8Array>(rank: number, like: Values): Values {
    const Kind = like.constructor as new (buffer: SharedArrayBuffer, at: number, length: number) => Values;
    const start = bytesFor(this.#size) - WINDOW * (this.#size + 1 - rank);
    return new Kind(this.buffer, start, WINDOW / like.BYTES_PER_ELEMENT);
  }

  /** Notes that a rank comes no more, and wakes those that wait for it. */
  end(rank: number): void {
    Atomics.compareExchange(this.#words, ENDED, 0, rank + 1);
    Atomics.notify(this.#words, MET);
  }

  /** Waits until all ranks are here. Returns the rank that has ended, where one has. */
  meet(): number | undefined {
    const words = this.#words;
    const met = Atomics.load(words, MET);
    if (Atomics.add(words, ARRIVED, 1) === this.#size - 1) {
      Atomics.store(words, ARRIVED, 0);
      Atomics.add(words, MET, 1);
      Atomics.notify(words, MET);
      return undefined;
    }
    while (Atomics.load(words, MET) === met) {
      const ended = Atomics.load(words, ENDED);
      if (ended > 0) return ended - 1;
      Atomics.wait(words, MET, met, PATIENCE);
    }
    return undefined;
  }
}

function bytesFor(size: number): number {
  const words = 4 * (WORDS + TURNS * TOLD * size);
  return Math.ceil(words / 8) * 8 + WINDOW * (size + 1);
}
