import { optimizerSpec } from '@tessera-nn/testing';
import { goldens } from './rms-prop.golden.js';
import { RMSProp } from './rms-prop.js';

optimizerSpec('RMSProp', {
  make: () => new RMSProp(0.1, 0.8, 1e-3),
  reference: (w, g, state, _, rate) => {
    const ms = (state[0] ??= w.map(() => 0));
    g.forEach((grad, i) => {
      ms[i] = 0.8 * ms[i]! + 0.2 * grad * grad;
      w[i]! -= (0.1 * rate * grad) / (Math.sqrt(ms[i]) + 1e-3);
    });
  },
  goldens: { producer: 'PyTorch 2.13.0', runs: goldens, make: ({ lr, alpha, eps }) => new RMSProp(lr, alpha, eps) },
});
