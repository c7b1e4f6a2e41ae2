import type { RandomStream } from '@tessera-nn/core';

/** Some samples of a dataset, side by side in host memory. */
export interface Batch {
  /** The samples one after another: `shape` values. */
  readonly data: Float32Array;
  /** `[count, ...sampleShape]`, such as `[64, 1, 28, 28]`. */
  readonly shape: number[];
  /** One class number per sample. */
  readonly labels: Int32Array;
  /** How much each sample counts in the loss; without them all count alike. */
  readonly weights?: Float32Array;
  /** Which samples of the dataset these are, in this order. */
  readonly indices: Uint32Array;
}

/** Samples that can be picked by number, whatever a batch of them is made of. */
export interface Gathering<Gathered> {
  /** How many samples there are. */
  readonly length: number;
  /** What gathering draws from, other than the shared stream: a run is saved with where these stand. */
  readonly streams?: readonly RandomStream[] | undefined;
  /** Copies the samples with these numbers, in this order, into a new batch. */
  gather(indices: ArrayLike<number>): Gathered;
}

/** Samples with labels that can be picked by number; whatever implements it can be cut into batches and trained on. */
export interface Dataset extends Gathering<Batch> {
  /** Shape of one sample, such as `[1, 28, 28]` (maps, height, width). */
  readonly sampleShape: readonly number[];
}

/** The streams of what a view is made of, and its own. */
export const streamsOf = (
  parts: readonly Gathering<unknown>[],
  own?: RandomStream,
): { readonly streams: readonly RandomStream[] } => ({
  streams: [...new Set([...parts.flatMap(({ streams = [] }) => streams), ...(own ? [own] : [])])],
});
