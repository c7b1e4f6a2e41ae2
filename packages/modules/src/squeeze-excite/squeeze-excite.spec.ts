import { ShapeError, Variable } from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { moduleSpec, nd, type Nd, type Tensors } from '@tessera-nn/testing';
import { SqueezeExcite } from './squeeze-excite.js';

function reference(x: Nd, tensors: Tensors, { gate }: SqueezeExcite): Nd {
  const [batch, maps, height, width] = imageShape(x.shape);
  const y = nd(x.shape);
  const dense = (part: string, from: readonly number[]) =>
    [...tensors[`${part}.b`]!.data].map((bias, o) =>
      from.reduce((sum, value, i) => sum + value * tensors[`${part}.W`]!.data[o * from.length + i]!, bias),
    );
  const open = (value: number) =>
    gate.activation === 'sigmoid' ? 1 / (1 + Math.exp(-value)) : Math.min(6, Math.max(0, value + 3)) / 6;
  for (let n = 0; n < batch; n++) {
    const image = (map: number) =>
      x.data.slice((n * maps + map) * height * width, (n * maps + map + 1) * height * width);
    const means = Array.from({ length: maps }, (_, c) => image(c).reduce((a, b) => a + b, 0) / (height * width));
    const between = dense('squeeze', means).map((value) => Math.max(0, value));
    dense('expand', between).forEach((value, c) =>
      image(c).forEach((pixel, i) => (y.data[(n * maps + c) * height * width + i] = pixel * open(value))),
    );
  }
  return y;
}

/** Biases other than 0, and no numbers between that lie at the kink of relu. */
function make(gate: 'sigmoid' | 'hardSigmoid'): SqueezeExcite {
  const module = new SqueezeExcite({ maps: 4, reduction: 2, gate });
  module.setVar('squeeze.b', new Variable([3, 4]));
  return module.setVar('expand.b', new Variable([-0.5, 0.25, 0, 0.75]));
}

moduleSpec('SqueezeExcite', {
  classes: [SqueezeExcite],
  reference,
  regimes: ['ordinary'],
  cases: [
    { title: 'a sigmoid', make: () => make('sigmoid'), shape: [2, 4, 3, 2] },
    { title: 'a hard sigmoid', make: () => make('hardSigmoid'), shape: [2, 4, 2, 3] },
  ],
  otherShape: [1, 4, 3, 3],
  tolerance: { relative: 1e-4, ofLargest: 1e-5 },
  refuses: [
    {
      title: 'images of other maps',
      make: () => new SqueezeExcite({ maps: 3 }),
      run: (module) => module.forward(new Variable(new Float32Array(8), { shape: [1, 2, 2, 2] })),
      type: ShapeError,
      says: ['[1, 2, 2, 2] has 2 maps'],
    },
  ],
});
