import { ShapeError, ValueError, Variable, type Module } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { moduleSpec, nd, randomNd, type Nd, type Tensors } from '@tessera-nn/testing';
import { GroupNorm } from '../group-norm/group-norm.js';
import { InstanceNorm2D } from '../instance-norm-2d/instance-norm-2d.js';
import { LayerNorm } from '../layer-norm/layer-norm.js';
import { RMSNorm } from '../rms-norm/rms-norm.js';

type Norm = LayerNorm | RMSNorm | GroupNorm | InstanceNorm2D;

/** Each row by its own moments, then a scale and a bias for each place or each map. */
function reference(x: Nd, { scale, bias }: Tensors, module: Norm): Nd {
  const rows = 'groups' in module ? x.shape[0]! * module.groups : x.data.length / sizeOf(module.shape);
  const places = 'groups' in module ? sizeOf(x.shape.slice(2)) : 1;
  const length = x.data.length / rows;
  const y = nd(x.shape);
  for (let row = 0; row < rows; row++) {
    const values = x.data.slice(row * length, (row + 1) * length);
    const mean = module instanceof RMSNorm ? 0 : values.reduce((a, b) => a + b, 0) / length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
    values.forEach((value, i) => {
      const at = row * length + i;
      const which = Math.floor(at / places) % (scale?.data.length ?? 1);
      const factor = scale ? scale.data[which]! : 1;
      y.data[at] = (factor * (value - mean)) / Math.sqrt(variance + module.epsilon) + (bias ? bias.data[which]! : 0);
    });
  }
  return y;
}

/** The presets are 1 and 0, where mistakes with them would not show. */
function withValues<M extends Module>(module: M): M {
  for (const [i, [path, { shape }]] of [...module.namedParameters()].entries())
    module.setVar(path, new Variable(randomNd(shape, 5 + i).data, { shape }));
  return module;
}

const refuses = (make: () => Norm, ...says: string[]) => [
  {
    title: 'an input of another size',
    make,
    run: (module: Norm) => module.forward(new Variable(new Float32Array(16), { shape: [1, 4, 2, 2] })),
    type: ShapeError,
    says: ['"norm"', '[1, 4, 2, 2]', ...says],
  },
];
const shared = { reference, regimes: ['ordinary'], tolerance: { relative: 1e-4, ofLargest: 1e-5 } } as const;

moduleSpec<Norm>('LayerNorm', {
  ...shared,
  classes: [LayerNorm],
  cases: [
    { title: 'vectors', make: () => withValues(new LayerNorm(5)), shape: [4, 5] },
    { title: 'the last two axes', make: () => withValues(new LayerNorm([3, 4])), shape: [2, 2, 3, 4] },
    { title: 'nothing learned', make: () => new LayerNorm({ shape: 6, affine: false }), shape: [2, 3, 6] },
  ],
  otherShape: [2, 3, 5],
  refuses: [
    ...refuses(() => new LayerNorm({ shape: [3, 2], name: 'norm' }), 'does not end in [3, 2]'),
    { title: 'no axes', make: () => new LayerNorm([]), type: ValueError, says: ['shape', 'a size from 1'] },
  ],
});

moduleSpec<Norm>('RMSNorm', {
  ...shared,
  classes: [RMSNorm],
  cases: [{ title: 'vectors', make: () => withValues(new RMSNorm(5)), shape: [2, 3, 5] }],
  otherShape: [4, 5],
  refuses: refuses(() => new RMSNorm({ shape: 3, name: 'norm' }), 'does not end in [3]'),
});

moduleSpec<Norm>('GroupNorm', {
  ...shared,
  classes: [GroupNorm],
  cases: [
    { title: 'two groups of images', make: () => withValues(new GroupNorm(2, 6)), shape: [2, 6, 2, 3] },
    { title: 'vectors', make: () => withValues(new GroupNorm(2, 6)), shape: [3, 6] },
    { title: 'sequences, nothing learned', make: () => new GroupNorm(3, 6, 1e-3, false), shape: [2, 6, 4] },
  ],
  otherShape: [1, 6, 3, 3],
  refuses: [
    ...refuses(() => new GroupNorm({ groups: 1, maps: 3, name: 'norm' }), 'does not have 3 maps'),
    {
      title: 'groups that do not divide the maps',
      make: () => new GroupNorm(4, 6),
      type: ValueError,
      says: ['4 groups', '6 maps'],
    },
  ],
});

moduleSpec<Norm>('InstanceNorm2D', {
  ...shared,
  classes: [InstanceNorm2D],
  cases: [{ title: 'images', make: () => withValues(new InstanceNorm2D(3)), shape: [2, 3, 3, 4] }],
  otherShape: [1, 3, 2, 2],
  refuses: [
    ...refuses(() => new InstanceNorm2D({ maps: 3, name: 'norm' }), 'does not have 3 maps'),
    {
      title: 'a single pixel',
      make: () => new InstanceNorm2D(1),
      run: (module) => module.forward([[[[1]]]]),
      type: ShapeError,
      says: ['[1, 1, 1, 1] is not a batch of images of several pixels'],
    },
  ],
});
