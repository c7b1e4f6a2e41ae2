// The public types of differentiation and of the bridges to tfjs.
import { mul, square, sum, tensor1d, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import {
  asCustomGrad,
  defineOp,
  elementwiseOp,
  fromTf,
  grad,
  gradCheck,
  gradients,
  hessian,
  jacobian,
  jvp,
  Linear,
  sumTo,
  valueAndGrad,
  Variable,
  vjp,
  type GradCheckReport,
  type Op,
  type TensorModule,
  type TfOp,
} from 'tessera-nn';
import { expectEqual, expectNone, type WidenedMembers } from './no-any.js';

expectNone<
  WidenedMembers<{
    asCustomGrad: typeof asCustomGrad;
    fromTf: typeof fromTf;
    grad: typeof grad;
    gradCheck: typeof gradCheck;
    gradients: typeof gradients;
    hessian: typeof hessian;
    jacobian: typeof jacobian;
    jvp: typeof jvp;
    valueAndGrad: typeof valueAndGrad;
    vjp: typeof vjp;
  }>
>();
expectNone<WidenedMembers<GradCheckReport>>();

export function ops(x: Variable): void {
  const bare = defineOp<object, Tensor>({ name: 'bare', layout: 'any', forward: (_, [a]) => square(a!) });
  expectEqual<ReturnType<typeof bare>, Variable>();
  bare([x]);
  const several = defineOp<{ scale: number }, Tensor[]>({
    name: 'several',
    layout: ({ scale }) => (scale > 0 ? 'any' : ['logical', 'channelsLast']),
    forward: (context, inputs, { scale }) => {
      expectEqual<[typeof inputs, typeof scale], [Tensor[], number]>();
      context.saveResults(0, 1);
      return inputs.map((input) => mul(input, scale));
    },
    backward: ({ attrs, needsGrad, input, output }, grads) => {
      expectEqual<[typeof attrs, typeof grads], [{ scale: number }, Variable[]]>();
      expectEqual<[ReturnType<typeof input>, ReturnType<typeof output>], [Variable, Variable]>();
      return needsGrad.map((needed, i) => (needed ? sumTo(grads[i]!, input(i).shape) : null));
    },
  });
  expectEqual<typeof several, Op<{ scale: number }, Tensor[]>>();
  expectEqual<ReturnType<typeof several>, Variable[]>();
  // @ts-expect-error attributes that the op needs are given
  several([x]);
  // @ts-expect-error a layout there is none of
  defineOp<object, Tensor>({ name: 'op', layout: 'channelsFirst', forward: (_, [a]) => a! });
  // @ts-expect-error a gradient is a Variable, not a tensor
  defineOp<object, Tensor>({ name: 'op', layout: 'any', forward: (_, [a]) => a!, backward: () => [tensor1d([1])] });

  const row = elementwiseOp<'x', 'slope'>({
    name: 'Row',
    params: ['slope'],
    from: 'x',
    value: { scalar: (a) => a, glsl: 'x', compose: ({ x }) => x },
    gradient: { scalar: (_, g) => g, glsl: 'g', compose: ({ g }) => g },
  });
  expectEqual<Parameters<typeof row>, [x: Variable, attrs: Record<'slope', number>]>();
}

export async function differentiation(x: Variable, net: Linear): Promise<void> {
  expectEqual<ReturnType<typeof gradients>, Variable[]>();
  expectEqual<ReturnType<ReturnType<typeof grad>>, Variable>();
  expectEqual<ReturnType<ReturnType<typeof valueAndGrad>>, [value: Variable, gradient: Variable]>();
  const [value, pullback] = vjp((a) => a.exp(), [1, 2]);
  expectEqual<[typeof value, ReturnType<typeof pullback>], [Variable, Variable[]]>();
  const report = await gradCheck(net, [x, [[1, 2]]]);
  expectEqual<typeof report, GradCheckReport>();
  // @ts-expect-error a function of Variables gives a Variable
  grad((a) => a.shape);
  // @ts-expect-error the output comes first, then the inputs as a list
  gradients(x, x);
}

export function bridges(x: Variable, net: Linear, t: Tensor): void {
  const whole = asCustomGrad(net);
  expectEqual<typeof whole, TensorModule>();
  expectEqual<Parameters<typeof whole>, [input: Tensor, weights?: NamedTensorMap | undefined]>();
  const free = asCustomGrad((a, b) => a.mul(b));
  expectEqual<typeof free, (...inputs: Tensor[]) => Tensor>();
  // @ts-expect-error weights come by name
  whole(t, t);
  // @ts-expect-error Variables stay on our side
  whole(x);
  // @ts-expect-error one result, for tfjs knows no gradient of several
  asCustomGrad((a) => [a, a]);

  const one = fromTf(square);
  expectEqual<ReturnType<typeof one>, Variable>();
  const pair = fromTf((a: Tensor, b: Tensor) => [mul(a, b), sum(a)]);
  expectEqual<typeof pair, TfOp<[Tensor, Tensor]>>();
  const [product, total] = pair(x, x);
  expectEqual<[typeof product, typeof total], [Variable, Variable]>();
  const list = fromTf((...all: Tensor[]): Tensor[] => all);
  expectEqual<ReturnType<typeof list>, Variable[]>();
  // @ts-expect-error tensors stay on their side
  one(t);
  // @ts-expect-error a function of tensors gives tensors
  fromTf((a: Tensor) => a.shape);
  // @ts-expect-error and gives them at once
  fromTf(async (a: Tensor) => Promise.resolve(a));
}
