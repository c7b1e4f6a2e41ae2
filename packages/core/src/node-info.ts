/** Arrays that are added up over ranks. */
export type Summable = Float32Array | Float64Array;

/**
 * One of the ranks that train a network together, each a thread or a process with a copy of it, and how it meets the others.
 * `Grid.join()` of `@tessera-nn/grid` returns it, and optimizers take it as `nodeinfo`, PuzzleLib's name.
 *
 * Each call is a meeting: it returns when all ranks have made the same call, with arrays of the same length. A call that
 * differs, and a rank that has left, are errors on all of them.
 */
export interface NodeInfo {
  /** Which of them this is, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** Adds arrays of all ranks up, element by element, in place; to the same bits on all of them. */
  sum(values: Summable): void;
  /** Gives the array of rank 0 to all, in place. */
  broadcast(values: ArrayBufferView): void;
  /** The mean of a number over all ranks. */
  meanValue(value: number): number;
  /** Waits until all ranks are here. */
  barrier(): void;
  /** Leaves the others, who cannot meet without this rank. The end of the program does so by itself. */
  close(): void;
}

/** The part of a list that is one rank's: parts differ by one entry at most, and in the order of ranks they are the list. */
export function shareOf(list: Uint32Array, { rank, size }: Pick<NodeInfo, 'rank' | 'size'>): Uint32Array {
  const start = (part: number) => Math.floor((list.length * part) / size);
  return list.subarray(start(rank), start(rank + 1));
}
