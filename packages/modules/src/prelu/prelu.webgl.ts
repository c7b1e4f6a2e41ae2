import { allFilled, onWorkbench, reduceLaunch, reductionOf } from '@tessera-nn/kernels';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

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
