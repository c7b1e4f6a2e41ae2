import { optimizerSpec } from '@tessera-nn/testing';
import { RMSPropGraves } from './rms-prop-graves.js';

optimizerSpec('RMSPropGraves', {
  make: () => new RMSPropGraves(0.1, 0.8, 0.7, 1e-3),
  reference: (w, g, state, _, rate, momentum) => {
    const mg = (state[0] ??= w.map(() => 0));
    const ms = (state[1] ??= w.map(() => 0));
    const delta = (state[2] ??= w.map(() => 0));
    g.forEach((grad, i) => {
      mg[i] = 0.8 * mg[i]! + 0.2 * grad;
      ms[i] = 0.8 * ms[i]! + 0.2 * grad * grad;
      delta[i] = 0.7 * momentum * delta[i]! + (0.1 * rate * grad) / Math.sqrt(ms[i] - mg[i] ** 2 + 1e-3);
      w[i]! -= delta[i];
    });
  },
});
