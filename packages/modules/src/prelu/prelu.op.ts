import {
  channelAxis,
  defineOp,
  greater,
  ModuleError,
  mul,
  reshape,
  sumTo,
  where,
  zerosLike,
  type Layout,
  type Op,
  type Variable,
} from '@tessera-nn/core';
import { relayout } from '@tessera-nn/core/internal';
import { defineKernel, runKernel, type OutputSpec } from '@tessera-nn/kernels';
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
import { preluInputGradientLaunch, preluLaunch, preluSlopesGradientLaunch } from './prelu.webgl.js';

/** x is read as [outer, count, inner] with one slope for each place on the middle axis. */
interface SlopeAxis {
  outer: number;
  count: number;
  inner: number;
  /** The shape in which the slopes broadcast to x. */
  slopesShape: readonly number[];
}

type WithSlopes = { x: Tensor; slopes: Tensor };

const sameAsX = ({ x }: { x: Tensor }): OutputSpec => ({ shape: x.shape });
const byAxis = (x: Tensor, { outer, count, inner }: SlopeAxis): Tensor => reshapeTensor(x, [outer, count, inner]);
const column = (slopes: Tensor, { count }: SlopeAxis): Tensor => reshapeTensor(slopes, [1, count, 1]);

/** y = x > 0 ? x : slope x. Selected, so that +Infinity stays, NaN stays, and -0 keeps its sign. */
const preluKernel = defineKernel<WithSlopes, SlopeAxis, Tensor>({
  name: 'Prelu',
  outputs: sameAsX,
  compose: ({ x, slopes }, axis) => {
    const wide = byAxis(x, axis);
    return reshapeTensor(whereTensor(greaterTensor(wide, 0), wide, mulTensor(wide, column(slopes, axis))), x.shape);
  },
  companion: ({ functions, at: { x, slopes }, outputs: [y] }, { outer, count, inner }) =>
    functions.prelu(x, x, slopes, y!, outer, count, inner),
  loops: ({ values: { x, slopes }, outputs: [y] }, { outer, count, inner }) => {
    for (let o = 0, i = 0; o < outer; o++) {
      for (let c = 0; c < count; c++) {
        const slope = slopes[c]!;
        for (let end = i + inner; i < end; i++) y![i] = x[i]! > 0 ? x[i]! : slope * x[i]!;
      }
    }
  },
  webgl: preluLaunch,
});

/** dx = x > 0 ? g : slope g; at 0 the slope. */
const preluInputGradientKernel = defineKernel<WithSlopes & { g: Tensor }, SlopeAxis, Tensor>({
  name: 'PreluInputGradient',
  outputs: sameAsX,
  compose: ({ x, slopes, g }, axis) => {
    const wide = byAxis(g, axis);
    return reshapeTensor(
      whereTensor(greaterTensor(byAxis(x, axis), 0), wide, mulTensor(wide, column(slopes, axis))),
      x.shape,
    );
  },
  companion: ({ functions, at: { x, slopes, g }, outputs: [dx] }, { outer, count, inner }) =>
    functions.prelu(x, g, slopes, dx!, outer, count, inner),
  loops: ({ values: { x, slopes, g }, outputs: [dx] }, { outer, count, inner }) => {
    for (let o = 0, i = 0; o < outer; o++) {
      for (let c = 0; c < count; c++) {
        const slope = slopes[c]!;
        for (let end = i + inner; i < end; i++) dx![i] = x[i]! > 0 ? g[i]! : slope * g[i]!;
      }
    }
  },
  webgl: preluInputGradientLaunch,
});

/** dslope = sum of g x over what the slope acted on: x > 0 ? 0 : g x. */
const preluSlopesGradientKernel = defineKernel<{ x: Tensor; g: Tensor }, SlopeAxis, Tensor>({
  name: 'PreluSlopesGradient',
  outputs: (_, { count }) => ({ shape: [count] }),
  compose: ({ x, g }, axis) => {
    const wide = byAxis(x, axis);
    const parts = mulTensor(wide, byAxis(g, axis));
    return sum(whereTensor(greaterTensor(wide, 0), zerosTensor(parts), parts), [0, 2]);
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

interface PreluAttrs {
  /** The logical axis that a vector of slopes lies along; a table of slopes has one for each element of a sample. */
  axis: number | 'table';
}

/** How x and the slopes meet in memory. */
function meet(x: Tensor, slopes: Tensor, axis: PreluAttrs['axis'], layout: Layout): SlopeAxis {
  const ones = x.shape.map(() => 1);
  if (axis === 'table') {
    return { outer: x.shape[0], count: slopes.size, inner: 1, slopesShape: [1, ...x.shape.slice(1)] };
  }
  if (slopes.size === 1) return { outer: 1, count: 1, inner: x.size, slopesShape: ones };
  const place = channelAxis(axis, x.rank, layout);
  return {
    slopesShape: ones.map((one, at) => (at === place ? slopes.size : one)),
    outer: util.sizeFromShape(x.shape.slice(0, place)),
    count: slopes.size,
    inner: util.sizeFromShape(x.shape.slice(place + 1)),
  };
}

/** A table of slopes in the order in which the elements of a sample lie in memory. */
function inMemoryOrder(slopes: Tensor, axis: PreluAttrs['axis'], layout: Layout): Tensor {
  return axis === 'table' ? relayout(reshapeTensor(slopes, [1, ...slopes.shape]), 'logical', layout) : slopes;
}

type GradientAttrs = PreluAttrs & { layout: Layout };

/** parts where x > 0 does not hold, 0 elsewhere. */
const onTheLeft = (x: Variable, parts: Variable): Variable => where(greater(x, 0), zerosLike(parts), parts);

/** The shape in which slopes broadcast to x, both logical. */
function broadcastShape(x: Variable, slopes: Variable, axis: PreluAttrs['axis']): number[] {
  if (axis === 'table') return [1, ...slopes.shape];
  const place = axis < 0 ? axis + x.rank : axis;
  return x.shape.map((_, at) => (at === place ? slopes.size : 1));
}

const inputGradient: Op<GradientAttrs, Tensor> = defineOp<GradientAttrs, Tensor>({
  name: 'prelu input gradient',
  layout: ({ layout }) => [layout, 'logical', layout],
  forward: (context, [x, slopes, g], { axis, layout }) => {
    context.saveInputs(0, 1, 2);
    return runKernel(
      preluInputGradientKernel,
      { x: x!, slopes: inMemoryOrder(slopes!, axis, layout), g: g! },
      meet(x!, slopes!, axis, layout),
    );
  },
  backward: ({ attrs, input, needsGrad }, [u]) => {
    const [x, slopes, g] = [input(0), input(1), input(2)];
    const ofSlopes = () => {
      const parts = sumTo(onTheLeft(x, mul(g, u!)), broadcastShape(x, slopes, attrs.axis));
      return reshape(parts, slopes.shape);
    };
    return [null, needsGrad[1] ? ofSlopes() : null, needsGrad[2] ? inputGradient([x, slopes, u!], attrs) : null];
  },
});

const slopesGradient = defineOp<GradientAttrs, Tensor>({
  name: 'prelu slopes gradient',
  layout: ({ layout }) => [layout, layout, 'logical'],
  gives: 'logical',
  forward: (context, [x, g, slopes], { axis, layout }) => {
    context.saveInputs(0, 1, 2);
    const grad = runKernel(preluSlopesGradientKernel, { x: x!, g: g! }, meet(x!, slopes!, axis, layout));
    if (axis !== 'table') return grad;
    const inMemory = inMemoryOrder(slopes!, axis, layout).shape;
    return reshapeTensor(relayout(reshapeTensor(grad, inMemory), layout, 'logical'), slopes!.shape);
  },
  backward: ({ attrs: { axis }, input, needsGrad }, [w]) => {
    const [x, g, slopes] = [input(0), input(1), input(2)];
    const wide = reshape(w!, broadcastShape(x, slopes, axis));
    return [
      needsGrad[0] ? onTheLeft(x, mul(g, wide)) : null,
      needsGrad[1] ? onTheLeft(x, mul(x, wide)) : null,
      null, // only its shape is used
    ];
  },
});

const preluOp: Op<PreluAttrs, Tensor> = defineOp<PreluAttrs, Tensor>({
  name: 'prelu',
  layout: 'first',
  forward: (context, [x, slopes], { axis }) => {
    context.saveInputs(0, 1);
    const { layout } = context;
    return runKernel(
      preluKernel,
      { x: x!, slopes: inMemoryOrder(slopes!, axis, layout) },
      meet(x!, slopes!, axis, layout),
    );
  },
  backward: ({ attrs: { axis }, input, layout, needsGrad }, [g]) => {
    const [x, slopes] = [input(0), input(1)];
    return [
      needsGrad[0] ? inputGradient([x, slopes, g!], { axis, layout }) : null,
      needsGrad[1] ? slopesGradient([x, g!, slopes], { axis, layout }) : null,
    ];
  },
});

/** The same function for a module that overwrote its input: what the gradient needs is gone. */
const inplaceOp: Op<PreluAttrs & { label: string }, Tensor> = defineOp<PreluAttrs & { label: string }, Tensor>({
  name: 'prelu in place',
  layout: 'first',
  forward: (context, [x, slopes], { axis }) =>
    runKernel(
      preluKernel,
      { x: x!, slopes: inMemoryOrder(slopes!, axis, context.layout) },
      meet(x!, slopes!, axis, context.layout),
    ),
  backward: ({ attrs: { label } }) => {
    throw new ModuleError(`${label} worked in place: its input is overwritten, so it has no gradient`, {
      path: label,
      hint: 'Build it with inplace: false to train through it',
    });
  },
});

/** x > 0 ? x : slope x, with the slopes along an axis or as a table for each element of a sample. */
export function prelu(x: Variable, slopes: Variable, axis: PreluAttrs['axis'], inplaceLabel?: string): Variable {
  return inplaceLabel === undefined
    ? preluOp([x, slopes], { axis })
    : inplaceOp([x, slopes], { axis, label: inplaceLabel });
}
