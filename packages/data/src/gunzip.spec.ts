import { DataError } from '@tessera-nn/core';
import { expect } from 'chai';
import { gunzip } from './gunzip.js';

const text = new TextEncoder().encode('Handwritten digits. '.repeat(500));

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

async function errorOf(promise: Promise<unknown>): Promise<DataError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(DataError);
  return error as DataError;
}

describe('gunzip', () => {
  it('unpacks gzip data', async () => {
    const packed = await gzip(text);
    expect(packed.length).to.be.below(text.length / 10);
    expect(await gunzip(packed, 'x')).to.deep.equal(text);
  });

  it('unpacks a part of a buffer', async () => {
    const packed = await gzip(text);
    const padded = new Uint8Array(packed.length + 4).fill(9);
    padded.set(packed, 2);
    expect(await gunzip(padded.subarray(2, 2 + packed.length), 'x')).to.deep.equal(text);
  });

  it('gives back what is not packed', async () => {
    expect(await gunzip(text, 'x')).to.equal(text);
    expect(await gunzip(new Uint8Array(0), 'x')).to.have.length(0);
  });

  it('tells a file that is cut off anywhere', async () => {
    const packed = await gzip(text);
    for (const length of [2, 9, 15, packed.length - 9, packed.length - 1]) {
      const error = await errorOf(gunzip(packed.subarray(0, length), 'digits.gz'));
      expect(error.message).to.include('digits.gz is cut off or damaged').and.include(`received ${length} bytes`);
      expect(error.path).to.equal('digits.gz');
      expect(error.cause).to.be.instanceOf(Error);
    }
  });

  it('tells damaged data by its checksum', async () => {
    const packed = await gzip(text);
    packed[packed.length - 6]! ^= 1;
    expect((await errorOf(gunzip(packed, 'digits.gz'))).message).to.include('damaged');
  });

  it('gives up at a limit', async () => {
    const bomb = await gzip(new Uint8Array(20_000_000));
    const error = await errorOf(gunzip(bomb, 'bomb.gz', { limit: 1_000_000 }));
    expect(error.message).to.include('bomb.gz unpacks to more').and.include('at most 1000000 bytes');
    expect(await gunzip(bomb, 'bomb.gz', { limit: 20_000_000 })).to.have.length(20_000_000);
  });

  it('gives up at a limit that the data itself begins with', async () => {
    const bomb = await gzip(new Uint8Array(20_000_000).fill(5, 0, 1));
    const limit = (start: Uint8Array) => start[0]! * 10_000;
    const error = await errorOf(gunzip(bomb, 'bomb.gz', { limit }));
    expect(error.message).to.include('at most 50000 bytes');
    expect(Number(/at least (\d+)/.exec(error.message)![1])).to.be.lessThan(1_000_000);
  });
});
