import { Variable } from '@tessera-nn/core';
import { Linear } from '@tessera-nn/modules';
import { backendName, expectClose, onBackend, optimizerSpec } from '@tessera-nn/testing';
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
  goldens: {
    producer: 'PyTorch 2.13.0',
    runs: goldens,
    make: ({ lr, eps = 1e-8, amsgrad }) =>
      new Adam({ learnRate: lr!, epsilon: eps, amsgrad: amsgrad === 1, torch: true }),
  },
});

describe(`Adam’s options [${backendName}]`, () => {
  onBackend();

  it('has PuzzleLib’s presets, by position or by name', () => {
    const { alpha, beta1, beta2, epsilon } = new Adam();
    expect([alpha, beta1, beta2, epsilon]).to.deep.equal([1e-3, 0.9, 0.999, 1e-8]);
    expect(new Adam({ beta1: 0.5 }).alpha).to.equal(1e-3);
    expect(new Adam({ beta1: 0.5 }).beta1).to.equal(0.5);
  });

  it('adds epsilon to the root that is not corrected, or with torch to the corrected one', async () => {
    for (const [torch, moved] of [
      [false, (1e-3 * Math.sqrt(1e-3) * 1e-8) / (Math.sqrt(1e-3) * 1e-8 + 1e-8)],
      [true, (1e-3 * 1e-8) / 2e-8],
    ] as const) {
      const net = new Linear(1, 1, { useBias: false }).setVar('W', new Variable([0], { shape: [1, 1] }));
      const optimizer = new Adam({ torch }).setupOn(net);
      net
        .forward([[1e-8]])
        .sum()
        .backward();
      optimizer.update();
      expectClose(await net.getVar('W').values(), [-moved], `torch: ${torch}`);
    }
  });

  it('saves what differs from PuzzleLib only where it is used', async () => {
    const net = new Linear(1, 1);
    const plain = await new Adam().setupOn(net).stateDict();
    expect(Object.keys(plain.attrs)).to.have.members(['learnRate', 'beta1', 'beta2', 'epsilon']);
    const torch = new Adam({ torch: true, amsgrad: true }).setupOn(net);
    const saved = await torch.stateDict();
    expect(saved.attrs).to.include({ torch: 1, amsgrad: 1 });
    torch.torch = false;
    torch.loadStateDict(saved);
    expect(torch.torch).to.equal(true);
    expect(() => torch.loadStateDict({ ...saved, attrs: { ...saved.attrs, torch: 2 } })).to.throw('torch does not fit');
    expect(String(new Adam({ amsgrad: true }))).to.match(/amsgrad=true\)$/);
  });
});
