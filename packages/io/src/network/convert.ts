import type { Dtype } from '@tessera-nn/core';
import type { StoredTensor } from '../tensors/stored-tensor.js';

/** Values as Variables take them. */
export type HostValues = Float32Array | Int32Array | Uint8Array;

/** Whether a float32 is a number of a file. */
const sameNumber = (float: number, value: number | bigint) =>
  typeof value === 'bigint' ? BigInt(Math.trunc(float)) === value : Object.is(float, value);

const INT32_MAX = 2n ** 31n - 1n;

/**
 * Values of a file as a Variable's number type, or what is wrong. Every value is kept exactly, whatever type it comes in;
 * with `round` float32 takes the nearest of what it cannot keep.
 */
export function convert({ dtype, values }: StoredTensor, wanted: Dtype, round = false): HostValues | string {
  if (wanted === 'float32') {
    if (values instanceof Float32Array) return values;
    const floats = Float32Array.from(values as Float64Array, Number);
    const lost = round ? -1 : floats.findIndex((value, i) => !sameNumber(value, values[i]!));
    return lost < 0
      ? floats
      : `holds ${dtype} ${values[lost]}, which float32 cannot keep (round: true takes the nearest)`;
  }
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
