import { gradients, ValueError, Variable } from '@tessera-nn/core';
import { describeBodies, expectClose } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Penalty } from './penalty.js';

describeBodies('Penalty', () => {
  const values = [-2, 0, 0.5, 3];
  const batch = () => new Variable(values, { shape: [2, 2], requiresGrad: true });
  const g = [1, 2, 3, 4];

  for (const [mode, slope] of [
    ['l1', Math.sign],
    ['l2', (x: number) => x],
  ] as const) {
    it(`returns its input, and adds the slope of ${mode} over the batch to its gradient`, async () => {
      const x = batch();
      const y = new Penalty(mode, 0.5).forward(x);
      expect([...(await y.values())]).to.deep.equal(values);
      y.backward(new Variable(g, { shape: [2, 2] }));
      expectClose(
        await x.grad!.data(),
        values.map((value, i) => g[i]! + 0.25 * slope(value)),
        'dx',
      );
    });

    it(`adds it again in a second backward pass, with ${mode}`, async () => {
      const x = batch();
      const [first] = gradients(new Penalty(mode, 0.5).forward(x).square().sum(), [x], { createGraph: true });
      const [second] = gradients(first!.sum(), [x]);
      expectClose(
        await second!.values(),
        values.map((value) => 2 + 0.25 * slope(value) + (mode === 'l2' ? 0.25 : 0)),
        'the second gradient',
      );
    });
  }

  it('prints what it does, and refuses what does not fit', () => {
    expect(String(new Penalty())).to.equal('Penalty(l1, weight=0.01)');
    expect(() => new Penalty('l3' as never)).to.throw(ValueError, 'one of l1, l2');
  });
});
