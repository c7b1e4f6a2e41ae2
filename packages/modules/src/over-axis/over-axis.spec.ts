import { ShapeError } from '@tessera-nn/core';
import { indexAlong, moduleSpec, nd, type Nd } from '@tessera-nn/testing';
import { sizeOf } from '@tessera-nn/core/internal';
import { LogSoftMax } from '../log-soft-max/log-soft-max.js';
import { SoftMax } from '../soft-max/soft-max.js';

/** e^x over the sum of those that differ from it in this axis alone, or the logarithm of that. */
function reference(x: Nd, _: unknown, module: SoftMax | LogSoftMax): Nd {
  const axis = module.axis < 0 ? module.axis + x.shape.length : module.axis;
  const [length, step] = [x.shape[axis]!, sizeOf(x.shape.slice(axis + 1))];
  const y = nd(x.shape);
  x.data.forEach((value, at) => {
    const first = at - indexAlong(x.shape, axis, at) * step;
    const row = Array.from({ length }, (_, i) => x.data[first + i * step]!);
    const largest = Math.max(...row);
    const log = value - largest - Math.log(row.reduce((sum, other) => sum + Math.exp(other - largest), 0));
    y.data[at] = module instanceof SoftMax ? Math.exp(log) : log;
  });
  return y;
}

for (const Class of [SoftMax, LogSoftMax]) {
  moduleSpec<SoftMax | LogSoftMax>(Class.className, {
    classes: [Class],
    reference,
    regimes: ['ordinary', 'high'],
    cases: [
      { title: 'scores', make: () => new Class(), shape: [4, 7] },
      { title: 'maps', make: () => new Class(), shape: [2, 3, 2, 5] },
      { title: 'the last axis', make: () => new Class({ axis: -1 }), shape: [2, 3, 4] },
    ],
    otherShape: [3, 2],
    tolerance: { absolute: 1e-6 }, // a share of all but 1 is taken from 1
    refuses: [
      {
        title: 'an axis that the input has not',
        make: () => new Class({ axis: 2, name: 'shares' }),
        run: (module) => module.forward([[1, 2]]),
        type: ShapeError,
        says: [`${Class.className} "shares"`, '[1, 2] has no axis 2', 'at least 3 axes'],
      },
    ],
  });
}
