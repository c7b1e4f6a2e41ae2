import { DataError } from '@tessera-nn/core';
import { plainBytes, shapeText } from '@tessera-nn/core/internal';

interface IdxTypes {
  uint8: Uint8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  float32: Float32Array;
  float64: Float64Array;
}

/** The array an IDX file holds; `dtype` tells which typed array `values` is. */
export type IdxArray = {
  [Dtype in keyof IdxTypes]: { readonly dtype: Dtype; readonly shape: number[]; readonly values: IdxTypes[Dtype] };
}[keyof IdxTypes];

interface IdxDtype {
  /** Bytes per value. */
  bytes: number;
  read(shape: number[], body: DataView): IdxArray;
}

/** By the code in the header's third byte. Values of several bytes are big-endian, so typed arrays cannot view them. */
const DTYPES: Record<number, IdxDtype> = {
  0x08: {
    bytes: 1,
    read: (shape, { buffer, byteOffset, byteLength }) => ({
      dtype: 'uint8',
      shape,
      values: new Uint8Array(buffer, byteOffset, byteLength),
    }),
  },
  0x09: {
    bytes: 1,
    read: (shape, { buffer, byteOffset, byteLength }) => ({
      dtype: 'int8',
      shape,
      values: new Int8Array(buffer, byteOffset, byteLength),
    }),
  },
  0x0b: {
    bytes: 2,
    read: (shape, body) => ({
      dtype: 'int16',
      shape,
      values: new Int16Array(body.byteLength / 2).map((_, i) => body.getInt16(2 * i)),
    }),
  },
  0x0c: {
    bytes: 4,
    read: (shape, body) => ({
      dtype: 'int32',
      shape,
      values: new Int32Array(body.byteLength / 4).map((_, i) => body.getInt32(4 * i)),
    }),
  },
  0x0d: {
    bytes: 4,
    read: (shape, body) => ({
      dtype: 'float32',
      shape,
      values: new Float32Array(body.byteLength / 4).map((_, i) => body.getFloat32(4 * i)),
    }),
  },
  0x0e: {
    bytes: 8,
    read: (shape, body) => ({
      dtype: 'float64',
      shape,
      values: new Float64Array(body.byteLength / 8).map((_, i) => body.getFloat64(8 * i)),
    }),
  },
};

/**
 * Reads the IDX format that MNIST is published in: two zero bytes, a type code, the rank, one big-endian 32-bit length
 * per axis, then the values, last axis fastest.
 *
 * `source` names the file in errors. One-byte values are a view of `bytes`, others a copy; nothing larger than the file
 * is ever allocated.
 *
 * @throws DataError when the file is not IDX, is cut off, or goes on after its last value.
 */
export function parseIdx(file: Uint8Array, source: string): IdxArray {
  const bytes = plainBytes(file, 'parseIdx');
  const dtype = DTYPES[bytes[2] ?? 0];
  const rank = bytes[3] ?? 0;
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0 || dtype === undefined || rank === 0) {
    throw new DataError(`${source} is not an IDX file`, {
      path: source,
      expected: 'it to begin with 00 00, a type code of 08 09 0b 0c 0d 0e, and a rank of at least 1',
      received: bytes.length === 0 ? 'no bytes at all' : firstBytes(bytes),
      hint: foreignHint(bytes),
    });
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) {
    throw new DataError(`${source} is cut off inside its header`, {
      path: source,
      expected: `${headerBytes} bytes for rank ${rank}`,
      received: String(bytes.length),
      hint: 'Get the file again',
    });
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const shape = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis));
  // Lengths of a damaged header multiply to far more than a double counts exactly.
  const wanted = shape.reduce((product, length) => product * BigInt(length), BigInt(dtype.bytes));
  const body = new DataView(bytes.buffer, bytes.byteOffset + headerBytes, bytes.length - headerBytes);
  if (wanted !== BigInt(body.byteLength)) {
    const cutOff = wanted > BigInt(body.byteLength);
    throw new DataError(`${source} ${cutOff ? 'is cut off' : 'goes on after its last value'}`, {
      path: source,
      expected: `${wanted} bytes after the header for shape ${shapeText(shape)}`,
      received: String(body.byteLength),
      hint: cutOff ? 'Get the file again' : 'The header or the file is damaged; get it again',
    });
  }
  return dtype.read(shape, body);
}

/** Smaller than any picture that is sent in place of a data file; what is not IDX is refused after so much. */
const FOREIGN_BYTES = 2 ** 20;

/** How large an IDX file is by its header, from how it begins. */
export function idxFileSize(start: Uint8Array): number {
  const dtype = DTYPES[start[2] ?? 0];
  const headerBytes = 4 + 4 * (start[3] ?? 0);
  if (dtype === undefined || start[0] !== 0 || start[1] !== 0 || start.length < headerBytes) return FOREIGN_BYTES;
  const header = new DataView(start.buffer, start.byteOffset, headerBytes);
  let bytes = dtype.bytes;
  for (let at = 4; at < headerBytes; at += 4) bytes *= header.getUint32(at);
  return headerBytes + bytes;
}

function firstBytes(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function foreignHint(bytes: Uint8Array): string {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'It is gzip-compressed: pass it through gunzip first';
  if (bytes[0] === '<'.charCodeAt(0)) return 'It looks like a web page: the server may have sent an error page instead';
  return 'Check that it is the file you mean, and that it was downloaded as binary';
}
