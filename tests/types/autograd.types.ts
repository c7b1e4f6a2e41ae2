// The public types of differentiation and of the bridges to tfjs.
import { mul, square, sum, tensor1d, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import {
  asCustomGrad,
  defineListOp,
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
  type Layout,
  type ListOp,
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
  const bare = defineOp({ name: 'bare', inputs: ['a'], layout: 'any', forward: ({ a }): Tensor => square(a) });
  expectEqual<typeof bare, Op<'a'>>();
  expectEqual<ReturnType<typeof bare>, Variable>();
  bare({ a: x });
  // @ts-expect-error an input that it has not
  bare({ b: x });
  // @ts-expect-error inputs go by name
  bare([x]);
  const several = defineOp({
    name: 'several',
    inputs: ['a', 'b'],
    optional: ['bias'],
    results: ['y', 'mean'],
    saves: ['a', 'bias', 'mean'],
    layout: ({ factor }: { factor: number }) =>
      factor > 0 ? 'any' : { a: 'channelsLast', b: 'like a', bias: 'logical' },
    forward: ({ a, b, bias }, { factor }, { layout, channelAxis }) => {
      expectEqual<[typeof a, typeof b, typeof bias], [Tensor, Tensor, Tensor | null | undefined]>();
      expectEqual<[typeof factor, typeof layout, ReturnType<typeof channelAxis>], [number, Layout, number]>();
      return [mul(a, factor), b];
    },
    gradients: ({ y, mean }, saved, { factor }, shapes) => {
      expectEqual<[typeof y, typeof mean], [Variable | undefined, Variable | undefined]>();
      expectEqual<typeof saved, { a: Variable; bias: Variable | undefined; mean: Variable }>();
      expectEqual<[typeof factor, typeof shapes.a], [number, readonly number[]]>();
      return { a: () => y?.mul(saved.a), b: () => mean && sumTo(mean, shapes.b), bias: null };
    },
  });
  expectEqual<typeof several, Op<'a' | 'b', { factor: number }, 'bias', 'y' | 'mean'>>();
  const { y, mean } = several({ a: x, b: x }, { factor: 2 });
  expectEqual<[typeof y, typeof mean], [Variable, Variable]>();
  several({ a: x, b: x, bias: x }, { factor: 2 });
  // @ts-expect-error attributes that the op needs are given
  several({ a: x, b: x });
  // @ts-expect-error inputs that the op needs, too
  several({ a: x }, { factor: 2 });
  const list = defineListOp<object, Tensor[]>({
    name: 'list',
    layout: 'any',
    forward: (inputs) => inputs,
    gradients: (grads) => grads.map((grad) => () => grad),
  });
  expectEqual<typeof list, ListOp<object, Tensor[]>>();
  expectEqual<ReturnType<typeof list>, Variable[]>();
}

/** A wrong name does not compile, wherever it stands. */
export function names(): void {
  const name = 'op';
  const inputs = ['x', 'slopes'] as const;
  const layout = 'any';
  const forward = ({ x }: { x: Tensor }) => x;
  const none = { x: null, slopes: null };
  const both = ({ x }: { x: Tensor }) => [x];
  // @ts-expect-error in what is saved
  defineOp({ name, inputs, saves: ['slops'], layout, forward });
  // @ts-expect-error in what forward takes
  defineOp({ name, inputs, layout, forward: ({ x, slops: _ }) => x });
  // @ts-expect-error in what is read again: it was not saved
  defineOp({ name, inputs, saves: ['x'], layout, forward, gradients: (_g, { slopes: _ }) => none });
  // @ts-expect-error among the gradients
  defineOp({ name, inputs, layout, forward, gradients: (g) => ({ x: () => g, slops: () => g }) });
  // @ts-expect-error a gradient is missing: what has none says null
  defineOp({ name, inputs, layout, forward, gradients: (g) => ({ x: () => g }) });
  // @ts-expect-error a gradient is a function that gives a Variable
  defineOp({ name, inputs, layout, forward, gradients: (g) => ({ x: () => tensor1d([1]), slopes: () => g }) });
  // @ts-expect-error in a layout by name
  defineOp({ name, inputs, layout: { slops: 'any' }, forward });
  // @ts-expect-error in the name that a layout is like
  defineOp({ name, inputs, layout: { slopes: 'like y' }, forward });
  // @ts-expect-error a layout there is none of
  defineOp({ name, inputs, layout: 'channelsFirst', forward });
  // @ts-expect-error among the gradients of results
  defineOp({ name, inputs, results: ['y'], layout, forward: both, gradients: ({ z: _ }) => none });
  // @ts-expect-error among the shapes
  defineOp({ name, inputs, layout, forward, gradients: (_g, _saved, _attrs, { y: _ }) => none });
}

export function rows(): void {
  const row = elementwiseOp<'slope'>({ name: 'Row', params: ['slope'], value: ({ x }) => x });
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
