import { optimizerSpec } from '@tessera-nn/testing';
import { goldens } from './n-adam.golden.js';
import { NAdam } from './n-adam.js';

optimizerSpec('NAdam', {
  make: () => new NAdam(0.1, 0.8, 0.9, 1e-3, 0.3),
  reference: (w, g, state, t, rate) => {
    const mg = (state[0] ??= w.map(() => 0));
    const ms = (state[1] ??= w.map(() => 0));
    const momentum = (step: number) => 0.8 * (1 - 0.5 * 0.96 ** (step * 0.3));
    let product = 1;
    for (let step = 1; step <= t; step++) product *= momentum(step);
    const [now, next] = [momentum(t), momentum(t + 1)];
    g.forEach((grad, i) => {
      mg[i]! += 0.2 * (grad - mg[i]!);
      ms[i]! += 0.1 * (grad * grad - ms[i]!);
      const root = Math.sqrt(ms[i]! / (1 - 0.9 ** t)) + 1e-3;
      w[i]! -= (0.1 * rate * ((grad * (1 - now)) / (1 - product) + (mg[i]! * next) / (1 - product * next))) / root;
    });
  },
  goldens: { producer: 'PyTorch 2.13.0', runs: goldens, make: ({ lr }) => new NAdam(lr) },
});
