import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './halves.js';

/** Values as files hold them; float16 and bfloat16, which JavaScript lacks, come as float32. */
export type TensorValues =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

type Buffer = ArrayBufferLike;
interface ArrayClass<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: Buffer, offset?: number, length?: number): T;
}

interface Coding {
  /** Bytes of one element in a file. */
  readonly bytes: number;
  /** What the values are held in. */
  readonly array: ArrayClass<TensorValues>;
  /** What lies in the file, where that is something else. */
  readonly packed?: {
    readonly unpack: (bits: Uint16Array) => Float32Array;
    readonly pack: (values: Float32Array) => Uint16Array;
  };
}

const plain = (array: ArrayClass<TensorValues>): Coding => ({ bytes: array.BYTES_PER_ELEMENT, array });

const codings = {
  bool: plain(Uint8Array),
  uint8: plain(Uint8Array),
  int8: plain(Int8Array),
  int16: plain(Int16Array),
  uint16: plain(Uint16Array),
  float16: { bytes: 2, array: Float32Array, packed: { unpack: fromFloat16, pack: toFloat16 } },
  bfloat16: { bytes: 2, array: Float32Array, packed: { unpack: fromBfloat16, pack: toBfloat16 } },
  int32: plain(Int32Array),
  uint32: plain(Uint32Array),
  float32: plain(Float32Array),
  float64: plain(Float64Array),
  int64: plain(BigInt64Array),
  uint64: plain(BigUint64Array),
} as const satisfies Record<string, Coding>;

/** Number types that files hold. */
export type NumberType = keyof typeof codings;

/** All of them, in the order in which the safetensors library sorts tensors, smallest first. */
export const numberTypes = Object.keys(codings) as NumberType[];

const codingOf = (dtype: NumberType): Coding => codings[dtype];

/** Bytes of one element in a file. */
export const bytesOf = (dtype: NumberType): number => codingOf(dtype).bytes;

/** The number type that an array holds when nothing else is said: a Uint8Array holds uint8. */
export function numberTypeOf(values: TensorValues): NumberType {
  return numberTypes.find((dtype) => {
    const { array, packed } = codingOf(dtype);
    return dtype !== 'bool' && !packed && values instanceof array;
  })!;
}

/** Whether these are values of that type. */
export function holds(dtype: NumberType, values: unknown): values is TensorValues {
  return values instanceof codingOf(dtype).array;
}

/** Little-endian bytes as values. They share the memory of `bytes` where that is aligned and nothing is unpacked. */
export function decode(bytes: Uint8Array, dtype: NumberType): TensorValues {
  const { array, packed, bytes: size } = codingOf(dtype);
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const length = bytes.length / size;
  if (!packed) return new array(aligned.buffer, aligned.byteOffset, length);
  return packed.unpack(new Uint16Array(aligned.buffer, aligned.byteOffset, length));
}

/** Values as little-endian bytes, which may share their memory. */
export function encode(values: TensorValues, dtype: NumberType): Uint8Array {
  const { packed } = codingOf(dtype);
  const stored = packed ? packed.pack(values as Float32Array) : values;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}
