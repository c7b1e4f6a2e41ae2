import { Variable } from '@tessera-nn/core';
import { Linear } from '@tessera-nn/modules';
import { backendName, expectClose, onBackend, optimizerSpec } from '@tessera-nn/testing';
import { goldens } from './momentum-sgd.golden.js';
import { MomentumSGD } from './momentum-sgd.js';

optimizerSpec('MomentumSGD', {
  make: () => new MomentumSGD(0.1, 0.8),
  reference: (w, g, state, _, rate, momentum) => {
    const mom = (state[0] ??= w.map(() => 0));
    g.forEach((grad, i) => {
      mom[i] = 0.8 * momentum * mom[i]! + 0.1 * rate * grad;
      w[i]! -= mom[i];
    });
  },
  goldens: {
    producer: 'PyTorch 2.13.0',
    runs: goldens,
    make: ({ lr, momentum, dampening = 0 }) =>
      new MomentumSGD({ learnRate: lr!, momRate: momentum!, dampening, torch: dampening > 0 }),
  },
});

describe(`MomentumSGD with another rate [${backendName}]`, () => {
  onBackend();

  it('uses it for the new gradient, or with torch for all of the momentum', async () => {
    for (const [torch, steps] of [
      [false, [1, 1]],
      [true, [1, 0.19]],
    ] as const) {
      const net = new Linear(1, 1, { useBias: false }).setVar('W', new Variable([0], { shape: [1, 1] }));
      const optimizer = new MomentumSGD({ learnRate: 1, torch }).setupOn(net);
      let before = 0;
      for (const step of steps) {
        optimizer.zeroGradParams();
        net
          .forward([[1]])
          .sum()
          .backward();
        optimizer.update();
        optimizer.learnRate = 0.1;
        const [w] = await net.getVar('W').values();
        expectClose([before - w!], [step], `torch: ${torch}`);
        before = w!;
      }
    }
  });
});
