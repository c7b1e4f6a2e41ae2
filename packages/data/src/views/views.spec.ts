import { DataError, RandomStream, ShapeError, ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import { ArrayDataset } from '../array-dataset.js';
import type { Dataset } from '../dataset.js';
import { concatDatasets } from './concat-datasets.js';
import { filterSamples } from './filter-samples.js';
import { mapSamples } from './map-samples.js';
import { splitDataset } from './split-dataset.js';
import { subset } from './subset.js';
import { balancedWeights, weightedSamples } from './weighted-samples.js';

/** Samples of one number, which is theirs; every fourth is of class 1. */
const numbers = (count: number, first = 0) =>
  new ArrayDataset({
    data: Array.from({ length: count }, (_, i) => [first + i]),
    labels: Array.from({ length: count }, (_, i) => (i % 4 === 0 ? 1 : 0)),
  });

const all = (length: number) => Array.from({ length }, (_, i) => i);

describe('Views of datasets', () => {
  it('pick samples in an order of their own', () => {
    const view = subset(numbers(8), [4, 1, 4]);
    const { data, labels, indices, shape } = view.gather([2, 1]);
    expect([[...data], [...labels], [...indices], shape]).to.deep.equal([
      [4, 1],
      [1, 0],
      [2, 1],
      [2, 1],
    ]);
    expect(() => subset(numbers(2), [2])).to.throw(ValueError, '2 names no sample');
    expect(() => subset(numbers(2), [])).to.throw(DataError, 'no samples are left');
    expect(() => view.gather([3])).to.throw(ValueError, '3 names no sample');
  });

  it('filter by label and number', () => {
    const view = filterSamples(numbers(8), (label, index) => label === 1 || index === 7);
    expect([...view.gather(all(3)).data]).to.deep.equal([0, 4, 7]);
  });

  it('lie one behind the other', () => {
    const view = concatDatasets(numbers(2), numbers(3, 10), numbers(1, 20));
    expect(view.length).to.equal(6);
    expect([...view.gather([5, 0, 3, 1, 2]).data]).to.deep.equal([20, 0, 11, 1, 10]);
    expect([...view.gather([2, 0]).labels]).to.deep.equal([1, 1]);
    const wide = new ArrayDataset({ data: [[1, 2]], labels: [0] });
    expect(() => concatDatasets(numbers(1), wide)).to.throw(ShapeError, 'Expected [1], received [2]');
    expect(() => concatDatasets()).to.throw(DataError, 'at least one');
    expect(() => view.gather([6])).to.throw(ValueError, '0 to 5');
  });

  it('deal samples out by shares, each once, the same from the same seed', () => {
    const deal = () => splitDataset(numbers(10), [0.5, 0.3, 0.2], { stream: new RandomStream(3) });
    const parts = deal().map((part) => [...part.gather(all(part.length)).data]);
    expect(parts.map((part) => part.length)).to.deep.equal([5, 3, 2]);
    expect(parts.flat().sort((a, b) => a - b)).to.deep.equal(all(10));
    expect(deal().map((part) => [...part.gather(all(part.length)).data])).to.deep.equal(parts);
    expect(() => splitDataset(numbers(4), [0.9, 0.2])).to.throw(ValueError, '[0.9, 0.2]');
    expect(() => splitDataset(numbers(4), [0.9, 0.05])).to.throw(DataError, 'no samples are left');
  });

  it('deal out each class for itself', () => {
    const parts = splitDataset(subset(numbers(40), all(40)), [0.5, 0.5], { stratified: true });
    for (const part of parts) {
      const { labels } = part.gather(all(part.length));
      expect([labels.length, labels.reduce((sum, label) => sum + label, 0)]).to.deep.equal([20, 5]);
    }
  });

  it('draw samples as often as their weights say', () => {
    const dataset = numbers(8);
    const view = weightedSamples(dataset, balancedWeights(dataset.labels), { count: 400, stream: new RandomStream(5) });
    const { labels, indices } = view.gather(all(400));
    const ones = labels.reduce((sum, label) => sum + label, 0);
    expect(ones).to.be.within(160, 240);
    expect([...indices]).to.deep.equal(all(400));
    const [certain] = weightedSamples(dataset, [0, 0, 0, 1, 0, 0, 0, 0]).gather([0]).data;
    expect(certain).to.equal(3);
    for (const wrong of [[1], [0, 0, 0, 0, 0, 0, 0, 0], [-1, 1, 1, 1, 1, 1, 1, 1], [NaN, 1, 1, 1, 1, 1, 1, 1]])
      expect(() => weightedSamples(dataset, wrong)).to.throw(ValueError, '8 finite numbers');
  });

  it('change batches as they are gathered', () => {
    const view = mapSamples(numbers(4), ({ data }) => data.map((value) => value * 2));
    expect([...view.gather([3, 1])]).to.deep.equal([6, 2]);
  });

  for (const [name, view] of Object.entries({
    subset: (dataset: Dataset) => subset(dataset, [1]),
    filterSamples: (dataset: Dataset) => filterSamples(dataset, () => true),
    splitDataset: (dataset: Dataset) => splitDataset(dataset, [0.5]),
    concatDatasets: (dataset: Dataset) => concatDatasets(dataset),
    weightedSamples: (dataset: Dataset) => weightedSamples(dataset, [1]),
  }))
    it(`${name} refuses what is not a dataset`, () => {
      for (const wrong of [null, 5, { length: 3 }])
        expect(() => view(wrong as never)).to.throw(DataError, `${name} takes a dataset`);
    });
});
