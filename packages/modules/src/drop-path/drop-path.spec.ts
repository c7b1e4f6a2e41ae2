import { seed, ShapeError, Variable } from '@tessera-nn/core';
import { describeBodies, expectClose } from '@tessera-nn/testing';
import { expect } from 'chai';
import { DropPath } from './drop-path.js';

describeBodies('DropPath', () => {
  beforeEach(() => seed(1));

  it('drops a sample whole or not at all, forward and backward', async () => {
    const x = new Variable(new Float32Array(2400).fill(3), { shape: [400, 2, 3], requiresGrad: true });
    const y = new DropPath(0.25).forward(x);
    y.sum().backward();
    const [values, gradient] = [await y.values(), await x.grad!.data()];
    let dropped = 0;
    for (let first = 0; first < values.length; first += 6) {
      const expected = new Array<number>(6).fill(values[first] === 0 ? 0 : 4);
      expectClose(values.slice(first, first + 6), expected, 'a sample');
      dropped += Number(values[first] === 0);
    }
    expect(dropped / 400).to.be.closeTo(0.25, 0.08);
    expectClose(
      gradient,
      Float64Array.from(values, (value) => value / 3),
      'dx',
    );
  });

  it('changes nothing in eval mode, and names itself', async () => {
    const x = [[1, 2]];
    expect(await new DropPath(0.9).evalMode().forward(x).array()).to.deep.equal(x);
    expect(String(new DropPath(0.1))).to.equal('DropPath(p=0.1)');
    expect(() => new DropPath({ name: 'path' }).forward(1)).to.throw(
      ShapeError,
      'DropPath "path": input [] has no batch',
    );
  });
});
