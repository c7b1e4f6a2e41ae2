// Swish with kernels of its own, written as formulas: one launch forward, and one for both gradients.
import { defineElementwise, formula, runKernel } from '@tessera-nn/kernels';
import { defineOp, sumTo, zerosLike, type Variable } from 'tessera-nn';
import { Swish } from './swish.js';

const { add, mul, sigmoid, neg } = formula;

/** y = x s(b x). */
const swishKernel = defineElementwise({
  name: 'Swish',
  inputs: ['x', 'b'],
  formula: ({ x, b }) => mul(x, sigmoid(mul(b, x))),
});

/** Both gradients at once: g (s + z s') and the terms g x^2 s' that b's gradient adds up, with z = b x. */
const swishGradientKernel = defineElementwise({
  name: 'SwishGradient',
  inputs: ['x', 'b', 'g'],
  formula: ({ x, b, g }) => {
    const z = mul(b, x);
    const s = sigmoid(z);
    const ds = mul(s, sigmoid(neg(z)));
    return { dx: mul(g, add(s, mul(z, ds))), terms: mul(mul(g, ds), mul(x, x)) };
  },
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
