import { DtypeError, ShapeError } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { holds, numberTypeOf, type NumberType, type TensorValues } from './number-types.js';

/** A tensor as a file holds it, in host memory: values in logical order, the last axis fastest. */
export interface StoredTensor {
  readonly dtype: NumberType;
  readonly shape: readonly number[];
  readonly values: TensorValues;
}

/** What can be written: without `dtype` the array says what it holds. */
export type TensorSource = Omit<StoredTensor, 'dtype'> & { readonly dtype?: NumberType };

/** How many elements a shape has, or undefined when it is not a shape or has more than can be counted exactly. */
export function elementsOf(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/** @throws ShapeError when the values do not fill the shape, DtypeError when they are of another type than `dtype`. */
export function checkedTensor(name: string, { dtype, shape, values }: TensorSource): StoredTensor {
  const count = elementsOf(shape);
  if (count === undefined || count !== values.length) {
    throw new ShapeError(`The tensor "${name}" does not fill its shape`, {
      path: name,
      expected: `${count ?? 'a countable number of'} values for ${shapeText(shape)}`,
      received: `${values.length}`,
    });
  }
  const type = dtype ?? numberTypeOf(values);
  if (!holds(type, values)) {
    throw new DtypeError(`The tensor "${name}" is not held as ${type}`, {
      path: name,
      received: Object.prototype.toString.call(values).slice(8, -1),
      hint: 'float16, bfloat16 and float32 take a Float32Array, bool a Uint8Array',
    });
  }
  return { dtype: type, shape: [...shape], values };
}
