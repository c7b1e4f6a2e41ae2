import { ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { backendName, moduleSpec, nd, offset, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Slice, type AxisSlice } from './slice.js';

/** The places along an axis, by Python's rules. */
function places(size: number, one: AxisSlice): number[] {
  const all = Array.from({ length: size }, (_, i) => i);
  if (one === null) return all;
  if (typeof one === 'number') return [one < 0 ? one + size : one];
  const { start = 0, stop = size, step = 1 } = one;
  return all.slice(start, stop).filter((_, i) => i % step === 0);
}

function reference(x: Nd, _: unknown, module: Slice): Nd {
  const y = nd(module.dataShapeFrom(x.shape));
  const along = x.shape.map((size, axis) => places(size, module.slc[axis] ?? null));
  let at = 0;
  const walk = (index: number[]) => {
    if (index.length === x.shape.length) y.data[at++] = x.data[offset(x.shape, ...index)]!;
    else for (const place of along[index.length]!) walk([...index, place]);
  };
  walk([]);
  return y;
}

const inner = { start: 1, stop: -1 };

moduleSpec('Slice', {
  classes: [Slice],
  reference,
  specials: true,
  cases: [
    { title: 'images without their border', make: () => new Slice([null, null, inner, inner]), shape: [2, 2, 4, 5] },
    {
      title: 'steps, and one place',
      make: () => new Slice([{ step: 2 }, -1, { start: -3, step: 2 }]),
      shape: [5, 3, 4],
    },
  ],
  otherShape: [1, 3, 3, 3],
  refuses: [
    {
      title: 'more slices than axes',
      make: () => new Slice({ slc: [null, 0], name: 'part' }),
      run: (module) => module.forward([1]),
      type: ShapeError,
      says: ['Slice "part"', 'nothing of [1] is left', 'at least 2 axes'],
    },
    {
      title: 'a place outside',
      make: () => new Slice([null, 2]),
      run: (module) => module.forward([[1, 2]]),
      type: ShapeError,
      says: ['nothing of [1, 2]'],
    },
    { title: 'a step of 0', make: () => new Slice([{ step: 0 }]), type: ValueError, says: ['step', 'from 1'] },
    { title: 'half a place', make: () => new Slice([0.5]), type: ValueError, says: ['null, whole numbers and slices'] },
  ],
});

describe(`Slice [${backendName}]`, () => {
  onBackend();

  it('prints what it takes, and keeps whole numbers', async () => {
    const module = new Slice([{ step: 2 }]);
    expect(String(module)).to.equal('Slice([{"step":2}])');
    const y = module.forward(new Variable([1, 2, 3], { dtype: 'int32' }));
    expect([y.dtype, await y.array()]).to.deep.equal(['int32', [1, 3]]);
  });
});
