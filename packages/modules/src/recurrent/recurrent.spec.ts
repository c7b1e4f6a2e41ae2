import { seed, ShapeError, Variable } from '@tessera-nn/core';
import { backendName, expectClose, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { GRU } from '../gru/gru.js';
import { LSTM } from '../lstm/lstm.js';

const SHAPE = [3, 2, 2];
const sequence = () => new Variable(randomNd(SHAPE, 2).data, { shape: SHAPE });

describe(`Recurrent modules [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));

  it('have the parameters of PyTorch, of which biases do not decay', () => {
    const module = new LSTM({ insize: 3, hsize: 2, layers: 2, direction: 'bi' });
    const found = [...module.namedParameters()].map(([name, { shape, wc }]) => [name, shape, wc]);
    expect(found.slice(0, 5)).to.deep.equal([
      ['weight_ih_l0', [8, 3], 1],
      ['weight_hh_l0', [8, 2], 1],
      ['bias_ih_l0', [8], 0],
      ['bias_hh_l0', [8], 0],
      ['weight_ih_l0_reverse', [8, 3], 1],
    ]);
    expect(found[8]).to.deep.equal(['weight_ih_l1', [8, 4], 1]);
    expect(found).to.have.length(16);
    expect([...new GRU({ insize: 1, hsize: 2, useBias: false }).parameters()]).to.have.length(2);
  });

  it('return the last state of each direction, which is the end of its sequence', async () => {
    const options = { insize: 2, hsize: 3, direction: 'bi' } as const;
    const all = new GRU({ ...options, getSequences: true });
    const last = new GRU(options);
    last.loadStateDict(all.stateDict());
    const [states, end] = [await all.forward(sequence()).values(), await last.forward(sequence()).values()];
    const row = (step: number, batch: number) => [...states.slice((step * 2 + batch) * 6, (step * 2 + batch + 1) * 6)];
    const expected = [0, 1].flatMap((batch) => [...row(2, batch).slice(0, 3), ...row(0, batch).slice(3)]);
    expectClose(end, expected, 'the last states');
  });

  it('take the batch first when told so', async () => {
    const inTime = new LSTM({ insize: 2, hsize: 2, getSequences: true });
    const inBatches = new LSTM({ insize: 2, hsize: 2, getSequences: true, batchFirst: true });
    inBatches.loadStateDict(inTime.stateDict());
    const turned = inBatches.forward(sequence().transpose([1, 0, 2])).transpose([1, 0, 2]);
    expectClose(await turned.values(), await inTime.forward(sequence()).values(), 'y');
    expect(new LSTM({ insize: 2, hsize: 3, batchFirst: true }).dataShapeFrom([5, 4, 2])).to.deep.equal([5, 3]);
    expect(new LSTM(2, 3).dataShapeFrom([5, 4, 2])).to.deep.equal([4, 3]);
  });

  it('drop between layers, in train mode alone', async () => {
    const module = new GRU({ insize: 2, hsize: 4, layers: 2, dropout: 0.5 });
    const run = () => module.forward(sequence()).values();
    expect(await run()).to.not.deep.equal(await run());
    module.evalMode();
    expect(await run()).to.deep.equal(await run());
  });

  it('refuse what is not a sequence of such columns', () => {
    expect(() => new LSTM({ insize: 3, hsize: 2, name: 'memory' }).forward(sequence())).to.throw(
      ShapeError,
      'LSTM "memory": input [3, 2, 2] does not fit',
    );
    expect(() => new GRU({ insize: 2, hsize: 2, batchFirst: true }).forward([[1, 2]])).to.throw('[batch, time, 2]');
  });
});
