import { allFilled, elementwiseLaunch, onWorkbench, reduceLaunch, reductionOf } from '@tessera-nn/kernels';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

/** One draw. Selected, so that +Infinity stays, NaN stays, and -0 keeps its sign. */
export function preluLaunch({ x, slopes }: { x: Tensor; slopes: Tensor }): TensorInfo | undefined {
  const code = {
    name: 'Prelu',
    inputs: ['x', 'slope'],
    results: ['mix(slope * x, x, greaterThan(x, vec4(0.0)))'],
  };
  return elementwiseLaunch(code, [x, slopes], {}, x.shape)?.[0];
}

/** One draw. */
export function preluInputGradientLaunch(inputs: { x: Tensor; slopes: Tensor; g: Tensor }): TensorInfo | undefined {
  const { x, slopes, g } = inputs;
  const code = {
    name: 'PreluInputGradient',
    inputs: ['x', 'slope', 'g'],
    results: ['mix(slope * g, g, isAbove0(x))'],
  };
  return elementwiseLaunch(code, [x, slopes, g], {}, x.shape)?.[0];
}

/** Two draws: parts of the sums, then the sums. */
export function preluSlopesGradientLaunch(
  { x, g }: { x: Tensor; g: Tensor },
  { slopesShape }: { slopesShape: readonly number[] },
): TensorInfo | undefined {
  if (!allFilled(x, g)) return undefined;
  const axes = x.shape.flatMap((_, axis) => (slopesShape[axis] === 1 ? [axis] : []));
  const code = {
    name: 'PreluSlopesGradient',
    inputs: ['x', 'g'],
    terms: ['mix(x * g, vec4(0.0), isAbove0(x))'],
  };
  return onWorkbench((bench) =>
    bench.give(reduceLaunch(bench, code, [x, g], reductionOf(x.shape, axes), slopesShape)[0]!),
  );
}
