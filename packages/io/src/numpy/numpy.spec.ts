import { DataError, DtypeError, ShapeError } from '@tessera-nn/core';
import { expect } from 'chai';
import fc from 'fast-check';
import { decode, encode, numberTypes } from '../tensors/number-types.js';
import { writeZip } from '../zip/write-zip.js';
import { readNpy, writeNpy } from './npy.js';
import { readNpz, writeNpz } from './npz.js';
import { numpyFiles } from './numpy.golden.js';

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const npy = (header: string, data = new Uint8Array(0), version = 1): Uint8Array => {
  const text = new TextEncoder().encode(header);
  const head = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, text.length & 255, text.length >> 8);
  return Uint8Array.of(...head, ...text, ...data);
};
const header = (descr: string, shape: string, order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;

describe('npy', () => {
  it('is read as NumPy wrote it, whatever the order of bytes and axes', () => {
    expect(readNpy(bytesOf(numpyFiles.c))).to.deep.equal({
      dtype: 'float32',
      shape: [2, 3],
      values: Float32Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5),
    });
    const fortran = readNpy(bytesOf(numpyFiles.fortran));
    expect(fortran).to.deep.equal({
      dtype: 'int16',
      shape: [2, 3, 4],
      values: Int16Array.from({ length: 24 }, (_, i) => i),
    });
    expect(readNpy(bytesOf(numpyFiles.big)).values).to.deep.equal(BigInt64Array.of(1n, -2n, 2n ** 40n));
    expect(readNpy(bytesOf(numpyFiles.bool))).to.deep.equal({
      dtype: 'bool',
      shape: [2, 1],
      values: Uint8Array.of(1, 0),
    });
    expect(readNpy(bytesOf(numpyFiles.half))).to.deep.equal({
      dtype: 'float16',
      shape: [],
      values: Float32Array.of(0.3330078125),
    });
    expect(readNpy(bytesOf(numpyFiles.empty))).to.deep.equal({
      dtype: 'float64',
      shape: [0, 3],
      values: new Float64Array(),
    });
  });

  it('is written to the byte as NumPy writes it', () => {
    for (const name of ['c', 'bool', 'half', 'empty'] as const) {
      const file = bytesOf(numpyFiles[name]);
      expect(writeNpy(readNpy(file)), name).to.deep.equal(file);
    }
  });

  it('gives back every number type to the bit', () => {
    const cases = fc.tuple(fc.constantFrom(...numberTypes.filter((type) => type !== 'bfloat16')), fc.uint8Array());
    fc.assert(
      fc.property(cases, ([dtype, bytes]) => {
        const whole = bytes.slice(0, bytes.length - (bytes.length % 8));
        const values = decode(dtype === 'bool' ? whole.map((byte) => byte & 1) : whole, dtype);
        const back = readNpy(writeNpy({ dtype, shape: [values.length, 1], values }));
        expect([back.dtype, back.shape]).to.deep.equal([dtype, [values.length, 1]]);
        expect(encode(back.values, dtype)).to.deep.equal(encode(values, dtype));
      }),
      { seed: 20261121, numRuns: 200 },
    );
  });

  const four = new Uint8Array(4);
  const refusals: [title: string, file: Uint8Array, says: string][] = [
    ['nothing', new Uint8Array(0), 'does not begin as one'],
    ['another format', new Uint8Array(100), 'does not begin as one'],
    ['an unknown version', npy(header('<f4', '(1,)'), four, 4), 'version is not known'],
    ['a header that is cut off', npy(header('<f4', '(1,)')).subarray(0, 20), 'cut off'],
    ['a header that is too long', npy(header('<f4', '(1,)').padEnd(10_001), four), 'more than 10000'],
    ['Python objects', bytesOf(numpyFiles.object), 'it holds "|O"'],
    ['records', bytesOf(numpyFiles.record), 'header is damaged'],
    ['text', npy(header('<U4', '(1,)'), four), 'it holds "<U4"'],
    ['no byte order', npy(header('|f4', '(1,)'), four), 'it holds "|f4"'],
    ['code', npy(`{'descr': __import__('os')}`), 'header is damaged'],
    ['a field that comes twice', npy(`{'descr': '<f4', 'descr': '<f4', 'shape': (1,)}`, four), 'comes twice'],
    ['a field too many', npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (), 'a': ()}`, four), 'damaged'],
    ['a number that is not a tuple', npy(header('<f4', '(1)'), four), 'shape is none'],
    ['too many axes', npy(header('<f4', `(${'1,'.repeat(65)})`), four), 'more than 64 axes'],
    ['a count that overflows', npy(header('<f4', `(${2 ** 40}, ${2 ** 40})`), four), 'too many'],
    ['too little data', npy(header('<f4', '(2,)'), four), 'needs 8 bytes, 4 are there'],
    ['too much data', npy(header('<f4', '()'), new Uint8Array(5)), 'needs 4 bytes, 5 are there'],
  ];
  for (const [title, file, says] of refusals) {
    it(`refuses ${title}`, () => {
      expect(() => readNpy(file, 'a.npy'))
        .to.throw(DataError, says)
        .with.property('path', 'a.npy');
    });
  }

  it('refuses to write what NumPy has not, or what does not fit', () => {
    const values = Float32Array.of(1);
    expect(() => writeNpy({ dtype: 'bfloat16', shape: [1], values })).to.throw(DtypeError, 'no bfloat16');
    expect(() => writeNpy({ shape: [2], values })).to.throw(ShapeError, 'does not fill');
  });
});

describe('npz', () => {
  const arrays = [
    ['a', { dtype: 'float32', shape: [2], values: Float32Array.of(1, 2) }],
    ['b', { dtype: 'int32', shape: [], values: Int32Array.of(7) }],
  ] as const;

  it('is read as NumPy wrote it, packed or not', async () => {
    expect(await readNpz(bytesOf(numpyFiles.npz))).to.deep.equal(new Map<string, unknown>(arrays));
    const packed = await readNpz(bytesOf(numpyFiles.npzc));
    expect(packed.get('a')).to.deep.equal({ dtype: 'float32', shape: [100], values: new Float32Array(100) });
  });

  it('comes back as it was written, packed or not', async () => {
    const plain = await writeNpz(arrays);
    expect(await writeNpz(arrays)).to.deep.equal(plain);
    expect(await readNpz(plain)).to.deep.equal(new Map<string, unknown>(arrays));
    const zeros = [['zeros', { shape: [9000], values: new Float32Array(9000) }]] as const;
    const packed = await writeNpz(zeros, { compress: true });
    expect(packed.length).to.be.lessThan(1000);
    expect((await readNpz(packed)).get('zeros')!.values).to.deep.equal(new Float32Array(9000));
  });

  it('is unpacked up to a limit only', async () => {
    const packed = bytesOf(numpyFiles.npzc);
    await refused(readNpz(packed, { limit: 527 }), 'at most 527 bytes, received 528 bytes');
    expect((await readNpz(packed, { limit: 528 })).size).to.equal(1);
  });

  it('refuses what lies beside arrays', async () => {
    await refused(readNpz(await writeZip([['readme.txt', Uint8Array.of(1)]])), '"readme.txt" is not an array');
    await refused(readNpz(await writeZip([['a.npy', Uint8Array.of(1)]]), { source: 'w.npz' }), '"a.npy" in w.npz');
  });

  const changes: [title: string, change: (file: Uint8Array, view: DataView) => Uint8Array | void, says: string][] = [
    ['a file without an end', (file) => file.subarray(0, -1), 'no directory'],
    ['a file with something before it', (file) => Uint8Array.of(0, ...file), 'does not end where it should'],
    ['a file in two parts', (file, view) => view.setUint16(file.length - 18, 1, true), 'in several parts'],
    [
      'an entry too many',
      (file, view) => [12, 14].forEach((at) => view.setUint16(file.length - at, 3, true)),
      'damaged',
    ],
    [
      'an entry too few',
      (file, view) => [12, 14].forEach((at) => view.setUint16(file.length - at, 1, true)),
      'more than',
    ],
    ['encryption', (file, view) => view.setUint16(directory(view, file) + 8, 1, true), 'encrypted'],
    ['zip64', (file, view) => view.setUint32(directory(view, file) + 24, 0xffffffff, true), 'zip64'],
    ['a false CRC', (file, view) => view.setUint32(directory(view, file) + 16, 1, true), 'checksum'],
    ['a flipped bit', (file) => void (file[150]! ^= 1), 'checksum'],
    ['another size', (file, view) => view.setUint32(directory(view, file) + 24, 1, true), 'cannot have the size'],
    ['another method', (file, view) => view.setUint16(directory(view, file) + 10, 12, true), 'described in two ways'],
    [
      'an entry elsewhere',
      (file, view) => view.setUint32(directory(view, file) + 42, 9, true),
      'not where it should be',
    ],
  ];
  for (const [title, change, says] of changes) {
    it(`refuses ${title}`, async () => {
      const file = await writeNpz(arrays);
      const view = new DataView(file.buffer);
      await refused(readNpz(change(file, view) ?? file), says);
    });
  }

  it('refuses a name that comes twice', async () => {
    await refused(readNpz(await writeNpz([arrays[0], arrays[0]])), '"a.npy" twice');
  });

  it('refuses an entry that lies in another, as zip bombs do', async () => {
    const file = await writeNpz([arrays[0], ['c', arrays[0][1]]]);
    const view = new DataView(file.buffer);
    const first = directory(view, file);
    view.setUint32(first + 46 + 5 + 42, 0, true);
    await refused(readNpz(file), 'overlaps');
  });

  it('refuses packed data that gives more or less than it says', async () => {
    const zeros = [['a', { shape: [100], values: new Float32Array(100) }]] as const;
    for (const size of [527, 529]) {
      const file = await writeNpz(zeros, { compress: true });
      const view = new DataView(file.buffer);
      view.setUint32(directory(view, file) + 24, size, true);
      await refused(readNpz(file), size === 527 ? 'more than the 527 bytes' : 'gives 528 bytes, expected 529');
    }
  });
});

/** Where the directory of a zip file without a comment begins. */
const directory = (view: DataView, file: Uint8Array) => view.getUint32(file.length - 6, true);

async function refused(work: Promise<unknown>, says: string): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(DataError);
  expect((error as Error).message).to.include(says);
}
