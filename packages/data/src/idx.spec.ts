import { DataError } from '@tessera-nn/core';
import { expect } from 'chai';
import fc from 'fast-check';
import { parseIdx } from './idx.js';

const header = (code: number, ...shape: number[]) => [
  ...[0, 0, code, shape.length],
  ...shape.flatMap((length) => [length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]),
];
const file = (code: number, shape: number[], body: number[]) => Uint8Array.from([...header(code, ...shape), ...body]);
const small = file(0x08, [2, 3], [1, 2, 3, 4, 5, 255]);

describe('parseIdx', () => {
  it('reads unsigned bytes without copying them', () => {
    const { dtype, shape, values } = parseIdx(small, 'a file');
    expect(dtype).to.equal('uint8');
    expect(shape).to.deep.equal([2, 3]);
    expect(values).to.deep.equal(Uint8Array.of(1, 2, 3, 4, 5, 255));
    expect(values.buffer).to.equal(small.buffer);
  });

  it('reads every other type, big end first', () => {
    const values = (code: number, length: number, body: number[]) => parseIdx(file(code, [length], body), 'x').values;
    expect(values(0x09, 2, [1, 255])).to.deep.equal(Int8Array.of(1, -1));
    expect(values(0x0b, 2, [1, 2, 255, 254])).to.deep.equal(Int16Array.of(258, -2));
    expect(values(0x0c, 1, [0x80, 0, 0, 1])).to.deep.equal(Int32Array.of(-(2 ** 31) + 1));
    expect(values(0x0d, 2, [0x3f, 0xc0, 0, 0, 0xbf, 0, 0, 0])).to.deep.equal(Float32Array.of(1.5, -0.5));
    expect(values(0x0e, 1, [0xc0, 0x04, 0, 0, 0, 0, 0, 0])).to.deep.equal(Float64Array.of(-2.5));
  });

  it('reads a file that begins in the middle of a buffer', () => {
    const padded = new Uint8Array(small.length + 7).fill(9);
    padded.set(small, 3);
    expect([...parseIdx(padded.subarray(3, 3 + small.length), 'x').values]).to.deep.equal([1, 2, 3, 4, 5, 255]);
  });

  it('reads an array without values', () => {
    expect(parseIdx(file(0x08, [0, 28, 28], []), 'x')).to.deep.include({ shape: [0, 28, 28] });
  });

  const refuses = (title: string, bytes: Uint8Array, ...parts: string[]) =>
    it(`refuses ${title}`, () => {
      const error = errorOf(() => parseIdx(bytes, 'train-images'));
      expect(error).to.be.instanceOf(DataError);
      expect(error.path).to.equal('train-images');
      for (const part of ['train-images', ...parts]) expect(error.message).to.include(part);
    });

  refuses('no bytes', new Uint8Array(0), 'is not an IDX file', 'no bytes at all');
  refuses('two bytes', Uint8Array.of(0, 0), 'is not an IDX file', 'received 00 00.');
  refuses('a foreign mark', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1), 'begin with 00 00', 'received 89 50 4e 47');
  refuses('an unknown type', Uint8Array.of(0, 0, 0x0a, 1, 0, 0, 0, 0), 'type code', 'received 00 00 0a 01');
  refuses('rank 0', Uint8Array.of(0, 0, 8, 0, 7), 'a rank of at least 1');
  refuses('a file still packed', Uint8Array.of(0x1f, 0x8b, 8, 0), 'gunzip');
  refuses('a web page', new TextEncoder().encode('<!doctype html>'), 'web page');
  refuses(
    'a header cut off',
    small.subarray(0, 11),
    'inside its header',
    'Expected 12 bytes for rank 2',
    'received 11',
  );
  refuses('missing values', small.subarray(0, 15), 'is cut off', 'Expected 6 bytes', '[2, 3]', 'received 3');
  refuses('bytes after the end', Uint8Array.of(...small, 0), 'goes on after its last value', 'received 7');
  refuses(
    'lengths that no computer could hold',
    file(0x0e, [0xffffffff, 0xffffffff, 0xffffffff], [1, 2, 3]),
    'is cut off',
    `Expected ${8n * 0xffffffffn ** 3n} bytes`,
    'received 3',
  );
  refuses('255 axes', Uint8Array.of(0, 0, 8, 255, ...new Array<number>(1020).fill(255)), 'is cut off');

  it('throws nothing but DataError on damaged files, and allocates no more than they hold', () => {
    const edit = fc.record({ at: fc.nat(small.length - 1), value: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 6 }), fc.nat(small.length), fc.uint8Array(), (edits, length, tail) => {
        const damaged = Uint8Array.of(...small.subarray(0, length), ...tail);
        for (const { at, value } of edits) if (at < damaged.length) damaged[at] = value;
        try {
          expect(parseIdx(damaged, 'damaged').values.byteLength).to.be.at.most(damaged.length);
        } catch (error) {
          expect(error).to.be.instanceOf(DataError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function errorOf(act: () => unknown): DataError {
  try {
    act();
  } catch (error) {
    return error as DataError;
  }
  throw new Error('nothing was thrown');
}
