import { DtypeError, ShapeError, shapeText, sizeOf } from '@tessera-nn/kernels';

/** Number types of Variables. */
export type Dtype = 'float32' | 'int32' | 'bool';

/** Numbers in nested arrays, as deep as the shape is long. */
export type NestedNumbers = number | boolean | readonly NestedNumbers[];

/** Numbers in a typed array; those of 64 bits are taken where they fit what they become. */
export type TypedNumbers =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | Uint8ClampedArray
  | BigInt64Array
  | BigUint64Array;

export type NumberArray = TypedNumbers | readonly number[];

/** Values of a Variable on the host. */
export type HostValues = Float32Array | Int32Array | Uint8Array;

export interface HostData {
  values: HostValues;
  shape: number[];
  dtype: Dtype;
}

const arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/**
 * Reads numbers given as a typed array with a shape or as nested arrays into one typed array.
 *
 * @param dtype int32 where the source is an Int32Array or holds whole numbers of 64 bits, else float32: bytes are numbers.
 * @throws ShapeError when the nesting is ragged or the shape needs another count of numbers; DtypeError for what holds no
 *   numbers, and for a number of 64 bits that would change.
 */
export function readHostData(source: NumberArray | NestedNumbers, shape?: readonly number[], dtype?: Dtype): HostData {
  const flat = isTyped(source);
  const found = flat ? [source.length] : nestedShape(source);
  const count = sizeOf(found);
  const wanted = shape ? [...shape] : found;
  checkFills(wanted, count);
  const type = dtype ?? (source instanceof Int32Array || isBig(source) ? 'int32' : 'float32');
  checkDtype(type);
  const Target = arrays[type];
  if (flat) {
    // tfjs keeps the array it is given, and the caller may go on writing into theirs: the numbers are always copied.
    const given = (isBig(source) ? narrowed(source, type) : source) as Float32Array;
    // A Uint8Array would keep the low bits of a number, and 256 would be false.
    const values = type === 'bool' ? Uint8Array.from(given, (value) => (value === 0 ? 0 : 1)) : Target.from(given);
    return { values, shape: wanted, dtype: type };
  }
  const values = new Target(count);
  fill(source, found, values, type === 'bool' ? (value) => (Number(value) === 0 ? 0 : 1) : Number);
  return { values, shape: wanted, dtype: type };
}

function isTyped(source: NumberArray | NestedNumbers): source is TypedNumbers {
  if (!(source instanceof DataView)) return ArrayBuffer.isView(source);
  throw new DtypeError('A DataView does not say what numbers it holds', {
    expected: 'a typed array, such as a Float32Array',
    received: 'a DataView',
  });
}

const isBig = (source: unknown): source is BigInt64Array | BigUint64Array =>
  source instanceof BigInt64Array || source instanceof BigUint64Array;

/** Whole numbers of 64 bits as numbers. @throws DtypeError for one that the number type cannot hold. */
function narrowed(source: BigInt64Array | BigUint64Array, dtype: Dtype): Float64Array {
  const values = Float64Array.from(source as BigInt64Array, Number);
  const fits = { float32: Math.fround, int32: (value: number) => value | 0, bool: (value: number) => value }[dtype];
  const wrong = values.findIndex((value, i) => fits(value) !== value || BigInt(value) !== source[i]);
  if (wrong < 0) return values;
  throw new DtypeError(`Number ${wrong} of 64 bits is not one of ${dtype}`, {
    expected: `whole numbers that ${dtype} holds`,
    received: String(source[wrong]),
    hint: 'Pass them as a Float64Array where they may be rounded',
  });
}

/** @throws ShapeError unless `shape` is one, and of `count` elements. */
export function checkFills(shape: readonly number[], count: number): void {
  if (shape.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new ShapeError('A shape holds whole numbers from 0', { received: shapeText(shape) });
  }
  const size = sizeOf(shape);
  if (size === count) return;
  throw new ShapeError('The numbers do not fill the shape', {
    expected: `${size} numbers for ${shapeText(shape)}`,
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
  values: HostValues,
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
