import { expect } from 'chai';
import { forEachWindow, pooledShape, type PoolGeometry } from './pool-geometry.js';
import { shownPair, windowGeometry, windowOf, windowPositions } from './window.js';

describe('A window', () => {
  it('is the same for both axes where one number is given', () => {
    const both = { size: [3, 3], stride: [1, 2], pad: [0, 0], dilation: [1, 1] };
    expect(windowOf({ size: 3, stride: [1, 2], pad: 0 })).to.deep.equal(both);
  });

  it('prints a pair as one number where both are the same', () => {
    expect([shownPair([2, 2]), shownPair([2, 3])]).to.deep.equal(['2', '[2, 3]']);
  });
});

describe('A window over images', () => {
  const window = { size: [3, 2], stride: [2, 3], pad: [1, 0], dilation: [2, 1] } as const;

  /** Counts by trying every place, without the formula. */
  function counted(length: number, axis: 0 | 1): number {
    const reach = (window.size[axis] - 1) * window.dilation[axis];
    let count = 0;
    for (let at = -window.pad[axis]; at + reach < length + window.pad[axis]; at += window.stride[axis]) count++;
    return count;
  }

  it('has as many places as fit', () => {
    for (let height = 3; height < 12; height++) {
      for (let width = 2; width < 12; width++) {
        expect(windowPositions([1, 1, height, width], window)).to.deep.equal([counted(height, 0), counted(width, 1)]);
      }
    }
  });

  it('has none where one axis is too short', () => {
    expect(windowPositions([1, 1, 2, 9], window)).to.equal(undefined);
    expect(windowPositions([1, 1, 9, 1], window)).to.equal(undefined);
  });

  it('is handed to kernels with its padding on all four sides', () => {
    expect(windowGeometry(window)).to.deep.equal({ strides: [2, 3], pads: [1, 1, 0, 0], dilations: [2, 1] });
  });

  it('visits the pixels of every window that lie inside the image, images and rows first', () => {
    const geometry: PoolGeometry = { size: [2, 3], strides: [1, 2], pads: [1, 1, 1, 1], dilations: [1, 1] };
    const visits: number[][] = [];
    forEachWindow([2, 2, 3, 5], geometry, (...visit) => visits.push(visit));
    const one = [
      [0, 1, 0, 2],
      [0, 1, 1, 3],
      [0, 2, 0, 2],
      [0, 2, 1, 3],
      [1, 2, 0, 2],
      [1, 2, 1, 3],
    ];
    expect(pooledShape([2, 2, 3, 5], geometry)).to.deep.equal([2, 3, 2, 5]);
    expect(visits).to.deep.equal([0, 1].flatMap((image) => one.map((box, i) => [image, image * 6 + i, ...box])));
  });
});
