import { ValueError } from '@tessera-nn/kernels';
import { onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { RandomStream, seed } from '../random.js';
import { arange, eye, full, linspace, oneHot, ones, rand, randn, zeros } from './making.js';
import { Variable } from './variable.js';

describe('Variables made of numbers', () => {
  onBackend();

  it('are filled', async () => {
    expect(await zeros([2, 1]).array()).to.deep.equal([[0], [0]]);
    expect(await ones([2], { dtype: 'int32' }).array()).to.deep.equal([1, 1]);
    expect(await full([], 2.5).item()).to.equal(2.5);
    expect(ones([3], { requiresGrad: true, name: 'w' }).requiresGrad).to.equal(true);
    expect(zeros([0, 3]).shape).to.deep.equal([0, 3]);
    expect(await eye(2, 3).array()).to.deep.equal([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(await eye(1).array()).to.deep.equal([[1]]);
  });

  it('count', async () => {
    expect(await arange(0, 5).array()).to.deep.equal([0, 1, 2, 3, 4]);
    expect(await arange(2, 0, -0.5).array()).to.deep.equal([2, 1.5, 1, 0.5]);
    expect(arange(1, 1).shape).to.deep.equal([0]);
    expect(await linspace(0, 1, 5).array()).to.deep.equal([0, 0.25, 0.5, 0.75, 1]);
    expect(await linspace(3, 4, 1).array()).to.deep.equal([3]);
    for (const step of [0, -1, NaN]) expect(() => arange(0, 5, step)).to.throw(ValueError, 'arange');
    expect(() => linspace(0, 1, 1.5)).to.throw(ValueError, 'linspace');
  });

  it('are drawn from the stream that is given, or from that of the seed', async () => {
    for (const draw of [rand, randn]) {
      seed(7);
      const first = await draw([4]).array();
      seed(7);
      expect(await draw([4]).array()).to.deep.equal(first);
      expect(await draw([4]).array()).not.to.deep.equal(first);
      expect(await draw([4], { random: new RandomStream(7) }).array()).to.deep.equal(first);
    }
  });

  it('name classes', async () => {
    const expected = [
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 0],
    ];
    expect(await oneHot([1, 2, 3], 3).array()).to.deep.equal(expected);
    const labels = new Variable([[1], [2], [3]], { dtype: 'int32' });
    expect(await oneHot(labels, 3).array()).to.deep.equal(expected.map((row) => [row]));
    expect(await oneHot([0, 0], 1).array()).to.deep.equal([[1], [1]]);
  });

  it('refuse options that are not known', () => {
    expect(() => zeros([1], { requireGrad: true } as never)).to.throw(ValueError, 'requiresGrad');
  });
});
