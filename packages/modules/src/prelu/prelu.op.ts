import { defineOp, greater, ModuleError, mul, sumTo, where, zerosLike, type Op, type Variable } from '@tessera-nn/core';
import { physicalShape } from '@tessera-nn/core/internal';
import { defineElementwise, defineKernel, formula as f, runKernel } from '@tessera-nn/kernels';
import {
  greater as greaterTensor,
  mul as mulTensor,
  reshape as reshapeTensor,
  sum,
  util,
  where as whereTensor,
  zerosLike as zerosTensor,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { preluSlopesGradientLaunch } from './prelu.webgl.js';

/** x is read as [outer, count, inner] with one slope for each place on the middle axis. */
interface SlopeAxis {
  outer: number;
  count: number;
  inner: number;
}

/** y = x > 0 ? x : slope x. Selected, so that +Infinity stays, NaN stays, and -0 keeps its sign. */
const preluKernel = defineElementwise({
  name: 'Prelu',
  inputs: ['x', 'slopes'],
  formula: ({ x, slopes }) => f.select(f.gt(x, 0), x, f.mul(slopes, x)),
  companion: ({ functions, at: { x, slopes }, inputs, outputs: [y] }) => {
    const { outer, count, inner } = meet(inputs.x, inputs.slopes.shape);
    functions.prelu(x, x, slopes, y!, outer, count, inner);
  },
});

/** dx = x > 0 ? g : slope g; at 0 the slope. */
const preluInputGradientKernel = defineElementwise({
  name: 'PreluInputGradient',
  inputs: ['x', 'slopes', 'g'],
  formula: ({ x, slopes, g }) => f.select(f.gt(x, 0), g, f.mul(slopes, g)),
  companion: ({ functions, at: { x, slopes, g }, inputs, outputs: [dx] }) => {
    const { outer, count, inner } = meet(inputs.x, inputs.slopes.shape);
    functions.prelu(x, g, slopes, dx!, outer, count, inner);
  },
});

const byAxis = (x: Tensor, { outer, count, inner }: SlopeAxis): Tensor => reshapeTensor(x, [outer, count, inner]);

/** dslope = sum of g x over what the slope acted on: x > 0 ? 0 : g x. */
const preluSlopesGradientKernel = defineKernel<
  { x: Tensor; g: Tensor },
  SlopeAxis & { slopesShape: readonly number[] },
  Tensor
>({
  name: 'PreluSlopesGradient',
  outputs: (_, { slopesShape }) => ({ shape: slopesShape }),
  compose: ({ x, g }, { slopesShape, ...axis }) => {
    const wide = byAxis(x, axis);
    const parts = mulTensor(wide, byAxis(g, axis));
    const sums = sum(whereTensor(greaterTensor(wide, 0), zerosTensor(parts), parts), [0, 2]);
    return reshapeTensor(sums, [...slopesShape]);
  },
  companion: ({ functions, at: { x, g }, outputs: [dslopes] }, { outer, count, inner }) =>
    functions.preluSlopesGradient(x, g, dslopes!, outer, count, inner),
  loops: ({ values: { x, g }, outputs: [dslopes] }, { outer, count, inner }) => {
    const totals = new Float64Array(count);
    for (let o = 0, i = 0; o < outer; o++) {
      for (let c = 0; c < count; c++) {
        let total = 0;
        for (let end = i + inner; i < end; i++) if (!(x[i]! > 0)) total += g[i]! * x[i]!;
        totals[c] = totals[c]! + total;
      }
    }
    dslopes!.set(totals);
  },
  webgl: preluSlopesGradientLaunch,
});

/** How slopes that broadcast to x meet it in memory: the axes that they lie along are one run of axes there. */
function meet(x: Tensor, slopesShape: readonly number[]): SlopeAxis {
  const count = util.sizeFromShape([...slopesShape]);
  if (count === 1) return { outer: 1, count, inner: x.size };
  const along = [...slopesShape.keys()].filter((axis) => slopesShape[axis] !== 1);
  return {
    outer: util.sizeFromShape(x.shape.slice(0, along.at(0))),
    count,
    inner: util.sizeFromShape(x.shape.slice(along.at(-1)! + 1)),
  };
}

/** parts where x > 0 does not hold, 0 elsewhere. */
const onTheLeft = (x: Variable, parts: Variable): Variable => where(greater(x, 0), zerosLike(parts), parts);

const inputGradient: Op<'x' | 'slopes' | 'g'> = defineOp({
  name: 'prelu input gradient',
  inputs: ['x', 'slopes', 'g'],
  saves: ['x', 'slopes', 'g'],
  layout: { x: 'any', slopes: 'like x', g: 'like x' },
  forward: (inputs) => runKernel(preluInputGradientKernel, inputs, {}),
  gradients: (u, { x, slopes, g }) => ({
    x: null,
    slopes: () => sumTo(onTheLeft(x, mul(g, u)), slopes.shape),
    g: () => inputGradient({ x, slopes, g: u }),
  }),
});

const slopesGradient = defineOp({
  name: 'prelu slopes gradient',
  inputs: ['x', 'g'],
  saves: ['x', 'g'],
  layout: { x: 'any', g: 'like x' },
  forward: (inputs, { shape }: { shape: readonly number[] }, { layout }) => {
    const slopesShape = physicalShape(shape, layout);
    return runKernel(preluSlopesGradientKernel, inputs, { slopesShape, ...meet(inputs.x, slopesShape) });
  },
  gradients: (w, { x, g }) => ({
    x: () => onTheLeft(x, mul(g, w)),
    g: () => onTheLeft(x, mul(x, w)),
  }),
});

const preluOp = defineOp({
  name: 'prelu',
  inputs: ['x', 'slopes'],
  saves: ['x', 'slopes'],
  layout: { x: 'any', slopes: 'like x' },
  forward: (inputs) => runKernel(preluKernel, inputs, {}),
  gradients: (g, { x, slopes }) => ({
    x: () => inputGradient({ x, slopes, g }),
    slopes: () => slopesGradient({ x, g }, { shape: slopes.shape }),
  }),
});

/** The same function for a module that overwrote its input: what the gradient needs is gone. */
const inplaceOp = defineOp({
  name: 'prelu in place',
  inputs: ['x', 'slopes'],
  layout: { x: 'any', slopes: 'like x' },
  forward: (inputs, _attrs: { label: string }) => runKernel(preluKernel, inputs, {}),
  gradients: (_g, _saved, { label }) => {
    throw new ModuleError(`${label} worked in place: its input is overwritten, so it has no gradient`, {
      path: label,
      hint: 'Build it with inplace: false to train through it',
    });
  },
});

/** x > 0 ? x : slope x, with slopes that broadcast to x: the axes that they lie along are neighbours in memory. */
export function prelu(x: Variable, slopes: Variable, inplaceLabel?: string): Variable {
  return inplaceLabel === undefined ? preluOp({ x, slopes }) : inplaceOp({ x, slopes }, { label: inplaceLabel });
}
