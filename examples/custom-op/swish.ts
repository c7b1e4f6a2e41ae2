// Swish with a gradient by hand: an op of tfjs functions, and a module around it.
import { mul, sigmoid } from '@tensorflow/tfjs-core';
import {
  defineOp,
  Module,
  named,
  option,
  optionsOf,
  parameter,
  sumTo,
  type Arguments,
  type Given,
  type Variable,
} from 'tessera-nn';

/** y = x s(b x), with s the sigmoid and b of shape [1]. */
const swish = defineOp({
  name: 'swish',
  inputs: ['x', 'b'],
  saves: ['x', 'b'],
  layout: { x: 'any' }, // x comes as it lies in memory, b as it is written
  forward: ({ x, b }) => mul(x, sigmoid(mul(x, b))),
  gradients: (g, { x, b }) => {
    const z = x.mul(b);
    const s = z.sigmoid();
    const ds = s.mul(s.neg().add(1));
    return {
      x: () => g.mul(s.add(z.mul(ds))),
      b: () => sumTo(g.mul(x.square()).mul(ds), b.shape),
    };
  },
});

const options = optionsOf('Swish', { beta: option.number.or(1), ...named });

/** y = x s(b x) with b learned. Source: P. Ramachandran et al., "Searching for Activation Functions", 2017. */
export class Swish extends Module {
  static override readonly className: string = 'Swish';

  readonly beta: Variable;

  constructor(...given: Arguments<[beta?: number, name?: string], Given<typeof options>>) {
    const read = options.arguments(given);
    super(read, read);
    this.beta = parameter([read.beta], { name: 'beta' });
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(x: Variable): Variable {
    return swish({ x, b: this.beta });
  }
}
