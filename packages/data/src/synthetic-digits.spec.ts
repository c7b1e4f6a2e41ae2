import { RandomStream, seed, ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import type { ArrayDataset } from './array-dataset.js';
import { syntheticDigits } from './synthetic-digits.js';

const digits = (count: number, from = 1) => syntheticDigits({ count, stream: new RandomStream(from) });

describe('syntheticDigits', () => {
  it('draws images of one map with values from 0 to 1', () => {
    const { shape, data } = digits(50);
    expect(shape).to.deep.equal([50, 1, 28, 28]);
    expect(data.every((value) => value >= 0 && value <= 1)).to.equal(true);
  });

  it('draws other sizes', () => {
    const { shape, data } = syntheticDigits({ count: 3, size: 40 });
    expect(shape).to.deep.equal([3, 1, 40, 40]);
    expect(data.length).to.equal(3 * 40 * 40);
  });

  it('draws each digit as often as the others, in random order', () => {
    const { labels } = digits(1003);
    const counts = new Array<number>(10).fill(0);
    for (const label of labels) counts[label]! += 1;
    expect([...counts].sort()).to.deep.equal([100, 100, 100, 100, 100, 100, 100, 101, 101, 101]);
    expect([...labels.subarray(0, 10)]).to.not.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('draws the same digits from the same stream, others from another', () => {
    expect(digits(20, 7)).to.deep.equal(digits(20, 7));
    expect(digits(20, 7).data).to.not.deep.equal(digits(20, 8).data);
    const seeded = () => {
      seed(3);
      return syntheticDigits({ count: 5 }).data;
    };
    expect(seeded()).to.deep.equal(seeded());
  });

  it('draws no two alike', () => {
    const dataset = digits(200);
    const images = Array.from({ length: 200 }, (_, i) => dataset.slice(i, i + 1).data.join());
    expect(new Set(images).size).to.equal(200);
  });

  it('covers about an eighth of each image with ink, as MNIST does, and leaves its corners free', () => {
    const dataset = syntheticDigits({ count: 300, stream: new RandomStream(2), noise: 0 });
    for (let i = 0; i < dataset.length; i++) {
      const image = dataset.slice(i, i + 1).data;
      const ink = image.reduce((sum, value) => sum + value, 0) / image.length;
      expect(ink, `digit ${i}, a ${dataset.labels[i]}`).to.be.within(0.02, 0.35);
      for (const corner of [0, 27, 27 * 28, 27 * 28 + 27]) expect(image[corner]).to.equal(0);
    }
    expect(dataset.data.reduce((sum, value) => sum + value, 0) / dataset.data.length).to.be.within(0.1, 0.16);
  });

  it('adds as much noise as asked for', () => {
    const noisy = syntheticDigits({ count: 50, stream: new RandomStream(2), noise: 0.1 });
    const corners = Array.from({ length: 50 }, (_, i) => noisy.data[i * 784]!);
    // Paper is cut off at 0, so half of a normal distribution is left: its mean is deviation / sqrt(2 pi).
    const mean = corners.reduce((sum, value) => sum + value, 0) / corners.length;
    expect(mean).to.be.within(0.02, 0.06);
    expect(Math.max(...corners)).to.be.within(0.1, 0.4);
  });

  it('draws classes that the nearest neighbour can tell apart, though not without mistakes', () => {
    const share = shareOfRightNeighbours(digits(1500, 1), digits(200, 2));
    expect(share).to.be.within(0.85, 0.999);
  });

  for (const [name, options] of [
    ['count', { count: 0 }],
    ['count', { count: 2.5 }],
    ['size', { count: 1, size: 7 }],
    ['size', { count: 1, size: 28.5 }],
    ['noise', { count: 1, noise: -0.1 }],
    ['noise', { count: 1, noise: NaN }],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      expect(() => syntheticDigits(options)).to.throw(ValueError, `${name} does not fit`);
    });
  }

  it('refuses more than fit in memory before it draws one', () => {
    expect(() => syntheticDigits({ count: 1e8 })).to.throw(ValueError, '100000000 digits of 28 x 28 pixels');
    expect(() => syntheticDigits({ count: 1, size: 1e6 })).to.throw(ValueError, 'at most 0');
  });
});

function shareOfRightNeighbours(known: ArrayDataset, asked: ArrayDataset): number {
  const right = Array.from(asked.labels).filter((label, i) => {
    const image = asked.data.subarray(i * 784, (i + 1) * 784);
    let nearest = 0;
    let nearestDistance = Infinity;
    for (let j = 0; j < known.length; j++) {
      let distance = 0;
      for (let k = 0; k < 784 && distance < nearestDistance; k++)
        distance += (image[k]! - known.data[j * 784 + k]!) ** 2;
      if (distance < nearestDistance) [nearest, nearestDistance] = [j, distance];
    }
    return known.labels[nearest] === label;
  });
  return right.length / asked.length;
}
