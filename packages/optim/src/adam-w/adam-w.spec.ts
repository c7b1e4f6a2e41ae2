import { Linear } from '@tessera-nn/modules';
import { Variable } from '@tessera-nn/core';
import { backendName, onBackend, optimizerSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './adam-w.golden.js';
import { AdamW } from './adam-w.js';

optimizerSpec('AdamW', {
  make: () => new AdamW(0.1, 0.8, 0.9, 1e-3, 0.2),
  reference: (w, g, state, t, rate) => {
    const mg = (state[0] ??= w.map(() => 0));
    const ms = (state[1] ??= w.map(() => 0));
    g.forEach((grad, i) => {
      mg[i]! += 0.2 * (grad - mg[i]!);
      ms[i]! += 0.1 * (grad * grad - ms[i]!);
      const root = Math.sqrt(ms[i]! / (1 - 0.9 ** t)) + 1e-3;
      w[i] = w[i]! * (1 - 0.1 * rate * 0.2) - (0.1 * rate * mg[i]!) / (1 - 0.8 ** t) / root;
    });
  },
  goldens: {
    producer: 'PyTorch 2.13.0',
    runs: goldens,
    make: ({ lr, weight_decay, amsgrad }) =>
      new AdamW({ learnRate: lr!, weightDecay: weight_decay!, amsgrad: amsgrad === 1 }),
  },
});

describe(`The weight decay of AdamW [${backendName}]`, () => {
  onBackend();

  it('fades weights, and leaves biases alone', async () => {
    const net = new Linear(1, 1).setVar('W', new Variable([[2]])).setVar('b', new Variable([2]));
    const optimizer = new AdamW({ learnRate: 0.1, weightDecay: 0.5, epsilon: 1e-3 }).setupOn(net);
    net
      .forward([[0]])
      .mul(0)
      .backward();
    optimizer.update();
    expect(await net.W.item()).to.be.closeTo(2 * (1 - 0.1 * 0.5), 1e-6);
    expect(await net.b!.item()).to.equal(2);
  });
});
