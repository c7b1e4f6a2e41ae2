import type { Dtype } from '@tessera-nn/core';
import { OnnxError } from '../onnx-error.js';
import { Tensor_DataType as DataType, Tensor_Location, type Tensor } from './messages.js';

/** Numbers of a file, in the number type that they have here: int64 as float64, which holds all sizes exactly. */
export interface FileTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array | Int32Array | Uint8Array;
}

/** The bytes behind a name of external data, as the file has it: relative to where the file lies. */
export type ExternalBytes = (location: string) => Uint8Array | undefined;

type Field = 'floatData' | 'int32Data' | 'int64Data' | 'doubleData' | 'uint64Data';

/** How numbers of a type lie in a file. */
interface NumberType {
  readonly dtype: Dtype;
  /** Bytes of one number in `raw_data`. */
  readonly size: number;
  /** The field that holds them otherwise. */
  readonly field: Field;
  readonly read: (view: DataView, at: number) => number;
  /** What a number of the field stands for; itself where left out. */
  readonly decode?: (value: number) => number;
}

const plain = (
  dtype: Dtype,
  size: number,
  field: Field,
  read: NumberType['read'],
  decode?: NumberType['decode'],
): NumberType => ({ dtype, size, field, read, ...(decode && { decode }) });

const numberTypes: Readonly<Record<number, NumberType>> = {
  [DataType.FLOAT]: plain('float32', 4, 'floatData', (view, at) => view.getFloat32(at, true)),
  [DataType.DOUBLE]: plain('float32', 8, 'doubleData', (view, at) => view.getFloat64(at, true)),
  [DataType.FLOAT16]: plain('float32', 2, 'int32Data', (view, at) => fromHalf(view.getUint16(at, true)), fromHalf),
  [DataType.BFLOAT16]: plain('float32', 2, 'int32Data', (view, at) => fromBrain(view.getUint16(at, true)), fromBrain),
  [DataType.UINT8]: plain('int32', 1, 'int32Data', (view, at) => view.getUint8(at)),
  [DataType.INT8]: plain('int32', 1, 'int32Data', (view, at) => view.getInt8(at)),
  [DataType.UINT16]: plain('int32', 2, 'int32Data', (view, at) => view.getUint16(at, true)),
  [DataType.INT16]: plain('int32', 2, 'int32Data', (view, at) => view.getInt16(at, true)),
  [DataType.INT32]: plain('int32', 4, 'int32Data', (view, at) => view.getInt32(at, true)),
  [DataType.UINT32]: plain('int32', 4, 'uint64Data', (view, at) => view.getUint32(at, true)),
  [DataType.INT64]: plain('int32', 8, 'int64Data', (view, at) => Number(view.getBigInt64(at, true))),
  [DataType.UINT64]: plain('int32', 8, 'uint64Data', (view, at) => Number(view.getBigUint64(at, true))),
  [DataType.BOOL]: plain(
    'bool',
    1,
    'int32Data',
    (view, at) => Number(view.getUint8(at) !== 0),
    (value) => Number(value !== 0),
  ),
};

/** The number type here of one of a file. @throws OnnxError for texts, complex numbers and others. */
export function dtypeOf(dataType: number, what: string): Dtype {
  const type = numberTypes[dataType];
  if (type) return type.dtype;
  throw new OnnxError(`${what} has the number type ${DataType[dataType] ?? dataType}, which is not read`, {
    path: what,
    expected: 'floats, whole numbers or truth values',
  });
}

/**
 * The numbers of a tensor, whichever field holds them.
 *
 * @throws OnnxError where their count is not that of the shape, or they lie elsewhere and nobody brought them.
 */
export function readTensor(tensor: Tensor, external: ExternalBytes): FileTensor {
  const what = `The tensor "${tensor.name}"`;
  const refuse = (problem: string): never => {
    throw new OnnxError(`${what} ${problem}`, { path: tensor.name });
  };
  const dtype = dtypeOf(tensor.dataType, what);
  const { size, field, read, decode } = numberTypes[tensor.dataType]!;
  const shape = tensor.dims.map(Number);
  if (shape.some((length) => !(length >= 0))) refuse(`has the shape [${shape.join(', ')}]`);
  const count = shape.reduce((product, length) => product * length, 1);
  const isOutside = tensor.dataLocation === Tensor_Location.EXTERNAL;
  const raw = isOutside ? outside(tensor, external, refuse) : tensor.rawData;
  const listed = tensor[field];
  const isRaw = isOutside || raw.length > 0;
  // Counted before anything is allocated: a shape may say what it likes.
  const found = isRaw ? raw.length / size : listed.length;
  if (found !== count) refuse(`has ${found} numbers, and the shape [${shape.join(', ')}]`);
  if (isRaw && tensor.dataType === Number(DataType.FLOAT) && isLittleEndian)
    return { dtype, shape, values: floatsOf(raw) };
  const values = makeValues(dtype, count);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  for (let i = 0; i < count; i++) {
    const number = isRaw ? read(view, i * size) : Number(listed[i]);
    values[i] = isRaw || !decode ? number : decode(number);
  }
  return { dtype, shape, values };
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const floatsOf = (raw: Uint8Array): Float32Array => new Float32Array(raw.slice().buffer);

/** Room for numbers of a type: whole ones as float64, for they may be of 64 bits. */
function makeValues(dtype: Dtype, count: number): FileTensor['values'] {
  if (dtype === 'float32') return new Float32Array(count);
  return dtype === 'bool' ? new Uint8Array(count) : new Float64Array(count);
}

/** The bytes that lie beside the file. */
function outside(tensor: Tensor, external: ExternalBytes, refuse: (problem: string) => never): Uint8Array {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? refuse('lies outside of the file, which does not say where');
  const bytes = external(location);
  if (!bytes) {
    throw new OnnxError(`The tensor "${tensor.name}" lies outside of the file, in "${location}"`, {
      path: tensor.name,
      hint: `Pass its bytes: { external: { '${location}': bytes } }`,
    });
  }
  const offset = Number(entries.get('offset') ?? 0);
  const length = Number(entries.get('length') ?? bytes.length - offset);
  const fits = Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length >= 0;
  if (!fits || offset + length > bytes.length) {
    refuse(`lies at ${offset} to ${offset + length} of "${location}", which has ${bytes.length} bytes`);
  }
  return bytes.subarray(offset, offset + length);
}

/** An IEEE float16, by its bits. */
function fromHalf(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a float32, by its bits. */
function fromBrain(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}
