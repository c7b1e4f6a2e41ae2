import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelInputs, OutputSpec } from '../kernel-inputs.js';
import { allocateAll, wasmHeap, type Heap } from './heap.js';

/** What a loop body is handed: the inputs' and outputs' values, the outputs uninitialised. */
export interface LoopArguments<Inputs extends KernelInputs> {
  /** Same names as the kernel's inputs; an input that was not given has no entry. */
  values: { [Name in keyof Inputs]-?: Float32Array };
  inputs: Inputs;
  outputs: Float32Array[];
}

/** Computes a kernel with plain loops. Must write every element of every output. */
export type Loops<Inputs extends KernelInputs, Attrs extends object> = (
  args: LoopArguments<Inputs>,
  attrs: Attrs,
) => void;

/** Runs loops on views of the memory of the wasm backend, or of another one: nothing is copied. */
export function runLoops<Inputs extends KernelInputs, Attrs extends object>(
  loops: Loops<Inputs, Attrs>,
  inputs: Inputs,
  attrs: Attrs,
  specs: OutputSpec | OutputSpec[],
  heap: Heap = wasmHeap,
): TensorInfo | TensorInfo[] {
  const { view } = heap;
  const results = allocateAll([specs].flat(), heap);
  // Views are taken only now: allocating an output may grow the memory and detach every older view.
  const values = {} as Record<string, Float32Array>;
  for (const [name, tensor] of Object.entries(inputs) as [string, Tensor | undefined][]) {
    if (tensor) values[name] = view(tensor);
  }
  loops(
    { values: values as LoopArguments<Inputs>['values'], inputs, outputs: results.map((info) => view(info)) },
    attrs,
  );
  return Array.isArray(specs) ? results : results[0]!;
}
