import { logistic, recurrentSpec } from '@tessera-nn/testing';
import { goldens } from './lstm.golden.js';
import { LSTM } from './lstm.js';

recurrentSpec('LSTM', {
  class: LSTM,
  make: (options) => new LSTM(options),
  cell:
    () =>
    (ofInput, ofState, [, c]) => {
      const size = ofInput.length / 4;
      const gate = (k: number, j: number) => ofInput[k * size + j]! + ofState[k * size + j]!;
      const next = c!.map((old, j) => logistic(gate(1, j)) * old + logistic(gate(0, j)) * Math.tanh(gate(2, j)));
      return [next.map((value, j) => logistic(gate(3, j)) * Math.tanh(value)), next];
    },
  states: 2,
  regimes: ['ordinary'],
  tolerance: { relative: 1e-3, ofLargest: 1e-5 },
  goldens,
});
