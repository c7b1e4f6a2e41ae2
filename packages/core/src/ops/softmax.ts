import { checkVariables } from '../variable/new-variable.js';
import { runKernel, softmaxGradientKernel, softmaxKernel, type SoftmaxAttrs } from '@tessera-nn/kernels';
import { defineOp } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';
import { mul, sub } from './arithmetic.js';
import { exp } from './functions.js';
import { normalizeAxes, sum } from './reduce.js';

const softmaxOp = defineOp({
  name: 'softmax',
  inputs: ['x'],
  saves: ['result'],
  layout: 'any',
  forward: ({ x }, { axis, isLog }: SoftmaxAttrs, { channelAxis }) =>
    runKernel(softmaxKernel, { x }, { axis: channelAxis(axis), isLog }),
  gradients: (g, { result }, attrs) => ({ x: () => softmaxGradient({ y: result, g }, attrs) }),
});

const softmaxGradient = defineOp({
  name: 'softmax gradient',
  inputs: ['y', 'g'],
  saves: ['y', 'g'],
  layout: 'any',
  forward: ({ y, g }, { axis, isLog }: SoftmaxAttrs, { channelAxis }) =>
    runKernel(softmaxGradientKernel, { y, g }, { axis: channelAxis(axis), isLog }),
  gradients: (h, { y, g }, { axis, isLog }) => {
    const total = (x: Variable) => sum(x, axis, true);
    if (isLog) {
      const share = exp(y);
      return {
        y: () => mul(mul(h, share), total(g)).neg(),
        g: () => sub(h, total(mul(h, share))),
      };
    }
    const hy = mul(h, y);
    return {
      y: () => sub(mul(h, sub(g, total(mul(g, y)))), mul(g, total(hy))),
      g: () => sub(hy, mul(y, total(hy))),
    };
  },
});

function along(x: Variable, axis: number, isLog: boolean): Variable {
  checkVariables([x], isLog ? 'logSoftmax' : 'softmax');
  return softmaxOp({ x }, { axis: normalizeAxes(axis, x.shape.length)[0]!, isLog });
}

/**
 * Shares that add up to 1 along an axis, the last one unless another is named: y = e^x / sum e^x, computed from
 * x - max x, so that nothing overflows. A row with NaN or Infinity in it, or of -Infinity alone, is NaN.
 *
 * Source: `torch.softmax`.
 * @throws ShapeError when there is no such axis.
 */
export const softmax = (x: Variable, axis = -1): Variable => along(x, axis, false);

/**
 * The logarithm of `softmax`, x - max x - ln sum e^(x - max x), with all digits also where a share is too small for a
 * float32.
 *
 * Source: `torch.log_softmax`.
 * @throws ShapeError when there is no such axis.
 */
export const logSoftmax = (x: Variable, axis = -1): Variable => along(x, axis, true);
