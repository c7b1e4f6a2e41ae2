import { DataError, DtypeError, RandomStream, ShapeError, ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import { ArrayDataset } from './array-dataset.js';

/** Sample i holds the values 10i and 10i + 1, and has label i. */
const numbered = (count: number) =>
  new ArrayDataset({
    data: Array.from({ length: count }, (_, i) => [10 * i, 10 * i + 1]),
    labels: Array.from({ length: count }, (_, i) => i),
  });

describe('ArrayDataset', () => {
  it('keeps a weight for each sample in batches, slices and splits', () => {
    const samples = new ArrayDataset({ data: [[0], [1], [2], [3]], labels: [0, 1, 2, 3], weights: [1, 2, 3, 4] });
    expect([...samples.gather([2, 0]).weights!]).to.deep.equal([3, 1]);
    expect([...samples.slice(1, 3).weights!]).to.deep.equal([2, 3]);
    const [part] = samples.split(0.5);
    expect([...part.weights!]).to.deep.equal([...part.labels].map((label) => label + 1));
    expect(new ArrayDataset({ data: [[0]], labels: [0] }).gather([0])).to.not.have.property('weights');
    const make = (weights: number[]) => () => new ArrayDataset({ data: [[0], [1]], labels: [0, 1], weights });
    expect(make([1])).to.throw(ShapeError, '2 weights');
    expect(make([1, -1])).to.throw(DataError, 'The weight of sample 1');
    expect(make([NaN, 1])).to.throw(DataError, 'The weight of sample 0');
  });

  it('keeps a typed array under the shape it is given', () => {
    const data = new Float32Array(2 * 3 * 4);
    const dataset = new ArrayDataset({ data, shape: [2, 1, 3, 4], labels: new Int32Array(2) });
    expect(dataset.length).to.equal(2);
    expect(dataset.sampleShape).to.deep.equal([1, 3, 4]);
    expect(dataset.data).to.equal(data);
    expect(String(dataset)).to.equal('ArrayDataset(2 samples of [1, 3, 4])');
  });

  it('reads the shape of nested arrays', () => {
    const dataset = new ArrayDataset({ data: [[[1, 2, 3]], [[4, 5, 6]]], labels: [0, 1] });
    expect(dataset.shape).to.deep.equal([2, 1, 3]);
    expect([...dataset.data]).to.deep.equal([1, 2, 3, 4, 5, 6]);
  });

  it('takes nested numbers under another shape of the same size', () => {
    expect(new ArrayDataset({ data: [1, 2, 3, 4], shape: [2, 2], labels: [0, 1] }).sampleShape).to.deep.equal([2]);
  });

  it('gathers samples in the order asked for, also twice', () => {
    const batch = numbered(4).gather([3, 0, 3]);
    expect(batch.shape).to.deep.equal([3, 2]);
    expect([...batch.data]).to.deep.equal([30, 31, 0, 1, 30, 31]);
    expect([...batch.labels]).to.deep.equal([3, 0, 3]);
    expect([...batch.indices]).to.deep.equal([3, 0, 3]);
  });

  it('hands out copies', () => {
    const dataset = numbered(2);
    dataset.gather([1]).data.fill(-1);
    expect([...dataset.data]).to.deep.equal([0, 1, 10, 11]);
  });

  for (const wrong of [-1, 4, 1.5, NaN]) {
    it(`refuses to gather sample ${wrong} of 4`, () => {
      expect(() => numbered(4).gather([0, wrong]))
        .to.throw(ValueError, 'indices[1]')
        .with.property('message')
        .that.includes('from 0 to 3')
        .and.includes(`received ${wrong}`);
    });
  }

  it('refuses an empty batch', () => {
    expect(() => numbered(4).gather([])).to.throw(DataError, 'A batch cannot be empty');
  });

  it('slices without copying', () => {
    const dataset = numbered(5);
    const middle = dataset.slice(1, 3);
    expect([...middle.labels]).to.deep.equal([1, 2]);
    expect([...middle.gather([0]).data]).to.deep.equal([10, 11]);
    expect(middle.data.buffer).to.equal(dataset.data.buffer);
    expect([...dataset.slice(3).labels]).to.deep.equal([3, 4]);
  });

  for (const [from, to] of [
    [2, 2],
    [3, 1],
    [-1, 2],
    [0, 6],
    [0.5, 2],
  ] as const) {
    it(`refuses to slice 5 samples from ${from} to ${to}`, () => {
      expect(() => numbered(5).slice(from, to)).to.throw(ValueError, `from ${from} to ${to}`);
    });
  }

  it('splits at random into parts that share no sample and lose none', () => {
    const [first, second] = numbered(100).split(0.8, new RandomStream(1));
    expect([first.length, second.length]).to.deep.equal([80, 20]);
    const labels = [...first.labels, ...second.labels];
    expect(labels).to.not.deep.equal([...numbered(100).labels]);
    expect(labels.sort((a, b) => a - b)).to.deep.equal([...numbered(100).labels]);
    first.labels.forEach((label, i) => expect(first.data[2 * i]).to.equal(10 * label));
  });

  it('splits the same way for the same stream', () => {
    const labels = (seed: number) => [...numbered(50).split(0.5, new RandomStream(seed))[0].labels];
    expect(labels(3)).to.deep.equal(labels(3));
    expect(labels(3)).to.not.deep.equal(labels(4));
  });

  for (const fraction of [0, 1, -0.5, 0.01, 0.99, NaN]) {
    it(`refuses to split 10 samples at ${fraction}`, () => {
      expect(() => numbered(10).split(fraction)).to.throw(ValueError, `received ${fraction}`);
    });
  }

  it('takes data and labels in any typed array, as numbers', () => {
    const { data } = new ArrayDataset({ data: Uint8Array.of(0, 10, 255, 1), shape: [2, 2], labels: [0, 1] });
    expect([...data]).to.deep.equal([0, 10, 255, 1]);
    for (const labels of [Uint8Array.of(7, 9), BigInt64Array.of(7n, 9n), Float64Array.of(7, 9)]) {
      expect([...new ArrayDataset({ data: [[1], [2]], labels }).labels]).to.deep.equal([7, 9]);
    }
    expect(() => new ArrayDataset({ data: [[1], [2]], labels: BigInt64Array.of(7n, 2n ** 40n) })).to.throw(
      DataError,
      'label of sample 1',
    );
    expect(() => new ArrayDataset({ data: new Uint8Array(4), labels: [0] })).to.throw(ShapeError, 'needs its shape');
  });

  it('names both numbers when labels are missing', () => {
    expect(() => new ArrayDataset({ data: [[1], [2], [3]], labels: [0, 1] })).to.throw(
      ShapeError,
      'shape [3, 1] needs one label per sample. Expected 3 labels, received 2.',
    );
  });

  it('names both numbers when the data does not fill its shape', () => {
    const data = new Float32Array(7);
    expect(() => new ArrayDataset({ data, shape: [2, 4], labels: [0, 1] })).to.throw(
      ShapeError,
      'does not fill the shape [2, 4]. Expected 8 values, received 7.',
    );
  });

  it('asks for the shape of a typed array', () => {
    expect(() => new ArrayDataset({ data: new Float32Array(4), labels: [0] })).to.throw(ShapeError, 'needs its shape');
  });

  it('refuses shapes that are not positive whole numbers', () => {
    const data = new Float32Array(4);
    for (const shape of [[], [2, 0], [2, -2], [1.5, 2]]) {
      expect(() => new ArrayDataset({ data, shape, labels: [0, 1] })).to.throw(ShapeError, 'positive whole numbers');
    }
  });

  it('points at the sample that is ragged', () => {
    expect(() => new ArrayDataset({ data: [[1, 2], [3]], labels: [0, 1] })).to.throw(
      ShapeError,
      'Nested data[1] does not have the shape of its neighbours: the arrays are ragged. Expected an array of 2, received an array of 1.',
    );
    expect(() => new ArrayDataset({ data: [[1, 2], 3], labels: [0, 1] })).to.throw(ShapeError, 'data[1]');
    expect(() => new ArrayDataset({ data: [1, [2]], labels: [0, 1] })).to.throw(ShapeError, 'Expected a number');
  });

  it('points at what is not a number', () => {
    const data = [[1], ['2']] as unknown as number[][];
    expect(() => new ArrayDataset({ data, labels: [0, 1] })).to.throw(DtypeError, 'Nested data[1][0] is not a number');
  });

  it('refuses to be empty', () => {
    expect(() => new ArrayDataset({ data: [], labels: [] })).to.throw(DataError, 'A dataset cannot be empty');
    expect(() => new ArrayDataset({ data: new Float32Array(0), shape: [0, 1, 28, 28], labels: [] })).to.throw(
      DataError,
      'received shape [0, 1, 28, 28]',
    );
  });

  for (const wrong of [NaN, Infinity, -Infinity]) {
    it(`names the sample that holds ${wrong}`, () => {
      expect(
        () =>
          new ArrayDataset({
            data: [
              [1, 2],
              [3, wrong],
            ],
            labels: [0, 1],
          }),
      )
        .to.throw(DataError, 'Sample 1 ')
        .with.property('message')
        .that.includes(`received ${wrong} as value 1 of the sample`)
        .and.includes('checkFinite: false');
    });
  }

  it('keeps values that are not finite when told to', () => {
    const dataset = new ArrayDataset({ data: [[1], [NaN]], labels: [0, 1], checkFinite: false });
    expect(dataset.data[1]).to.be.NaN;
    expect(dataset.slice(1).data[0]).to.be.NaN;
  });

  it('names the label that is not a whole number', () => {
    expect(() => new ArrayDataset({ data: [[1], [2]], labels: [0, 0.5] })).to.throw(
      DataError,
      'The label of sample 1 is not a class number. Expected whole numbers, received 0.5.',
    );
  });
});
