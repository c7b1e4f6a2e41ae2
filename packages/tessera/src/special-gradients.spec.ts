import { backendName, describeAllBodies, expectClose } from '@tessera-nn/testing';
import {
  abs,
  Activation,
  AvgPool2D,
  clip,
  div,
  max,
  maximum,
  MaxPool2D,
  minimum,
  relu,
  sqrt,
  Variable,
} from './index.js';

/** What comes back to each input where there is no derivative; 1 comes back to the result. */
interface Case {
  title: string;
  inputs: readonly (readonly number[])[];
  shape?: readonly number[];
  run: (...inputs: Variable[]) => Variable;
  gradients: readonly (readonly number[])[];
}

const xs = [NaN, 0, -0, Infinity, -Infinity, 2, -2];

const cases: readonly Case[] = [
  { title: 'abs: 0 at 0, NaN at NaN', inputs: [xs], run: abs, gradients: [[NaN, 0, 0, 1, -1, 1, -1]] },
  { title: 'relu: 0 at 0, on at NaN', inputs: [xs], run: relu, gradients: [[1, 0, 0, 1, 0, 1, 0]] },
  {
    title: 'the activation clip: 0 on both bounds, on at NaN',
    inputs: [[NaN, 0, -0, Infinity, -Infinity, 2, 6]],
    run: (x) => new Activation('clip').forward(x),
    gradients: [[1, 0, 0, 0, 0, 1, 0]],
  },
  {
    title: 'the op clip: on at both bounds and at NaN',
    inputs: [[NaN, 0.7, -0.7, Infinity, -Infinity, 0.5, 5]],
    run: (x) => clip(x, -0.7, 0.7),
    gradients: [[1, 1, 1, 0, 0, 1, 0]],
  },
  {
    title: 'maximum: half to each of equals, all to the first where there is NaN',
    inputs: [
      [1, 2, 3, NaN, 1, NaN, Infinity],
      [1, 3, 2, 1, NaN, NaN, Infinity],
    ],
    run: maximum,
    gradients: [
      [0.5, 0, 1, 1, 1, 1, 0.5],
      [0.5, 1, 0, 0, 0, 0, 0.5],
    ],
  },
  {
    title: 'minimum: half to each of equals, all to the first where there is NaN',
    inputs: [
      [1, 2, 3, NaN, 1, NaN],
      [1, 3, 2, 1, NaN, NaN],
    ],
    run: minimum,
    gradients: [
      [0.5, 1, 0, 1, 1, 1],
      [0.5, 0, 1, 0, 0, 0],
    ],
  },
  {
    title: 'max over an axis: evenly to equals, and to all NaN',
    inputs: [[1, 3, 3, NaN, 5, NaN]],
    shape: [2, 3],
    run: (x) => max(x, 1),
    gradients: [[0, 0.5, 0.5, 0.5, 0, 0.5]],
  },
  {
    title: 'max pooling: to the first of equals, and to the first NaN of a window',
    inputs: [[1, 7, NaN, 9, 7, 2, 3, NaN]],
    shape: [1, 1, 2, 4],
    run: (x) => new MaxPool2D(2).forward(x),
    gradients: [[0, 1, 1, 0, 0, 0, 0, 0]],
  },
  {
    title: 'mean pooling: a share to each, whatever it is',
    inputs: [[1, 7, NaN, 9, 7, 2, Infinity, NaN]],
    shape: [1, 1, 2, 4],
    run: (x) => new AvgPool2D(2).forward(x),
    gradients: [Array.from({ length: 8 }, () => 0.25)],
  },
  { title: 'sqrt: without end at 0', inputs: [[0, 4, NaN, -1]], run: sqrt, gradients: [[Infinity, 0.25, NaN, NaN]] },
  {
    title: 'division: by 0 and by what is almost 0',
    inputs: [
      [0, 1, 0, 0, Infinity],
      [2, 0, 0, 1e-30, Infinity],
    ],
    run: div,
    gradients: [
      [0.5, Infinity, Infinity, 1e30, 0],
      [-0, -Infinity, NaN, -0, NaN],
    ],
  },
  // GPUs may take numbers below 2^-126 for 0.
  ...(backendName === 'webgl'
    ? []
    : [
        {
          title: 'division by numbers that float32 has no digits for',
          inputs: [
            [0, 1e-40],
            [1e-40, 1e-40],
          ],
          run: div,
          gradients: [
            [Infinity, Infinity],
            [-0, -Infinity],
          ],
        },
      ]),
];

describeAllBodies('The gradient where there is no derivative', () => {
  for (const { title, inputs, shape, run, gradients } of cases) {
    it(`of ${title}`, async () => {
      const variables = inputs.map(
        (values) => new Variable(values, { shape: shape ?? [values.length], requiresGrad: true }),
      );
      const y = run(...variables);
      y.backward(new Variable(new Float32Array(y.size).fill(1), { shape: y.shape }));
      for (const [i, variable] of variables.entries()) {
        expectClose(await variable.grad!.data(), gradients[i]!, `by input ${i}`, { ofLargest: 0 });
      }
    });
  }
});
