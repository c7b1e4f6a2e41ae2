import { DataError, DtypeError, ShapeError, ValueError } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { expect } from 'chai';
import fc from 'fast-check';
import { decode, encode, numberTypes, type NumberType } from '../tensors/number-types.js';
import type { StoredTensor } from '../tensors/stored-tensor.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';

/** A file with any text as its header. */
function fileOf(header: string | Uint8Array, data: Uint8Array = new Uint8Array(0), length?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}
const entry = (dtype: string, shape: string, offsets: string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

const tensorOf = (dtype: NumberType, shape: number[], bytes: Uint8Array): StoredTensor => ({
  dtype,
  shape,
  values: decode(bytes, dtype),
});

describe('safetensors', () => {
  it('is written to the byte as the reference implementation writes it', () => {
    // safetensors.numpy.save({'b': f4 [2], 'a': f4 [1, 1], 'n': i8 []}, {'k': 'v'}) of safetensors 0.8.0
    const header =
      '{"__metadata__":{"k":"v"},"n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},' +
      '"a":{"dtype":"F32","shape":[1,1],"data_offsets":[8,12]},"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const data = new Uint8Array(20);
    data.set(new Uint8Array(BigInt64Array.of(-2n).buffer));
    data.set(new Uint8Array(Float32Array.of(3, 1, 2).buffer), 8);
    const written = writeSafetensors(
      [
        ['b', { shape: [2], values: Float32Array.of(1, 2) }],
        ['a', { shape: [1, 1], values: Float32Array.of(3) }],
        ['n', { shape: [], values: BigInt64Array.of(-2n) }],
      ],
      [['k', 'v']],
    );
    expect(written).to.deep.equal(fileOf(padded, data));
  });

  it('gives back every number type to the bit, and writes the same bytes again', () => {
    const types = fc.constantFrom(...numberTypes);
    const sizes = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 });
    const one = fc.tuple(types, sizes).chain(([dtype, shape]) => {
      const length = encode(decode(new Uint8Array(8), dtype), dtype).length / decode(new Uint8Array(8), dtype).length;
      const bytes = sizeOf(shape) * length;
      return fc
        .uint8Array({ minLength: bytes, maxLength: bytes })
        .map((data) => ({ shape, dtype, bytes: dtype === 'bool' ? data.map((byte) => byte & 1) : data }));
    });
    const name = fc.string({ unit: 'binary', maxLength: 6 }).filter((text) => !/\p{Surrogate}/u.test(text));
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, one), { selector: ([key]) => key, maxLength: 6 }),
        name,
        (list, text) => {
          const tensors = list.map(([key, { dtype, shape, bytes }]) => [key, tensorOf(dtype, shape, bytes)] as const);
          const file = writeSafetensors(tensors, [[text, text]]);
          const read = readSafetensors(file);
          expect(read.metadata).to.deep.equal(new Map([[text, text]]));
          expect(read.tensors.size).to.equal(list.length);
          for (const [key, { dtype, shape, bytes }] of list) {
            const back = read.tensors.get(key)!;
            expect([back.dtype, back.shape]).to.deep.equal([dtype, shape]);
            expect(encode(back.values, dtype), `${key} ${dtype}`).to.deep.equal(bytes);
          }
          expect(writeSafetensors([...read.tensors].reverse(), read.metadata)).to.deep.equal(file);
        },
      ),
      { seed: 20261121, numRuns: 300 },
    );
  });

  it('is read wherever it lies in memory, and with blanks and escapes in its header', () => {
    const header = ` { "\\u0061\\"" : {"shape" : [ 2 ] ,"data_offsets":[0,8], "dtype":"F32"} , "__metadata__":{} }\n`;
    const file = fileOf(header, new Uint8Array(Float32Array.of(1, -0).buffer));
    for (const shift of [0, 1, 2, 3]) {
      const moved = new Uint8Array(file.length + shift);
      moved.set(file, shift);
      const { tensors } = readSafetensors(moved.subarray(shift));
      expect(tensors.get('a"')).to.deep.equal({ dtype: 'float32', shape: [2], values: Float32Array.of(1, -0) });
    }
  });

  it('keeps names that mean something to JavaScript', () => {
    const file = writeSafetensors([
      ['__proto__', { shape: [1], values: Float32Array.of(1) }],
      ['constructor', { shape: [1], values: Float32Array.of(2) }],
    ]);
    expect([...readSafetensors(file).tensors.keys()]).to.have.members(['__proto__', 'constructor']);
  });

  const four = new Uint8Array(4);
  const f32 = (offsets: string) => entry('F32', '[1]', offsets);
  const refusals: [title: string, file: Uint8Array, says: string][] = [
    ['nothing', new Uint8Array(0), 'shorter than the length of its header'],
    ['a header that is not all there', fileOf('{}', four, 99n), 'more than the file'],
    ['a header of 2^63 bytes', fileOf('{}', four, 2n ** 63n), 'more than 100000000'],
    ['a header that is not UTF-8', fileOf(Uint8Array.of(0x7b, 0xff, 0x7d)), 'not UTF-8'],
    ['a byte order mark', fileOf('\ufeff{}'), '"{" is expected'],
    ['a header that is not an object', fileOf('[]'), '"{" is expected'],
    ['text behind the header', fileOf('{} x'), 'something follows'],
    ['a name that comes twice', fileOf(`{"a":${f32('[0,4]')},"a":${f32('[4,8]')}}`, new Uint8Array(8)), '"a" twice'],
    ['a field that comes twice', fileOf('{"a":{"dtype":"F32","dtype":"F32"}}'), '"dtype" twice'],
    ['an unknown field', fileOf('{"a":{"strides":[1]}}'), 'unknown field "strides"'],
    ['a missing field', fileOf('{"a":{"dtype":"F32","shape":[]}}', four), 'needs dtype, shape and two data_offsets'],
    ['an unknown number type', fileOf(`{"a":${entry('F99', '[1]', '[0,4]')}}`, four), 'number type F99'],
    ['a negative size', fileOf(`{"a":${entry('F32', '[-1]', '[0,4]')}}`, four), 'a whole number'],
    ['a fraction', fileOf(`{"a":${entry('F32', '[1.0]', '[0,4]')}}`, four), '"]" is expected'],
    ['a number with a zero before it', fileOf(`{"a":${entry('F32', '[01]', '[0,4]')}}`, four), 'a whole number'],
    ['a number above 2^53', fileOf(`{"a":${entry('F32', '[9007199254740993]', '[0,4]')}}`, four), 'a whole number'],
    [
      'a count that overflows to what is there',
      fileOf(`{"a":${entry('F32', '[4294967296,4294967296,0]', '[0,0]')}}`),
      'too many elements',
    ],
    ['a size that does not fit', fileOf(`{"a":${entry('F32', '[2]', '[0,4]')}}`, four), 'needs 8 bytes and has 4'],
    ['ranges that run backwards', fileOf(`{"a":${entry('F32', '[1]', '[4,0]')}}`, four), 'needs 4 bytes and has -4'],
    ['a gap', fileOf(`{"a":${f32('[4,8]')}}`, new Uint8Array(8)), 'begins at byte 4 of the data, expected 0'],
    ['an overlap', fileOf(`{"a":${f32('[0,4]')},"b":${f32('[2,6]')}}`, new Uint8Array(6)), 'begins at byte 2'],
    [
      'data that is cut off',
      fileOf(`{"a":${f32('[0,4]')}}`, new Uint8Array(3)),
      'have 4 bytes of data, the file has 3',
    ],
    ['data behind the last tensor', fileOf(`{"a":${f32('[0,4]')}}`, new Uint8Array(5)), 'the file has 5'],
    ['metadata that is not text', fileOf('{"__metadata__":{"a":1}}'), '"\\"" is expected'.replace('\\', '')],
    ['half a character', fileOf('{"__metadata__":{"a":"\\ud800"}}'), 'half of a character'],
    ['a bad escape', fileOf('{"__metadata__":{"a":"\\x"}}'), 'as JSON writes strings'],
    ['a string without an end', fileOf('{"__metadata__'), 'does not end'],
    ['too many axes', fileOf(`{"a":${entry('F32', `[${'1,'.repeat(64)}1]`, '[0,4]')}}`, four), 'more than 64'],
  ];
  for (const [title, file, says] of refusals) {
    it(`refuses ${title}`, () => {
      expect(() => readSafetensors(file, 'net.safetensors'))
        .to.throw(DataError, says)
        .with.property('path', 'net.safetensors');
    });
  }

  it('refuses to write what could not be read back', () => {
    const values = Float32Array.of(1);
    expect(() => writeSafetensors([['a', { shape: [2], values }]])).to.throw(ShapeError, '"a" does not fill its shape');
    expect(() => writeSafetensors([['a', { dtype: 'int32', shape: [1], values }]])).to.throw(
      DtypeError,
      'Float32Array',
    );
    const twice = [['a', { shape: [1], values }] as const, ['a', { shape: [1], values }] as const];
    expect(() => writeSafetensors(twice)).to.throw(ValueError, '"a" twice');
    expect(() => writeSafetensors([['__metadata__', { shape: [1], values }]])).to.throw(ValueError, '__metadata__');
    expect(() => writeSafetensors([['\ud800', { shape: [1], values }]])).to.throw(ValueError, 'whole characters');
  });
});
