import { optimizerSpec } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './adam.golden.js';
import { Adam } from './adam.js';

optimizerSpec('Adam', {
  make: () => new Adam(0.01, 0.8, 0.95, 1e-4),
  reference: (w, g, state, t, rate) => {
    const mg = (state[0] ??= w.map(() => 0));
    const ms = (state[1] ??= w.map(() => 0));
    const step = (0.01 * Math.sqrt(1 - 0.95 ** t)) / (1 - 0.8 ** t);
    g.forEach((grad, i) => {
      mg[i]! += (1 - 0.8) * (grad - mg[i]!);
      ms[i]! += (1 - 0.95) * (grad * grad - ms[i]!);
      w[i]! -= (step * rate * mg[i]!) / (Math.sqrt(ms[i]!) + 1e-4);
    });
  },
  goldens: { producer: 'PyTorch 2.13.0', runs: goldens, make: ({ lr }) => new Adam(lr) },
});

describe('Adam', () => {
  it('has PuzzleLib’s presets, by position or by name', () => {
    const { alpha, beta1, beta2, epsilon } = new Adam();
    expect([alpha, beta1, beta2, epsilon]).to.deep.equal([1e-3, 0.9, 0.999, 1e-8]);
    expect(new Adam({ beta1: 0.5 }).alpha).to.equal(1e-3);
    expect(new Adam({ beta1: 0.5 }).beta1).to.equal(0.5);
  });
});
