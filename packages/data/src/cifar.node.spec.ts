import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DataError, ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import { loadCifar10, loadCifar100 } from './cifar.js';
import { loadFashionMnist } from './fashion-mnist.js';

const PIXELS = 3 * 32 * 32;

/** Images of one brightness each, with these labels before their pixels. */
const rows = (...labels: number[][]) =>
  Buffer.concat(labels.map((own, i) => Buffer.concat([Buffer.from(own), Buffer.alloc(PIXELS, 51 * (i + 1))])));

/** A tar archive of these files. */
function tar(files: Readonly<Record<string, Buffer>>): Buffer {
  const parts = Object.entries(files).flatMap(([name, bytes]) => {
    const header = Buffer.alloc(512);
    header.write(name);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('0', 156);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

describe('loadCifar10 and loadCifar100', () => {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'tessera-cifar-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const batches = Object.fromEntries([1, 2, 3, 4, 5].map((part) => [`data_batch_${part}.bin`, rows([part])] as const));

  it('read a folder of files', async () => {
    for (const [name, bytes] of Object.entries({ ...batches, 'test_batch.bin': rows([9], [0]) })) {
      await writeFile(join(folder, name), bytes);
    }
    const { train, test } = await loadCifar10({ folder });
    expect([train.shape, [...train.labels]]).to.deep.equal([
      [5, 3, 32, 32],
      [1, 2, 3, 4, 5],
    ]);
    expect([[...test.labels], test.data[0], test.data.at(-1)]).to.deep.equal([
      [9, 0],
      Math.fround(0.2),
      Math.fround(0.4),
    ]);
  });

  it('read the archive as it is published', async () => {
    const files = { ...batches, 'test_batch.bin': rows([9]) };
    const inFolder = Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [`cifar-10-batches-bin/${name}`, bytes]),
    );
    await writeFile(join(folder, 'cifar-10-binary.tar.gz'), gzipSync(tar(inFolder)));
    expect((await loadCifar10({ folder })).train.length).to.equal(5);
  });

  it('read fine and coarse labels', async () => {
    await writeFile(
      join(folder, 'cifar-100-binary.tar'),
      tar({ 'train.bin': rows([3, 99]), 'test.bin': rows([19, 0]) }),
    );
    expect((await loadCifar100({ folder })).train.labels[0]).to.equal(99);
    expect((await loadCifar100({ folder, labels: 'coarse' })).test.labels[0]).to.equal(19);
  });

  it('say what is missing, and what is wrong with files', async () => {
    const refuse = async (says: string) => {
      const error = await loadCifar100({ folder, labels: 'coarse' }).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(DataError);
      expect(String(error)).to.include(says);
    };
    await refuse('There is no train.bin of CIFAR-100');
    await writeFile(join(folder, 'test.bin'), rows([1, 1]));
    await writeFile(join(folder, 'train.bin'), rows([1, 1]).subarray(1));
    await refuse('Expected a multiple of 3074 bytes');
    await writeFile(join(folder, 'train.bin'), rows([20, 1]));
    await refuse('Expected 0 to 19, received 20 of image 0');
    await rm(join(folder, 'test.bin'));
    await writeFile(join(folder, 'cifar-100-binary.tar'), Buffer.alloc(600, 'x'));
    await refuse('is not a tar archive');
    expect(() => loadCifar10({} as never)).to.throw(ValueError, 'folder is missing');
  });

  it('have a sister in loadFashionMnist, which takes names with dots', async () => {
    const int32 = (value: number) => [0, 0, 0, value];
    const images = Buffer.from([0, 0, 8, 3, ...[1, 28, 28].flatMap(int32), ...new Array<number>(784).fill(255)]);
    const labels = Buffer.from([0, 0, 8, 1, ...int32(1), 9]);
    for (const part of ['train', 't10k']) {
      await writeFile(join(folder, `${part}-images.idx3-ubyte`), images);
      await writeFile(join(folder, `${part}-labels.idx1-ubyte`), labels);
    }
    const { train, test } = await loadFashionMnist({ folder });
    expect([train.labels[0], test.shape]).to.deep.equal([9, [1, 1, 28, 28]]);
  });
});
