import type { Dtype } from '@tessera-nn/core';
import type { StoredTensor } from '../tensors/stored-tensor.js';

/** Values as Variables take them. */
export type HostValues = Float32Array | Int32Array | Uint8Array;

const INT32_MAX = 2n ** 31n - 1n;

/**
 * Values of a file as a Variable's number type, or what is wrong. Only what keeps every value exactly is done: float16 and
 * bfloat16 to float32, smaller integers and 64-bit ones in range to int32, bytes to bool.
 */
export function convert({ dtype, values }: StoredTensor, wanted: Dtype): HostValues | string {
  if (wanted === 'float32')
    return values instanceof Float32Array ? values : `holds ${dtype}, which float32 cannot keep`;
  if (wanted === 'bool') {
    if (!(values instanceof Uint8Array)) return `holds ${dtype}, not bool`;
    return values.every((value) => value <= 1) ? values : 'holds other values than 0 and 1, not bool';
  }
  if (values instanceof Int32Array) return values;
  if (values instanceof Float32Array || values instanceof Float64Array) return `holds ${dtype}, not whole numbers`;
  const exact = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = BigInt(values[i]!);
    if (value > INT32_MAX || value < -INT32_MAX - 1n) return `holds ${value}, which int32 cannot keep`;
    exact[i] = Number(value);
  }
  return exact;
}
