import type { Summable } from '@tessera-nn/core';

/** What carries arrays from rank to rank. Each call but `leave` waits for the same call of all others. */
export interface Engine {
  readonly rank: number;
  readonly size: number;
  /** Shows two whole numbers to all ranks; returns those of all, in their order: 0 and 0 of a rank that leaves. */
  gather(first: number, second: number): Int32Array;
  /** Adds arrays up in place, to the same bits on all ranks. */
  sum(values: Summable): void;
  /** Gives the bytes of rank 0 to all, in place. */
  broadcast(bytes: Uint8Array): void;
  /** Lets the others know that this rank comes no more. */
  leave(): void;
}

/** That of a program that runs once. */
export const alone: Engine = {
  rank: 0,
  size: 1,
  gather: (...numbers) => Int32Array.from(numbers),
  sum: () => undefined,
  broadcast: () => undefined,
  leave: () => undefined,
};
