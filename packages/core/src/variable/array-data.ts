import { DtypeError, ShapeError } from '@tessera-nn/kernels';

/** Number types of Variables. */
export type Dtype = 'float32' | 'int32' | 'bool';

/** Numbers in nested arrays, as deep as the shape is long. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

export type NumberArray = Float32Array | Int32Array | Uint8Array | Float64Array | readonly number[];

export interface HostData {
  values: Float32Array | Int32Array | Uint8Array;
  shape: number[];
  dtype: Dtype;
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/**
 * Reads numbers given as a typed array with a shape or as nested arrays into one typed array.
 *
 * @param dtype float32 unless the source is an Int32Array.
 * @throws ShapeError when the nesting is ragged or the shape needs another count of numbers.
 */
export function readHostData(source: NumberArray | NestedNumbers, shape?: readonly number[], dtype?: Dtype): HostData {
  const flat = ArrayBuffer.isView(source);
  const found = flat ? [(source as Float32Array).length] : nestedShape(source);
  const count = found.reduce((product, size) => product * size, 1);
  const wanted = shape ? [...shape] : found;
  checkFills(wanted, count);
  const type = dtype ?? (source instanceof Int32Array ? 'int32' : 'float32');
  checkDtype(type);
  const Target = arrays[type];
  if (flat) {
    // tfjs keeps the array it is given, and the caller may go on writing into theirs: the numbers are always copied.
    const given = source as Float32Array;
    // A Uint8Array would keep the low bits of a number, and 256 would be false.
    const values = type === 'bool' ? Uint8Array.from(given, (value) => (value === 0 ? 0 : 1)) : Target.from(given);
    return { values, shape: wanted, dtype: type };
  }
  const values = new Target(count);
  fill(source, found, values, type === 'bool' ? (value) => (Number(value) === 0 ? 0 : 1) : Number);
  return { values, shape: wanted, dtype: type };
}

/** @throws ShapeError unless `shape` is one, and of `count` elements. */
export function checkFills(shape: readonly number[], count: number): void {
  if (shape.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new ShapeError('A shape holds whole numbers from 0', { received: `[${shape.join(', ')}]` });
  }
  const size = shape.reduce((product, length) => product * length, 1);
  if (size === count) return;
  throw new ShapeError('The numbers do not fill the shape', {
    expected: `${size} numbers for [${shape.join(', ')}]`,
    received: `${count}`,
  });
}

/** @throws DtypeError unless it is a number type of Variables. */
export function checkDtype(dtype: string): asserts dtype is Dtype {
  if (dtype in arrays) return;
  throw new DtypeError('Unknown number type', { expected: Object.keys(arrays).join(', '), received: dtype });
}

function nestedShape(source: NestedNumbers): number[] {
  const shape: number[] = [];
  for (let level: unknown = source; Array.isArray(level); level = (level as unknown[])[0]) shape.push(level.length);
  return shape;
}

/** Writes nested numbers one after the other; an error names the place, as in `[1][0]`. */
function fill(
  source: unknown,
  shape: readonly number[],
  values: Float32Array | Int32Array | Uint8Array,
  convert: (value: number | boolean) => number,
  from = { place: '', depth: 0, at: 0 },
): number {
  const { place, depth, at } = from;
  const nested = Array.isArray(source);
  if (nested ? source.length !== shape[depth] : depth < shape.length) {
    throw new ShapeError(`Nested data${place} does not have the shape of its neighbours: the arrays are ragged`, {
      expected: shape[depth] === undefined ? 'a number' : `an array of ${shape[depth]}`,
      received: nested ? `an array of ${source.length}` : `a single ${typeof source}`,
    });
  }
  if (nested) {
    let next = at;
    source.forEach((inner: unknown, i) => {
      next = fill(inner, shape, values, convert, { place: `${place}[${i}]`, depth: depth + 1, at: next });
    });
    return next;
  }
  if (typeof source !== 'number' && typeof source !== 'boolean') {
    throw new DtypeError(`Nested data${place} is not a number`, { received: typeof source });
  }
  values[at] = convert(source);
  return at + 1;
}

/** Flat values as nested arrays of the shape; a bare number for a scalar. */
export function nest(values: ArrayLike<number>, shape: readonly number[], dtype: Dtype): NestedNumbers {
  let at = 0;
  const build = (axis: number): NestedNumbers => {
    if (axis === shape.length) {
      const value = values[at++]!;
      return dtype === 'bool' ? value !== 0 : value;
    }
    return Array.from({ length: shape[axis]! }, () => build(axis + 1));
  };
  return build(0);
}
