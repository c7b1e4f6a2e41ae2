import type { NumberType } from '../tensors/number-types.js';
import type { Cursor } from '../files/cursor.js';

/** What the elements of a dataset are. */
export type ElementType =
  | { readonly kind: 'numbers'; readonly dtype: NumberType; readonly bigEndian: boolean; readonly size: number }
  | { readonly kind: 'text'; readonly size: number }
  | { readonly kind: 'texts elsewhere'; readonly size: number };

/** Classes of types in the format. */
const FIXED = 0;
const FLOAT = 1;
const STRING = 3;
const ENUMERATION = 8;
const VARIABLE = 9;

/** Exponent and mantissa bits of IEEE numbers, by size in bytes. */
const IEEE: Record<number, [NumberType, number, number]> = {
  2: ['float16', 5, 10],
  4: ['float32', 8, 23],
  8: ['float64', 11, 52],
};
const INTEGERS: Record<string, NumberType> = {
  ...{ i1: 'int8', i2: 'int16', i4: 'int32', i8: 'int64' },
  ...{ u1: 'uint8', u2: 'uint16', u4: 'uint32', u8: 'uint64' },
};

/** How h5py writes true and false: an enumeration of one byte, FALSE = 0 and TRUE = 1, names padded to 8 bytes. */
const BOOL_MEMBERS = 'FALSE\0\0\0TRUE\0\0\0\0\0\x01';

/** Reads the type of a dataset's elements. @throws for anything but IEEE numbers, integers, true and false, and text. */
export function readElementType(message: Cursor): ElementType {
  const kind = message.u8() & 15;
  const [low] = [message.u8(), message.skip(2)];
  const size = message.u32();
  const bigEndian = (low & 1) === 1;
  if (kind === FIXED) {
    const dtype = INTEGERS[`${low & 8 ? 'i' : 'u'}${size}`];
    if (dtype && message.u16() === 0 && message.u16() === size * 8) return { kind: 'numbers', dtype, bigEndian, size };
  }
  const ieee = IEEE[size];
  if (kind === FLOAT && ieee && (low & 64) === 0) {
    const [dtype, exponent, mantissa] = ieee;
    const [offset, bits] = [message.u16(), message.u16()];
    const [exponentAt, exponentBits, mantissaAt, mantissaBits] = [
      message.u8(),
      message.u8(),
      message.u8(),
      message.u8(),
    ];
    const isIeee =
      exponentAt === mantissa && exponentBits === exponent && mantissaAt === 0 && mantissaBits === mantissa;
    const bias = 2 ** (exponent - 1) - 1;
    if (offset === 0 && bits === size * 8 && isIeee && message.u32() === bias) {
      return { kind: 'numbers', dtype, bigEndian, size };
    }
  }
  if (kind === ENUMERATION && size === 1 && low === 2) {
    const base = readElementType(message);
    const members = String.fromCharCode(...message.take(BOOL_MEMBERS.length));
    if (base.size === 1 && members === BOOL_MEMBERS) return { kind: 'numbers', dtype: 'bool', bigEndian: false, size };
  }
  if (kind === STRING) return { kind: 'text', size };
  if (kind === VARIABLE && (low & 15) === 1 && size === 16) return { kind: 'texts elsewhere', size };
  return message.refuse(`elements of class ${kind} and ${size} bytes are not read, only numbers and text`);
}
