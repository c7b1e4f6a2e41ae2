import { seed, ValueError, Variable } from '@tessera-nn/core';
import { describeBodies, expectClose, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { AlphaDropout } from './alpha-dropout.js';

describeBodies('AlphaDropout', () => {
  beforeEach(() => seed(1));

  it('keeps mean and variance, and gives the gradient to what it did not drop', async () => {
    const values = randomNd([4000], 2, 1).data;
    const x = new Variable(values, { requiresGrad: true });
    const y = new AlphaDropout(0.2).forward(x);
    y.sum().backward();
    // What PyTorch 2.13 makes of 0, of 1 less that, and of what it drops.
    const [offset, factor, lost] = [0.30903996214, 0.87890358344, -1.23615984858];
    const found = Float64Array.from(await y.values());
    const isLost = found.map((value) => Number(Math.abs(value - lost) < 1e-5));
    const sum = (of: Float64Array) => of.reduce((total, value) => total + value, 0);
    expect(sum(isLost) / 4000).to.be.closeTo(0.2, 0.025);
    expectClose(
      found,
      values.map((value, i) => (isLost[i] ? lost : factor * value + offset)),
      'y',
    );
    expectClose(
      await x.grad!.data(),
      isLost.map((is) => (is ? 0 : factor)),
      'dx',
    );
    expect(sum(found) / 4000).to.be.closeTo(0, 0.06);
    expect(sum(found.map((value) => value ** 2)) / 4000).to.be.closeTo(1, 0.08);
  });

  it('draws the same for the same seed, changes nothing in eval mode, and refuses to drop all', async () => {
    const drawn = async () => [...(await new AlphaDropout().forward([1, 2, 3, 4, 5, 6, 7, 8]).values())];
    const first = await drawn();
    expect(await drawn()).to.not.deep.equal(first);
    seed(1);
    expect(await drawn()).to.deep.equal(first);
    expect(await new AlphaDropout().evalMode().forward([1, 2]).array()).to.deep.equal([1, 2]);
    expect(String(new AlphaDropout(0.1))).to.equal('AlphaDropout(p=0.1)');
    expect(() => new AlphaDropout(1)).to.throw(ValueError, 'from 0 to below 1');
  });
});
