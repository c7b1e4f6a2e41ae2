import { scope, ShapeError, Variable } from '@tessera-nn/core';
import { backendName, moduleSpec, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Identity } from './identity.js';

moduleSpec('Identity', {
  classes: [Identity],
  reference: (x) => x,
  specials: true,
  cases: [
    { title: 'images', make: () => new Identity(), shape: [2, 3, 4, 5] },
    { title: 'a vector', make: () => new Identity(), shape: [7] },
    { title: 'a name', make: () => new Identity('skip'), shape: [2, 3] },
  ],
  otherShape: [1, 2, 3],
  refuses: [
    {
      title: 'an empty batch',
      make: () => new Identity('skip'),
      run: (module) => module.forward(new Variable(new Float32Array(0), { shape: [0, 3] })),
      type: ShapeError,
      says: ['Identity "skip"', '[0, 3] is empty'],
    },
  ],
});

describe(`Identity beside its numbers [${backendName}]`, () => {
  onBackend();

  it('gives a Variable of its own over the same memory', async () => {
    await scope(async () => {
      const x = new Variable([1, 2]);
      const y = new Identity().forward(x);
      expect(y).to.not.equal(x);
      expect(y.storage).to.equal(x.storage);
      y.dispose();
      expect([...(await x.values())]).to.deep.equal([1, 2]);
    });
  });

  it('passes the explicit gradient on, and stops in front of what made its input', async () => {
    const w = new Variable([1, 2], { requiresGrad: true });
    const module = new Identity();
    module.forward(w.mul(3));
    module.backward([5, 6]);
    expect([...(await module.grad!.values())]).to.deep.equal([5, 6]);
    expect(w.grad).to.equal(null);
  });

  it('passes whole numbers and truth values as they are', async () => {
    for (const dtype of ['int32', 'bool'] as const) {
      const y = new Identity().forward(new Variable([0, 1, 1], { dtype }));
      expect(y.dtype).to.equal(dtype);
      expect([...(await y.values())]).to.deep.equal([0, 1, 1]);
    }
  });

  it('prints as its class', () => {
    expect(String(new Identity('skip'))).to.equal('Identity()');
  });
});
