import { DtypeError, ShapeError, ValueError } from '@tessera-nn/core';
import { shapeText, shownValue } from '@tessera-nn/core/internal';
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

/** Tensors or texts by name, as they are written. @throws ValueError for anything else. */
export function checkedPairs<T extends readonly [string, unknown]>(pairs: Iterable<T>, who: string): Iterable<T> {
  const given: unknown = pairs;
  const isList = typeof given === 'object' && given !== null && Symbol.iterator in given;
  const list: readonly unknown[] = isList ? [...(given as Iterable<unknown>)] : [given];
  const wrong = list.findIndex((pair) => !Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string');
  if (wrong < 0) return list as T[];
  throw new ValueError(`${who} takes what it writes by name`, {
    path: who,
    expected: 'a Map, or a list of [name, tensor]',
    received: shownValue(list[wrong]),
  });
}

/** @throws ShapeError when the values do not fill the shape, DtypeError when they are of another type than `dtype`. */
export function checkedTensor(name: string, source: TensorSource): StoredTensor {
  const { dtype, shape, values } = (source as Partial<TensorSource> | null | undefined) ?? {};
  if (!Array.isArray(shape) || !ArrayBuffer.isView(values)) {
    throw new ValueError(`The tensor "${name}" cannot be written`, {
      path: name,
      expected: '{ shape, values } with a typed array of values',
      received: shownValue(source),
    });
  }
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
  return { dtype: type, shape: [...source.shape], values };
}
