import {
  goldenSpec,
  map,
  moduleSpec,
  randomNd,
  recurrence,
  type Cell,
  type Nd,
  type Tensors,
  signedInputs,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './rnn.golden.js';
import { RNN } from './rnn.js';

const cellOf =
  (mode: 'tanh' | 'relu'): Cell =>
  (ofInput, ofState) => [
    ofInput.map((of, j) => (mode === 'tanh' ? Math.tanh(of + ofState[j]!) : Math.max(0, of + ofState[j]!))),
  ];

const reference = (x: Nd, tensors: Tensors, module: RNN) => recurrence(x, tensors, module, cellOf(module.mode));

moduleSpec('RNN', {
  classes: [RNN],
  reference,
  // Large numbers saturate tanh, of whose rounded output 1 - h^2 has no digits then.
  draw: () => ({ make: () => new RNN(2, 2), shape: [2, 2, 2], input: (shape) => randomNd(shape, 3, 0.5) }),
  cases: [
    {
      title: 'the last state',
      make: () => new RNN(2, 1),
      shape: [3, 2, 2],
      input: (shape) => map(signedInputs(shape, 2), (value) => Math.fround(value / 3)),
    },
    { title: 'a rectifier', make: () => new RNN({ insize: 2, hsize: 1, mode: 'relu' }), shape: [2, 4, 2] },
  ],
  otherShape: [1, 3, 2],
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
});

goldenSpec('RNN', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ hidden, layers, bidirectional }: { hidden: number; layers: number; bidirectional: boolean }) =>
    new RNN({
      insize: 3,
      hsize: hidden,
      layers,
      direction: bidirectional ? 'bi' : 'uni',
      getSequences: true,
      batchFirst: true,
    }),
  parameters: Object.fromEntries(
    Object.keys(goldens[0]!.inputs).flatMap((name) => (name === 'x' ? [] : [[name, name]])),
  ),
});

describe('RNN', () => {
  it('prints as the call that makes it', () => {
    const options = { insize: 3, hsize: 2, layers: 2, getSequences: true };
    expect([new RNN(3, 2), new RNN(options)].map(String)).to.deep.equal([
      'RNN(3, 2)',
      'RNN(3, 2, layers=2, getSequences=true)',
    ]);
  });
});
