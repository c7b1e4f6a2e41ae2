import { optimizerSpec } from '@tessera-nn/testing';
import { goldens } from './ada-delta.golden.js';
import { AdaDelta } from './ada-delta.js';

optimizerSpec('AdaDelta', {
  make: () => new AdaDelta({ rho: 0.8, epsilon: 1e-3, learnRate: 0.5 }),
  reference: (w, g, state, _, rate) => {
    const msg = (state[0] ??= w.map(() => 0));
    const msdx = (state[1] ??= w.map(() => 0));
    g.forEach((grad, i) => {
      msg[i]! += 0.2 * (grad * grad - msg[i]!);
      const dx = Math.sqrt((msdx[i]! + 1e-3) / (msg[i]! + 1e-3)) * grad;
      msdx[i]! += 0.2 * (dx * dx - msdx[i]!);
      w[i]! -= 0.5 * rate * dx;
    });
  },
  goldens: { producer: 'PyTorch 2.13.0', runs: goldens, make: ({ rho, eps }) => new AdaDelta(rho, eps) },
});
