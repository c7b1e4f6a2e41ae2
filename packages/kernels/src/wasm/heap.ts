import { backend, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { OutputSpec } from '../kernel-inputs.js';

/** How to make room for a tensor on a backend, and to reach its values. */
export interface Heap {
  allocate: (shape: readonly number[], dtype?: DataType) => TensorInfo;
  view: (info: TensorInfo) => Float32Array;
}

/** The members of tfjs's wasm backend that are used here; checked against version 4.22. */
interface WasmBackend {
  makeOutput(shape: readonly number[], dtype: string): TensorInfo;
  typedArrayFromHeap(info: TensorInfo): Float32Array;
}

/** Room for a tensor in the wasm backend's memory; its contents are undefined. */
export function allocate(shape: readonly number[], dtype: DataType = 'float32'): TensorInfo {
  return (backend() as unknown as WasmBackend).makeOutput([...shape], dtype);
}

/**
 * The values of a tensor where they lie in the wasm memory. Int32 tensors give an Int32Array and bools a Uint8Array,
 * both read like a Float32Array. A view is good until the next allocation, which may move the memory.
 */
export function view(info: TensorInfo): Float32Array {
  return (backend() as unknown as WasmBackend).typedArrayFromHeap(info);
}

/** The memory of the wasm backend. */
export const wasmHeap: Heap = { allocate, view };

/** Room for several tensors, or an error and room for none. */
export function allocateAll(specs: readonly OutputSpec[], { allocate }: Heap = wasmHeap): TensorInfo[] {
  const made: TensorInfo[] = [];
  try {
    for (const { shape, dtype } of specs) made.push(allocate(shape, dtype));
    return made;
  } catch (error) {
    release(made);
    throw error;
  }
}

/** Gives back tensors that nobody was handed. */
export function release(infos: readonly TensorInfo[]): void {
  for (const { dataId } of infos) backend().disposeData(dataId);
}
