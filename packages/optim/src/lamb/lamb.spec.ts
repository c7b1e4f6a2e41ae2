import { optimizerSpec } from '@tessera-nn/testing';
import { LAMB } from './lamb.js';

const length = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

optimizerSpec('LAMB', {
  make: () => new LAMB(0.1, 0.8, 0.9, 1e-3, 0.2),
  reference: (w, g, state, t, rate) => {
    const mg = (state[0] ??= w.map(() => 0));
    const ms = (state[1] ??= w.map(() => 0));
    const u = g.map((grad, i) => {
      mg[i]! += 0.2 * (grad - mg[i]!);
      ms[i]! += 0.1 * (grad * grad - ms[i]!);
      return mg[i]! / (1 - 0.8 ** t) / (Math.sqrt(ms[i]! / (1 - 0.9 ** t)) + 1e-3) + 0.2 * w[i]!;
    });
    const trust = length(w) / length(u);
    u.forEach((value, i) => (w[i]! -= 0.1 * rate * trust * value));
  },
});
