import { backend, getKernel, type NamedAttrMap, type TensorInfo } from '@tensorflow/tfjs-core';

/**
 * Calls one of tfjs's own wasm kernels directly, below tensor bookkeeping: the result is the caller's to pass on or to
 * give back with `freeStock`.
 */
export function stock(name: string, inputs: Record<string, TensorInfo>, attrs: object): TensorInfo {
  return getKernel(name, 'wasm').kernelFunc({
    inputs,
    attrs: attrs as NamedAttrMap,
    backend: backend(),
  }) as TensorInfo;
}

/** Gives back what `stock` made. */
export function freeStock(...infos: TensorInfo[]): void {
  for (const { dataId } of infos) backend().disposeData(dataId);
}

/** The same memory under another shape, for the length of a call; owns nothing. */
export function viewAs(info: TensorInfo, shape: number[]): TensorInfo {
  return { dataId: info.dataId, shape, dtype: info.dtype };
}
