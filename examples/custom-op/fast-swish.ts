// Swish with kernels of its own: one launch forward, and one for both gradients.
import { mul, sigmoid, square, sub, add, type Tensor } from '@tensorflow/tfjs-core';
import { defineKernel, elementwiseLaunch, numerics, onWorkbench, runKernel } from '@tessera-nn/kernels';
import { defineOp, sumTo, zerosLike, type Variable } from 'tessera-nn';
import { Swish } from './swish.js';

const logistic = (z: number) => (z < 0 ? Math.exp(z) / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z)));

/** y = x s(b x). */
const swishKernel = defineKernel<{ x: Tensor; b: Tensor }, object, Tensor>({
  name: 'Swish',
  outputs: ({ x }) => ({ shape: x.shape }),
  compose: ({ x, b }) => mul(x, sigmoid(mul(x, b))),
  loops: ({ values: { x, b }, outputs: [y] }) => {
    for (let i = 0; i < x.length; i++) y![i] = x[i]! * logistic(x[i]! * b[0]!);
  },
  webgl: ({ x, b }) =>
    onWorkbench((bench) => {
      const [values, beta] = [bench.read(x), bench.read(b)];
      const y = bench.dense(x.shape, values.width);
      bench.run(
        'Swish',
        () => ({
          inputs: ['X', 'Beta'],
          targets: 1,
          functions: `${numerics} float swish(float x, float b) { return x * logistic(b * x); }`,
          main: `
  vec4 x = readX(texel);
  float b = fetchBeta(0, 0).r;
  result0 = vec4(swish(x.r, b), swish(x.g, b), swish(x.b, b), swish(x.a, b));`,
        }),
        [y],
        [values, beta],
      );
      return bench.give(y);
    }),
});

/** Both gradients at once: g (s + z s') and the terms g x^2 s' that b's gradient adds up, with z = b x. */
const swishGradientKernel = defineKernel<{ x: Tensor; b: Tensor; g: Tensor }, object, Tensor[]>({
  name: 'SwishGradient',
  outputs: ({ x }) => [{ shape: x.shape }, { shape: x.shape }],
  compose: ({ x, b, g }) => {
    const z = mul(x, b);
    const s = sigmoid(z);
    const ds = mul(s, sub(1, s));
    return [mul(g, add(s, mul(z, ds))), mul(g, mul(square(x), ds))];
  },
  loops: ({ values: { x, b, g }, outputs: [dx, terms] }) => {
    for (let i = 0; i < x.length; i++) {
      const z = x[i]! * b[0]!;
      const s = logistic(z);
      const ds = s * (1 - s);
      dx![i] = g[i]! * (s + z * ds);
      terms![i] = g[i]! * x[i]! * x[i]! * ds;
    }
  },
  webgl: ({ x, b, g }) =>
    elementwiseLaunch(
      {
        name: 'SwishGradient',
        inputs: ['x', 'b', 'g'],
        functions: numerics,
        statements: 'float z = b * x; float s = logistic(z); float ds = s * (1.0 - s);',
        results: ['g * (s + z * ds)', 'g * x * x * ds'],
        scalar: true, // written for one float; four of them share a fragment
      },
      [x, b, g],
      {},
      x.shape,
    ),
});

/** The kernel as an op, with gradients of its own: without them, fastSwish would be of the first order only. */
const swishGradient = defineOp({
  name: 'swish gradient',
  inputs: ['x', 'b', 'g'],
  results: ['dx', 'terms'],
  saves: ['x', 'b', 'g'],
  layout: { x: 'any', g: 'like x' },
  forward: (inputs) => runKernel(swishGradientKernel, inputs, {}),
  gradients: ({ dx, terms }, { x, b, g }) => {
    const [u, w] = [dx ?? zerosLike(x), terms ?? zerosLike(x)]; // undefined where no gradient came
    const z = x.mul(b);
    const s = z.sigmoid();
    const ds = s.mul(s.neg().add(1));
    const d2s = ds.mul(s.mul(-2).add(1));
    const bend = ds.mul(2).add(z.mul(d2s));
    const ofB = () => u.mul(bend).add(w.mul(x.square()).mul(d2s)).mul(x).mul(g);
    return {
      x: () => u.mul(b).add(w.mul(x)).mul(bend).mul(g),
      b: () => sumTo(ofB(), b.shape),
      g: () => u.mul(s.add(z.mul(ds))).add(w.mul(x.square()).mul(ds)),
    };
  },
});

const fastSwish = defineOp({
  name: 'swish',
  inputs: ['x', 'b'],
  saves: ['x', 'b'],
  layout: { x: 'any' },
  forward: (inputs) => runKernel(swishKernel, inputs, {}),
  gradients: (g, { x, b }) => {
    const { dx, terms } = swishGradient({ x, b, g });
    return { x: () => dx, b: () => sumTo(terms, b.shape) };
  },
});

/** The same module, faster. */
export class FastSwish extends Swish {
  static override readonly className = 'FastSwish';

  protected override updateData(x: Variable): Variable {
    return fastSwish({ x, b: this.beta });
  }
}
