import { optimizerSpec } from '@tessera-nn/testing';
import { SMORMS3 } from './smorms3.js';

optimizerSpec('SMORMS3', {
  make: () => new SMORMS3(0.3, 1e-3),
  reference: (w, g, state, _, rate) => {
    const mem = (state[0] ??= w.map(() => 1));
    const mg = (state[1] ??= w.map(() => 0));
    const ms = (state[2] ??= w.map(() => 0));
    g.forEach((grad, i) => {
      const r = 1 / (mem[i]! + 1);
      mg[i] = (1 - r) * mg[i]! + r * grad;
      ms[i] = (1 - r) * ms[i]! + r * grad * grad;
      const x = mg[i] ** 2 / (ms[i] + 1e-3);
      mem[i] = 1 + mem[i]! * (1 - x);
      w[i]! -= (grad * Math.min(0.3 * rate, x)) / (Math.sqrt(ms[i]) + 1e-3);
    });
  },
});
