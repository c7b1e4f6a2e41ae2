import { ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import { Identity } from '../identity/identity.js';
import { forEachWindow, pooledShape, type PoolGeometry } from './pool-geometry.js';
import { checkCounts, pair, shownPair, windowGeometry, windowPositions } from './window.js';

const module = new Identity('net');

describe('A pair of numbers for two axes', () => {
  it('is one number for both, or the two', () => {
    expect(pair(module, 'size', 3, 1)).to.deep.equal([3, 3]);
    expect(pair(module, 'size', [3, 2], 1)).to.deep.equal([3, 2]);
  });

  for (const wrong of [0, 1.5, NaN, -1, [1, 0], [1], [1, 2, 3], []]) {
    it(`is not ${JSON.stringify(wrong)}`, () => {
      const make = () => pair(module, 'size', wrong as number, 1);
      expect(make).to.throw(ValueError, `Identity "net": size does not fit two axes`);
      expect(make).to.throw(`a whole number from 1, or two of them, received ${JSON.stringify(wrong)}`);
    });
  }

  it('prints as one number where both are the same', () => {
    expect([shownPair([2, 2]), shownPair([2, 3])]).to.deep.equal(['2', '[2, 3]']);
  });
});

describe('A count', () => {
  it('is a whole number from 1', () => {
    expect(() => checkCounts(module, { maps: 1, groups: 7 })).to.not.throw();
    for (const wrong of [0, -1, 0.5, NaN, Infinity]) {
      expect(() => checkCounts(module, { maps: 1, groups: wrong })).to.throw(
        ValueError,
        `Identity "net": groups is a count. Expected a whole number from 1, received ${wrong}.`,
      );
    }
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
