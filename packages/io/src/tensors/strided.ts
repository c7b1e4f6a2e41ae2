/** Where the elements of a tensor lie: the first of them, and steps along each axis, all in elements. */
export interface Strided {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset?: number;
}

/** The elements of a tensor in C order, copied from wherever they lie. @param size bytes of one element. */
export function toRowMajor(data: Uint8Array, { shape, strides, offset = 0 }: Strided, size: number): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1);
  const result = new Uint8Array(count * size);
  const steps = strides.map((stride) => stride * size);
  const index = shape.map(() => 0);
  let from = offset * size;
  for (let to = 0; to < result.length; to += size) {
    for (let byte = 0; byte < size; byte++) result[to + byte] = data[from + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= steps[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** Steps along the axes of a tensor in C order. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
}
