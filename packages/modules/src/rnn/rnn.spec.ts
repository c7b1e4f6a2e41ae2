import { map, randomNd, recurrentSpec, signedInputs } from '@tessera-nn/testing';
import { goldens } from './rnn.golden.js';
import { RNN } from './rnn.js';

recurrentSpec('RNN', {
  class: RNN,
  make: (options) => new RNN(options),
  cell:
    ({ mode }) =>
    (ofInput, ofState) => {
      const sums = ofInput.map((of, j) => of + ofState[j]!);
      return [sums.map((sum) => (mode === 'tanh' ? Math.tanh(sum) : Math.max(0, sum)))];
    },
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
  goldens,
});
