import { ShapeError, Variable } from '@tessera-nn/core';
import { map, moduleSpec, type Nd } from '@tessera-nn/testing';
import { Add } from './add.js';

moduleSpec('Add', {
  classes: [Add],
  reference: (xs: readonly Nd[]) => map(xs[0]!, (_, i) => xs.reduce((sum, { data }) => sum + data[i]!, 0)),
  specials: true,
  cases: [
    {
      title: 'three images',
      make: () => new Add(),
      shape: [
        [2, 3, 4, 5],
        [2, 3, 4, 5],
        [2, 3, 4, 5],
      ],
    },
    { title: 'one matrix', make: () => new Add('sum'), shape: [[3, 4]] },
  ],
  otherShape: [
    [1, 3, 2, 2],
    [1, 3, 2, 2],
  ],
  refuses: [
    {
      title: 'shapes that differ',
      make: () => new Add('sum'),
      run: (module) => module.forward([new Variable([[1, 2]]), new Variable([1, 2])]),
      type: ShapeError,
      says: ['Add "sum"', 'one shape', '[1, 2] and [2]', 'Nothing is broadcast'],
    },
    {
      title: 'one Variable',
      make: () => new Add('sum'),
      run: (module) => module.forward(new Variable([1, 2]) as never),
      type: ShapeError,
      says: ['Add "sum": it takes a list', 'one input, [2]'],
    },
    {
      title: 'an empty list',
      make: () => new Add('sum'),
      run: (module) => module.forward([]),
      type: ShapeError,
      says: ['at least one input', 'an empty list'],
    },
    {
      title: 'an empty batch among others',
      make: () => new Add('sum'),
      run: (module) => module.forward([new Variable([1]), new Variable(new Float32Array(0), { shape: [0, 3] })]),
      type: ShapeError,
      says: ['[0, 3] is empty'],
    },
  ],
});
