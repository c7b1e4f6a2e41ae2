import { logistic, recurrentSpec } from '@tessera-nn/testing';
import { goldens } from './gru.golden.js';
import { GRU } from './gru.js';

recurrentSpec('GRU', {
  class: GRU,
  make: (options) => new GRU(options),
  cell:
    () =>
    (ofInput, ofState, [h]) => [
      h!.map((old, j) => {
        const size = h!.length;
        const both = (k: number) => ofInput[k * size + j]! + ofState[k * size + j]!;
        const [r, z] = [logistic(both(0)), logistic(both(1))];
        return (1 - z) * Math.tanh(ofInput[2 * size + j]! + r * ofState[2 * size + j]!) + z * old;
      }),
    ],
  regimes: ['ordinary'],
  goldens,
});
