import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { ShapeError } from '@tessera-nn/kernels';
import { Variable } from '../variable/variable.js';
import { gather } from './gather.js';

describe(`Indices outside of the axis that is gathered from [${backendName}]`, () => {
  onBackend();
  const indices = (...values: number[]) => new Variable(values, { dtype: 'int32' });

  it('are refused by name, or name zeros where they are not read back, and get no gradient', async () => {
    const x = new Variable([1, 2, 3], { requiresGrad: true });
    if (backendName === 'webgl') {
      const taken = gather(x, indices(2, 3, -1));
      expect(await taken.array()).to.deep.equal([3, 0, 0]);
      taken.sum().backward();
      expect(await x.grad!.array()).to.deep.equal([0, 0, 1]);
    } else {
      expect(() => gather(x, indices(2, 3))).to.throw(ShapeError, 'index 3 at position 1 lies outside of the axis');
      expect(() => gather(x, indices(-1))).to.throw(ShapeError, 'Expected whole numbers from 0 to 2, received -1');
    }
  });
});
