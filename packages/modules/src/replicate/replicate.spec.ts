import { ValueError, Variable } from '@tessera-nn/core';
import { backendName, moduleSpec, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Replicate } from './replicate.js';

moduleSpec('Replicate', {
  classes: [Replicate],
  reference: (x: Nd, _: unknown, { times }: Replicate) => Array.from({ length: times }, () => x),
  specials: true,
  cases: [
    { title: 'images', make: () => new Replicate(3), shape: [2, 3, 4, 5] },
    { title: 'once', make: () => new Replicate({ times: 1, name: 'once' }), shape: [3, 4] },
  ],
  otherShape: [1, 3, 2, 2],
  refuses: [
    { title: 'no times', make: () => new Replicate(0), type: ValueError, says: ['received 0', 'from 1'] },
    { title: 'half a time', make: () => new Replicate(1.5), type: ValueError, says: ['received 1.5'] },
  ],
});

describe(`Replicate [${backendName}]`, () => {
  onBackend();

  it('gives handles of their own: freeing one frees no other, nor the input', async () => {
    const x = new Variable([1, 2]);
    const [first, second] = new Replicate(2).forward(x);
    first!.dispose();
    expect([await second!.array(), await x.array()]).to.deep.equal([
      [1, 2],
      [1, 2],
    ]);
  });

  it('repeats lists as lists', () => {
    const list = [new Variable([1]), new Variable([[2, 3]])] as const;
    const module = new Replicate<readonly Variable[]>(2);
    expect(module.forward(list).map((part) => part.map(({ shape }) => shape))).to.deep.equal([
      [[1], [1, 2]],
      [[1], [1, 2]],
    ]);
    expect(module.dataShapeFrom([[1], [1, 2]])).to.deep.equal([
      [[1], [1, 2]],
      [[1], [1, 2]],
    ]);
    expect(String(module)).to.equal('Replicate(times=2)');
  });
});
