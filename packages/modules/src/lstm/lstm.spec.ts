import { goldenSpec, logistic, moduleSpec, recurrence, type Cell, type Nd, type Tensors } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './lstm.golden.js';
import { LSTM } from './lstm.js';

const cell: Cell = (ofInput, ofState, [, c]) => {
  const size = ofInput.length / 4;
  const gate = (k: number, j: number) => ofInput[k * size + j]! + ofState[k * size + j]!;
  const next = c!.map((old, j) => logistic(gate(1, j)) * old + logistic(gate(0, j)) * Math.tanh(gate(2, j)));
  return [next.map((value, j) => logistic(gate(3, j)) * Math.tanh(value)), next];
};

const reference = (x: Nd, tensors: Tensors, module: LSTM) => recurrence(x, tensors, module, cell, 2);

moduleSpec('LSTM', {
  classes: [LSTM],
  reference,
  regimes: ['ordinary'],
  cases: [{ title: 'the last state', make: () => new LSTM(2, 1), shape: [3, 2, 2] }],
  otherShape: [1, 3, 2],
  tolerance: { relative: 1e-3, ofLargest: 1e-5 },
});

goldenSpec('LSTM', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ hidden, layers, bidirectional }: { hidden: number; layers: number; bidirectional: boolean }) =>
    new LSTM({
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

describe('LSTM', () => {
  it('prints as the call that makes it', () => {
    const options = { insize: 3, hsize: 2, layers: 2, getSequences: true };
    expect([new LSTM(3, 2), new LSTM(options)].map(String)).to.deep.equal([
      'LSTM(3, 2)',
      'LSTM(3, 2, layers=2, getSequences=true)',
    ]);
  });
});
