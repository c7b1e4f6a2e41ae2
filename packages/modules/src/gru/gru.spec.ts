import { goldenSpec, logistic, moduleSpec, recurrence, type Cell, type Nd, type Tensors } from '@tessera-nn/testing';
import { expect } from 'chai';
import { goldens } from './gru.golden.js';
import { GRU } from './gru.js';

const cell: Cell = (ofInput, ofState, [h]) => [
  h!.map((old, j) => {
    const size = h!.length;
    const both = (k: number) => ofInput[k * size + j]! + ofState[k * size + j]!;
    const [r, z] = [logistic(both(0)), logistic(both(1))];
    return (1 - z) * Math.tanh(ofInput[2 * size + j]! + r * ofState[2 * size + j]!) + z * old;
  }),
];

const reference = (x: Nd, tensors: Tensors, module: GRU) => recurrence(x, tensors, module, cell);

moduleSpec('GRU', {
  classes: [GRU],
  reference,
  regimes: ['ordinary'],
  cases: [{ title: 'the last state', make: () => new GRU(2, 1), shape: [3, 2, 2] }],
  otherShape: [1, 3, 2],
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
});

goldenSpec('GRU', {
  producer: 'PyTorch 2.13.0',
  goldens,
  make: ({ hidden, layers, bidirectional }: { hidden: number; layers: number; bidirectional: boolean }) =>
    new GRU({
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

describe('GRU', () => {
  it('prints as the call that makes it', () => {
    const options = { insize: 3, hsize: 2, layers: 2, getSequences: true };
    expect([new GRU(3, 2), new GRU(options)].map(String)).to.deep.equal([
      'GRU(3, 2)',
      'GRU(3, 2, layers=2, getSequences=true)',
    ]);
  });
});
