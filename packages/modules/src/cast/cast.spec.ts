import { DtypeError, ValueError, Variable } from '@tessera-nn/core';
import { backendName, moduleSpec, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Cast } from './cast.js';

moduleSpec('Cast to what it is', {
  classes: [Cast],
  reference: (x) => x,
  specials: true,
  cases: [{ title: 'images', make: () => new Cast('float32', 'float32'), shape: [2, 3, 2, 4] }],
  otherShape: [3],
  refuses: [
    {
      title: 'another number type',
      make: () => new Cast({ intype: 'int32', outtype: 'float32', name: 'cast' }),
      run: (module) => module.forward([1]),
      type: DtypeError,
      says: ['Cast "cast"', 'Expected int32', 'received float32'],
    },
    {
      title: 'half precision',
      make: () => new Cast('float32', 'float16' as never),
      type: ValueError,
      says: ['outtype', 'one of float32, int32, bool'],
    },
  ],
});

describe(`Cast [${backendName}]`, () => {
  onBackend();

  const cast = async (dtype: 'float32' | 'int32' | 'bool', to: 'float32' | 'int32' | 'bool', values: number[]) => {
    const y = new Cast(dtype, to).forward(new Variable(values, { dtype }));
    expect(y.dtype).to.equal(to);
    return [...(await y.values())];
  };

  it('cuts off fractions, knows what is true, and makes floats', async () => {
    expect(await cast('float32', 'int32', [-1.75, 0.5, 3])).to.deep.equal([-1, 0, 3]);
    expect(await cast('float32', 'bool', [-1.5, 0, 2])).to.deep.equal([1, 0, 1]);
    expect(await cast('int32', 'float32', [-7, 2])).to.deep.equal([-7, 2]);
    expect(await cast('int32', 'bool', [0, 5])).to.deep.equal([0, 1]);
    expect(await cast('bool', 'int32', [1, 0])).to.deep.equal([1, 0]);
    expect(await cast('bool', 'float32', [1, 0])).to.deep.equal([1, 0]);
  });

  it('takes any rank, and prints its types', () => {
    const module = new Cast('float32', 'int32');
    expect(module.forward(new Variable(new Float32Array(4), { shape: [1, 2, 1, 1, 1, 1, 1, 2] })).rank).to.equal(8);
    expect(String(module)).to.equal('Cast(float32, int32)');
  });
});
