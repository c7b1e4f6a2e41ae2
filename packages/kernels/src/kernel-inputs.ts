import type { DataType, Tensor } from '@tensorflow/tfjs-core';

/** The tensors a kernel reads, by name. Optional ones may be undefined. */
export type KernelInputs = Record<string, Tensor | undefined>;

/** Shape and number type of one result. */
export interface OutputSpec {
  shape: readonly number[];
  dtype?: DataType;
}
