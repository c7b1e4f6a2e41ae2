import { backendName, onBackend } from '@tessera-nn/testing';
import { clone, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import { defineOp } from './op.js';

const SHAPE = [1, 3, 2, 5];
const IN_CHANNELS_LAST = [1, 2, 5, 3];

const counting = () =>
  new Variable(
    Float32Array.from({ length: 30 }, (_, i) => i),
    { shape: SHAPE },
  );

const toChannelsLast = defineOp({
  name: 'to channels last',
  inputs: ['x'],
  layout: 'channelsLast',
  forward: ({ x }) => clone(x),
});

describe(`The layouts of an op [${backendName}]`, () => {
  onBackend();

  it('are those that its rule says for each input: as it lies, as another lies, one by name, else logical', () => {
    let seen: Record<string, number[]> = {};
    const op = defineOp({
      name: 'look',
      inputs: ['x', 'y', 'z', 'v'],
      layout: { x: 'any', y: 'like x', z: 'channelsLast' },
      forward: (inputs: Record<'x' | 'y' | 'z' | 'v', Tensor>) => {
        seen = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
        return clone(inputs.x);
      },
    });
    const [logical, last] = [counting(), toChannelsLast({ x: counting() })];
    op({ x: last, y: logical, z: logical, v: last });
    expect(seen).to.deep.equal({ x: IN_CHANNELS_LAST, y: IN_CHANNELS_LAST, z: IN_CHANNELS_LAST, v: SHAPE });
    op({ x: logical, y: last, z: last, v: logical });
    expect(seen).to.deep.equal({ x: SHAPE, y: SHAPE, z: IN_CHANNELS_LAST, v: SHAPE });
  });

  it('are those of its result where it says so', async () => {
    const op = defineOp({
      name: 'turn',
      inputs: ['x'],
      layout: 'logical',
      resultLayout: 'channelsLast',
      forward: ({ x }) => transpose(x, [0, 2, 3, 1]),
    });
    const y = op({ x: counting() });
    expect(y.storage.layout).to.equal('channelsLast');
    expect(y.shape).to.deep.equal(SHAPE);
    expect([...(await y.values())]).to.deep.equal([...(await counting().values())]);
  });
});
