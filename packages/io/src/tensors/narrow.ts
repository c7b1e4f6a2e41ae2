import { decode, encode } from './number-types.js';
import type { StoredTensor } from './stored-tensor.js';

/** Number types of half the bytes of float32. */
export const halfTypes = ['float16', 'bfloat16'] as const;
export type HalfType = (typeof halfTypes)[number];

/** Whether values of a file are float32 of fewer digits. */
export const isHalf = (dtype: string): dtype is HalfType => halfTypes.includes(dtype as HalfType);

/** The tensors as a file of half the size holds them: each float32 rounded to the nearest, whole numbers as they are. */
export function narrowed(tensors: ReadonlyMap<string, StoredTensor>, dtype: HalfType): Map<string, StoredTensor> {
  return new Map(
    Array.from(tensors, ([name, tensor]) => {
      if (tensor.dtype !== 'float32') return [name, tensor];
      return [name, { ...tensor, dtype, values: decode(encode(tensor.values, dtype), dtype) }];
    }),
  );
}
