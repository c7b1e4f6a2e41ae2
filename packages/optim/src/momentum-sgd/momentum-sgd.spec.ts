import { optimizerSpec } from '@tessera-nn/testing';
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
  goldens: { producer: 'PyTorch 2.13.0', runs: goldens, make: ({ lr, momentum }) => new MomentumSGD(lr, momentum) },
});
