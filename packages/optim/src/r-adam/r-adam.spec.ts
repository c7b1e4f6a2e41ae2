import { optimizerSpec } from '@tessera-nn/testing';
import { goldens } from './r-adam.golden.js';
import { RAdam } from './r-adam.js';

optimizerSpec('RAdam', {
  make: () => new RAdam(0.1, 0.8, 0.9, 1e-3),
  reference: (w, g, state, t, rate) => {
    const mg = (state[0] ??= w.map(() => 0));
    const ms = (state[1] ??= w.map(() => 0));
    const most = 2 / (1 - 0.9) - 1;
    const seen = most - (2 * t * 0.9 ** t) / (1 - 0.9 ** t);
    const root = Math.sqrt(1 - 0.9 ** t);
    const r = Math.sqrt(((seen - 4) * (seen - 2) * most) / ((most - 4) * (most - 2) * seen));
    g.forEach((grad, i) => {
      mg[i]! += 0.2 * (grad - mg[i]!);
      ms[i]! += 0.1 * (grad * grad - ms[i]!);
      const m = mg[i]! / (1 - 0.8 ** t);
      w[i]! -= 0.1 * rate * m * (seen > 5 ? (r * root) / (Math.sqrt(ms[i]!) + 1e-3) : 1);
    });
  },
  goldens: { producer: 'PyTorch 2.13.0', runs: goldens, make: ({ lr }) => new RAdam(lr) },
});
