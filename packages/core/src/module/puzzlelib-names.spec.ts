import { AutogradError, ShapeError } from '@tessera-nn/kernels';
import { backendName, Holder, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { parameter } from '../variable/parameter.js';
import type { Variable } from '../variable/variable.js';

/** y = sum of x over its last axis, times w. */
class Sums extends Holder {
  static override readonly className = 'Sums';
  readonly w = parameter([2]);
  override dataShapeFrom(shape: readonly number[]): number[] {
    return shape.slice(0, -1);
  }
  protected override updateData(x: Variable): Variable {
    return x.sum(-1).mul(this.w);
  }
}

class Scale extends Holder {
  static override readonly className = 'Scale';
  readonly w = parameter([2]);
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return x.mul(this.w);
  }
}

describe(`Other frameworks' names of a module [${backendName}]`, () => {
  onBackend();

  it('gradShapeFrom gives the shape of the input for that of the output, of any batch', () => {
    const sums = new Sums();
    expect(() => sums.gradShapeFrom([4])).to.throw(AutogradError, 'Call forward() first');
    sums.forward([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(sums.gradShapeFrom([2])).to.deep.equal([2, 3]);
    expect(sums.gradShapeFrom([7])).to.deep.equal([7, 3]);
    expect(() => sums.gradShapeFrom([2, 5])).to.throw(ShapeError, 'not known which input gives this output');
    expect(new Scale().gradShapeFrom([3, 1])).to.deep.equal([3, 1]);
  });

  it('stateDict puts its entries into an object that it is given, also in the order of MegEngine', async () => {
    const scale = new Scale();
    const rst: Record<string, unknown> = { before: 1 };
    expect(scale.stateDict(rst, 'net', true)).to.equal(rst);
    expect(rst).to.have.all.keys('before', 'net.w');
    expect(rst['net.w']).to.equal(scale.w);
    expect(scale.stateDict({ rst, prefix: 'copy' })).to.equal(rst);
    expect(await scale.stateDict({ rst, to: 'cpu' })).to.equal(rst);
    expect(rst).to.have.all.keys('before', 'net.w', 'copy.w', 'w');
    expect(scale.stateDict(null, '', true)['w']).to.equal(scale.w);
  });
});
