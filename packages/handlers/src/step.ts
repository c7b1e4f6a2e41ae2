/** One finished step. */
export interface Step {
  /** From 1 to `epochs`. */
  epoch: number;
  epochs: number;
  /** From 1 to `batches`, within the epoch. */
  batch: number;
  batches: number;
  /** Samples in this batch. */
  samples: number;
  /** Samples learned from per second, since the run began. */
  samplesPerSecond: number;
  /** Seconds the rest of the run will take at that speed. */
  secondsLeft: number;
  /** Reads the batch's loss; while this step is the current one, or again afterwards. */
  loss: () => Promise<number>;
}
