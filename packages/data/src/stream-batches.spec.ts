import { DataError, RandomStream, ShapeError } from '@tessera-nn/core';
import { expect } from 'chai';
import { streamBatches, type Sample } from './stream-batches.js';

/** Samples of one number; says how many were taken, and whether the source was left. */
function counting(count: number) {
  const seen = { taken: 0, left: false };
  async function* source(): AsyncGenerator<Sample> {
    try {
      for (let i = 0; i < count; i++) {
        seen.taken++;
        yield await Promise.resolve({ data: [i], shape: [1], label: i % 3 });
      }
    } finally {
      seen.left = true;
    }
  }
  return { source: source(), seen };
}

async function all(batches: AsyncIterable<{ data: Float32Array }>): Promise<number[][]> {
  const list: number[][] = [];
  for await (const { data } of batches) list.push([...data]);
  return list;
}

describe('streamBatches', () => {
  it('cuts what comes into batches, in order, the last one short or left out', async () => {
    expect(await all(streamBatches(counting(5).source, { batchSize: 2 }))).to.deep.equal([[0, 1], [2, 3], [4]]);
    expect(await all(streamBatches(counting(5).source, { batchSize: 2, dropLast: true }))).to.have.length(2);
    const [, second] = [...(await collect(streamBatches(counting(5).source, { batchSize: 2 })))];
    expect([[...second!.indices], [...second!.labels], second!.shape]).to.deep.equal([
      [2, 3],
      [2, 0],
      [2, 1],
    ]);
  });

  it('draws the next sample from several, each once, the same from the same seed', async () => {
    const run = () =>
      all(streamBatches(counting(20).source, { batchSize: 20, shuffle: 6, stream: new RandomStream(1) }));
    const [[order]] = [await run()];
    expect(order).not.to.deep.equal([...order!].sort((a, b) => a - b));
    expect([...order!].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, i) => i));
    expect(await run()).to.deep.equal([order]);
  });

  it('works ahead by as many batches as it is told, and ends the source when the loop is left', async () => {
    const { source, seen } = counting(100);
    for await (const _ of streamBatches(source, { batchSize: 2, ahead: 2 })) {
      await new Promise((done) => setTimeout(done));
      expect(seen.taken).to.equal(6);
      break;
    }
    expect(seen.left).to.equal(true);
  });

  it('refuses samples of other shapes, and passes on what the source throws', async () => {
    const samples = [
      { data: [1], shape: [1], label: 0 },
      { data: [1, 2], shape: [2], label: 0 },
    ];
    expect(await failure(samples)).to.be.instanceOf(ShapeError);
    expect(await failure([{ data: [1], shape: [1], label: 0.5 }])).to.be.instanceOf(DataError);
    async function* broken(): AsyncGenerator<Sample> {
      yield await Promise.resolve(samples[0]!);
      throw new RangeError('on purpose');
    }
    expect(await failure(broken())).to.be.instanceOf(RangeError);
  });

  const failure = (source: AsyncIterable<Sample> | Iterable<Sample>): Promise<unknown> =>
    all(streamBatches(source, { batchSize: 2 })).catch((error: unknown) => error);

  async function collect<T>(batches: AsyncIterable<T>): Promise<T[]> {
    const list: T[] = [];
    for await (const batch of batches) list.push(batch);
    return list;
  }
});
