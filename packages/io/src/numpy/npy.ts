import { DataError, DtypeError } from '@tessera-nn/core';
import { plainBytes, shapeText } from '@tessera-nn/core/internal';
import { bytesOf, decode, encode, type NumberType } from '../tensors/number-types.js';
import { checkedTensor, elementsOf, type StoredTensor, type TensorSource } from '../tensors/stored-tensor.js';
import { toRowMajor } from '../tensors/strided.js';

/** "\x93NUMPY" */
const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59);
/** The limit of NumPy's own reader. */
const MAX_HEADER = 10_000;
/** Where the data begins is a multiple of this. */
const ALIGNMENT = 64;
/** As in NumPy. */
const MAX_AXES = 64;

/** NumPy's codes without the byte order. bfloat16 has none. */
const codes: Partial<Record<NumberType, string>> = {
  ...{ bool: 'b1', uint8: 'u1', int8: 'i1', int16: 'i2', uint16: 'u2', float16: 'f2', int32: 'i4', uint32: 'u4' },
  ...{ float32: 'f4', float64: 'f8', int64: 'i8', uint64: 'u8' },
};
const typeOfCode = new Map(Object.entries(codes).map(([dtype, code]) => [code, dtype as NumberType]));

/**
 * Reads a NumPy array. Values share the memory of `bytes` where they lie there in C order, little-endian and aligned.
 *
 * Source: NumPy's format, versions 1 to 3 (numpy.lib.format).
 *
 * @param source what errors call the file.
 * @throws DataError when it is not an npy file, is cut off or damaged, or holds what is not a number, such as Python objects.
 */
export function readNpy(file: Uint8Array, source = 'The npy file'): StoredTensor {
  const bytes = plainBytes(file, 'readNpy');
  const refuse = (problem: string): never => {
    throw new DataError(`${source} is not a sound npy file: ${problem}`, {
      path: source,
      received: `${bytes.length} bytes`,
    });
  };
  const { text, dataStart } = headerOf(bytes, refuse);
  const { descr, fortran, shape } = parseHeader(text, refuse);
  const [, order, code] = /^([<>|=])(.*)$/.exec(descr) ?? [];
  const dtype = typeOfCode.get(code ?? '');
  if (!dtype || (order === '|' && bytesOf(dtype) > 1)) {
    return refuse(`it holds "${descr}"; known are ${[...typeOfCode.keys()].join(', ')}`);
  }
  const count = elementsOf(shape);
  const size = bytesOf(dtype);
  const data = bytes.subarray(dataStart);
  if (count === undefined || count * size !== data.length) {
    return refuse(
      `${shapeText(shape)} of ${dtype} needs ${count === undefined ? 'too many' : count * size} bytes, ${data.length} are there`,
    );
  }
  const ordered = order === '>' && size > 1 ? swapped(data, size) : data;
  const values = decode(
    fortran ? toRowMajor(ordered, { shape, strides: fortranStrides(shape) }, size) : ordered,
    dtype,
  );
  return { dtype, shape, values };
}

/** Writes a NumPy array, as `numpy.save` does. @throws DtypeError for bfloat16, ShapeError when values do not fit. */
export function writeNpy(tensor: TensorSource): Uint8Array {
  const { dtype, shape, values } = checkedTensor('npy', tensor);
  const code = codes[dtype];
  if (!code) throw new DtypeError(`NumPy has no ${dtype}`, { hint: 'Write it as float32, or to safetensors' });
  const descr = `${bytesOf(dtype) === 1 ? '|' : '<'}${code}`;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const before = MAGIC.length + 4;
  const dataStart = Math.ceil((before + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const data = encode(values, dtype);
  const file = new Uint8Array(dataStart + data.length);
  file.set(MAGIC);
  file[MAGIC.length] = 1; // version 1.0
  new DataView(file.buffer).setUint16(before - 2, dataStart - before, true);
  file.set(new TextEncoder().encode(`${text.padEnd(dataStart - before - 1)}\n`), before);
  file.set(data, dataStart);
  return file;
}

function headerOf(bytes: Uint8Array, refuse: (problem: string) => never): { text: string; dataStart: number } {
  const version = bytes[MAGIC.length]!;
  const before = version === 1 ? MAGIC.length + 4 : MAGIC.length + 6;
  if (bytes.length < before || MAGIC.some((byte, i) => bytes[i] !== byte)) return refuse('it does not begin as one');
  if (version < 1 || version > 3 || bytes[MAGIC.length + 1] !== 0) return refuse('its version is not known');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = version === 1 ? view.getUint16(before - 2, true) : view.getUint32(before - 4, true);
  if (length > MAX_HEADER) return refuse(`its header would have ${length} bytes, more than ${MAX_HEADER}`);
  if (before + length > bytes.length) return refuse('its header is cut off');
  const text = new TextDecoder('latin1').decode(bytes.subarray(before, before + length));
  return { text, dataStart: before + length };
}

/** The header is a Python dictionary of three known fields, in any order. */
function parseHeader(text: string, refuse: (problem: string) => never) {
  const fields = new Map<string, string>();
  const field = /\s*'(\w+)'\s*:\s*('[^']*'|True|False|\([\d\s,L]*\))\s*(,|(?=\}))/y;
  const opening = /^\s*\{/.exec(text);
  field.lastIndex = opening?.[0].length ?? 0;
  let at = field.lastIndex;
  for (let found = field.exec(text); found; found = field.exec(text)) {
    if (fields.has(found[1]!)) return refuse('a field of its header comes twice');
    fields.set(found[1]!, found[2]!);
    at = field.lastIndex;
  }
  const [descr, order, tuple] = ['descr', 'fortran_order', 'shape'].map((key) => fields.get(key) ?? '');
  if (!opening || fields.size !== 3 || !/^\s*\}\s*$/.test(text.slice(at))) return refuse('its header is damaged');
  if (!descr!.startsWith("'")) return refuse('its number type is none; records of several fields are not read');
  if (order !== 'True' && order !== 'False') return refuse('its fortran_order is neither True nor False');
  const inner = /^\(\s*((\d+L?\s*,\s*)*)(\d+L?)?\s*\)$/.exec(tuple!);
  if (!inner || (inner[3] !== undefined && !inner[1])) return refuse('its shape is none');
  const shape = [...tuple!.matchAll(/\d+/g)].map(Number);
  if (shape.length > MAX_AXES) return refuse(`its shape has more than ${MAX_AXES} axes`);
  return { descr: descr!.slice(1, -1), fortran: order === 'True', shape };
}

function swapped(data: Uint8Array, size: number): Uint8Array {
  const result = data.slice();
  for (let at = 0; at < result.length; at += size) result.subarray(at, at + size).reverse();
  return result;
}

/** Steps along the axes where the first is fastest. */
const fortranStrides = (shape: readonly number[]) =>
  shape.map((_, axis) => shape.slice(0, axis).reduce((product, length) => product * length, 1));
