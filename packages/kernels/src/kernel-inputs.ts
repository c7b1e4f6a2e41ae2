import type { DataType, Tensor } from '@tensorflow/tfjs-core';

/** The tensors a kernel reads, by name. Optional ones may be undefined. */
export type KernelInputs = Record<string, Tensor | undefined>;

/** Shape and number type of one result. */
export interface OutputSpec {
  shape: readonly number[];
  dtype?: DataType;
}

/** Whether something holds for every input that was given. */
export function everyInput(inputs: KernelInputs, holds: (tensor: Tensor) => boolean): boolean {
  for (const name in inputs) {
    const tensor = inputs[name];
    if (tensor && !holds(tensor)) return false;
  }
  return true;
}
