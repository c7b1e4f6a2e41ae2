import { RandomStream, seed, ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import fc from 'fast-check';
import { ArrayDataset } from './array-dataset.js';
import { batches } from './batches.js';
import type { Batch } from './dataset.js';

/** Sample i holds the value i and has label i. */
const numbered = (count: number) => {
  const values = Array.from({ length: count }, (_, i) => i);
  return new ArrayDataset({ data: values.map((value) => [value]), labels: values });
};
const labelsOf = (cut: Iterable<Batch>) => Array.from(cut, ({ labels }) => [...labels]);

describe('batches', () => {
  it('goes through the samples in order when not shuffling, and keeps a short last batch', () => {
    const cut = [...batches(numbered(7), { batchSize: 3, shuffle: false })];
    expect(cut.map(({ shape }) => shape)).to.deep.equal([
      [3, 1],
      [3, 1],
      [1, 1],
    ]);
    expect(cut.map(({ data }) => [...data])).to.deep.equal([[0, 1, 2], [3, 4, 5], [6]]);
    expect(cut.map(({ indices }) => [...indices])).to.deep.equal([[0, 1, 2], [3, 4, 5], [6]]);
  });

  it('cuts whatever gathers samples by number, as for networks of several inputs', () => {
    const gather = (indices: ArrayLike<number>) => ({ data: [Array.from(indices), indices.length] as const });
    const cut = [...batches({ length: 5, gather }, { batchSize: 3, shuffle: false })];
    expect(cut.map(({ data: [first, second] }) => [...first, second])).to.deep.equal([
      [0, 1, 2, 3],
      [3, 4, 2],
    ]);
  });

  it('drops a short last batch on request', () => {
    expect(labelsOf(batches(numbered(7), { batchSize: 3, shuffle: false, dropLast: true }))).to.have.length(2);
    expect(labelsOf(batches(numbered(6), { batchSize: 3, shuffle: false, dropLast: true }))).to.have.length(2);
  });

  it('shuffles by default, the same way for the same stream', () => {
    const once = (from: number) => labelsOf(batches(numbered(50), { batchSize: 8, stream: new RandomStream(from) }));
    expect(once(1)).to.deep.equal(once(1));
    expect(once(1)).to.not.deep.equal(once(2));
    expect(once(1).flat()).to.not.deep.equal([...numbered(50).labels]);
  });

  it('draws from the shared stream unless it is given one', () => {
    const seeded = () => {
      seed(5);
      return labelsOf(batches(numbered(20), { batchSize: 4 }));
    };
    expect(seeded()).to.deep.equal(seeded());
  });

  it('moves samples between batches, not batches as blocks', () => {
    const stream = new RandomStream(1);
    const companionsOf0 = () =>
      labelsOf(batches(numbered(64), { batchSize: 8, stream }))
        .find((labels) => labels.includes(0))!
        .filter((label) => label !== 0)
        .sort((a, b) => a - b);
    const epochs = Array.from({ length: 5 }, companionsOf0);
    expect(new Set(epochs.map(String)).size).to.equal(5);
    expect(epochs.map(String)).to.not.include('1,2,3,4,5,6,7');
  });

  it('gives every sample once, whatever the sizes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 120 }), (count, batchSize) => {
        const cut = labelsOf(batches(numbered(count), { batchSize, stream: new RandomStream(count) }));
        expect(cut).to.have.length(Math.ceil(count / batchSize));
        expect(cut.flat().sort((a, b) => a - b)).to.deep.equal([...numbered(count).labels]);
      }),
    );
  });

  it('keeps data and labels together', () => {
    for (const { data, labels } of batches(numbered(30), { batchSize: 7 })) {
      expect([...data]).to.deep.equal([...labels]);
    }
  });

  for (const batchSize of [0, -1, 2.5, NaN, Infinity]) {
    it(`refuses a batch size of ${batchSize} at once`, () => {
      expect(() => batches(numbered(4), { batchSize })).to.throw(
        ValueError,
        `batchSize does not fit. Expected a whole number from 1, received ${batchSize}.`,
      );
    });
  }

  it('refuses to drop the only batch', () => {
    expect(() => batches(numbered(4), { batchSize: 5, dropLast: true })).to.throw(
      ValueError,
      'dropLast would leave nothing of 4 samples. Expected a batchSize of at most 4, received 5.',
    );
  });
});
