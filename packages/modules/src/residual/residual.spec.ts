import { ShapeError } from '@tessera-nn/core';
import { map, moduleSpec, nd, type Nd, type Tensors } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Activation } from '../activation/activation.js';
import { Linear } from '../linear/linear.js';
import { Residual } from './residual.js';

const dense = (x: Nd, tensors: Tensors, path: string, outputs: number): Nd => {
  const [rows, inputs] = x.shape as [number, number];
  const [W, b] = [tensors[`${path}.W`]!, tensors[`${path}.b`]!];
  const y = nd([rows, outputs]);
  return map(y, (_, at) => {
    const [row, o] = [Math.floor(at / outputs), at % outputs];
    let total = b.data[o]!;
    for (let i = 0; i < inputs; i++) total += x.data[row * inputs + i]! * W.data[i * outputs + o]!;
    return total;
  });
};

function reference(x: Nd, tensors: Tensors, { shortcut, activation }: Residual): Nd {
  const outputs = tensors['body.b']!.data.length;
  const [through, around] = [dense(x, tensors, 'body', outputs), shortcut ? dense(x, tensors, 'shortcut', outputs) : x];
  return map(through, (value, i) => {
    const sum = value + around.data[i]!;
    return activation ? Math.tanh(sum) : sum;
  });
}

moduleSpec('Residual', {
  classes: [Residual, Linear, Activation],
  reference,
  regimes: ['ordinary'],
  cases: [
    { title: 'nothing on the way around', make: () => new Residual(new Linear(5, 5)), shape: [5, 5] },
    {
      title: 'a shortcut and an activation',
      make: () => new Residual(new Linear(5, 3), { shortcut: new Linear(5, 3), activation: new Activation('tanh') }),
      shape: [5, 5],
    },
  ],
  otherShape: [2, 5],
  tolerance: { relative: 1e-4, ofLargest: 1e-5, absolute: 1e-5 }, // where tanh is all but 1
  refuses: [
    {
      title: 'two ways of different shapes, with both',
      make: () => new Residual(new Linear(2, 3), { name: 'block' }),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['Residual "block"', 'makes [1, 3] of the input', 'around it [1, 2]', 'shortcut'],
    },
  ],
});

describe('Residual', () => {
  it('holds its parts by name', () => {
    const block = new Residual(new Linear(2, 3), { shortcut: new Linear(2, 3) });
    expect([...block.namedParameters()].map(([path]) => path)).to.deep.equal([
      'body.W',
      'body.b',
      'shortcut.W',
      'shortcut.b',
    ]);
  });
});
