import { Linear } from '@tessera-nn/modules';
import { Variable } from '@tessera-nn/core';
import { backendName, onBackend, optimizerSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Lion } from './lion.js';

optimizerSpec('Lion', {
  make: () => new Lion(0.1, 0.8, 0.9, 0.2),
  reference: (w, g, state, _, rate) => {
    const mg = (state[0] ??= w.map(() => 0));
    g.forEach((grad, i) => {
      w[i] = w[i]! * (1 - 0.1 * rate * 0.2) - 0.1 * rate * Math.sign(0.8 * mg[i]! + 0.2 * grad);
      mg[i]! += 0.1 * (grad - mg[i]!);
    });
  },
});

describe(`The weight decay of Lion [${backendName}]`, () => {
  onBackend();

  it('fades weights, and leaves biases alone', async () => {
    const net = new Linear(1, 1).setVar('W', new Variable([[2]])).setVar('b', new Variable([2]));
    const optimizer = new Lion({ learnRate: 0.1, weightDecay: 0.5 }).setupOn(net);
    net
      .forward([[0]])
      .mul(0)
      .backward();
    optimizer.update();
    expect(await net.W.item()).to.be.closeTo(2 * (1 - 0.1 * 0.5), 1e-6);
    expect(await net.b!.item()).to.equal(2);
  });
});
