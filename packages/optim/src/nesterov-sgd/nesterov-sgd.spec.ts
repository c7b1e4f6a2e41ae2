import { optimizerSpec } from '@tessera-nn/testing';
import { goldens } from './nesterov-sgd.golden.js';
import { NesterovSGD } from './nesterov-sgd.js';

optimizerSpec('NesterovSGD', {
  make: () => new NesterovSGD(0.1, 0.8),
  reference: (w, g, state, _, rate, momentum) => {
    const mom = (state[0] ??= w.map(() => 0));
    g.forEach((grad, i) => {
      const mr = 0.8 * momentum;
      w[i]! -= mr * mr * mom[i]! + (1 + mr) * 0.1 * rate * grad;
      mom[i] = mr * mom[i]! + 0.1 * rate * grad;
    });
  },
  goldens: { producer: 'PyTorch 2.13.0', runs: goldens, make: ({ lr, momentum }) => new NesterovSGD(lr, momentum) },
});
