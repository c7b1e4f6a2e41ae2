import { optimizerSpec } from '@tessera-nn/testing';
import { goldens } from './ada-grad.golden.js';
import { AdaGrad } from './ada-grad.js';

optimizerSpec('AdaGrad', {
  make: () => new AdaGrad(0.1, 1e-3),
  reference: (w, g, state, _, rate) => {
    const h = (state[0] ??= w.map(() => 0));
    g.forEach((grad, i) => {
      h[i]! += grad * grad;
      w[i]! -= (0.1 * rate * grad) / (Math.sqrt(h[i]!) + 1e-3);
    });
  },
  goldens: { producer: 'PyTorch 2.13.0', runs: goldens, make: ({ lr }) => new AdaGrad(lr) },
});
