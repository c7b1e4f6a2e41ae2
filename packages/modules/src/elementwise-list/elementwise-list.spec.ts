import { ShapeError, type Variable } from '@tessera-nn/core';
import { expect } from 'chai';
import { ElementwiseList } from './elementwise-list.js';

class First extends ElementwiseList {
  static override readonly className = 'First';
  protected override updateData([first]: readonly Variable[]): Variable {
    return first!;
  }
}

describe('A list that is combined element by element', () => {
  it('has the shape of each', () => {
    expect(new First().dataShapeFrom([[2, 3]])).to.deep.equal([2, 3]);
    expect(
      new First().dataShapeFrom([
        [2, 3],
        [2, 3],
      ]),
    ).to.deep.equal([2, 3]);
  });

  it('has one shape', () => {
    const shapes = [
      [2, 3],
      [3, 2],
    ];
    expect(() => new First('sum').dataShapeFrom(shapes)).to.throw(ShapeError, 'First "sum": the inputs must have one');
    expect(() => new First().dataShapeFrom([[6], [2, 3]])).to.throw(ShapeError, '[6] for each');
    expect(() => new First().dataShapeFrom([])).to.throw(ShapeError, 'at least one input');
  });
});
