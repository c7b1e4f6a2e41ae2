import { CostError, Variable } from '@tessera-nn/core';
import { readHostData, sameShape } from '@tessera-nn/core/internal';
import type { CostInput } from '../cost.js';

/**
 * Targets that are a probability for each score, in the shape of the scores; undefined where they are labels. Of a single
 * class labels are meant, for its probability says nothing.
 *
 * @param given the shape that the scores came in, which lacks the batch of a single sample.
 * @param shape their shape with a batch.
 * @throws CostError for a negative one, or NaN, that lies on the host.
 */
export function readShares(
  target: CostInput,
  given: readonly number[],
  shape: readonly number[],
): Variable | undefined {
  if (shape[1] === 1) return undefined;
  if (target instanceof Variable) {
    return target.dtype === 'float32' && sameShape(target.shape, given) ? target.reshape(shape) : undefined;
  }
  if (typeof target === 'object' && 'dataId' in target) return readShares(new Variable(target), given, shape);
  const isFlat = ArrayBuffer.isView(target);
  if (isFlat && !(target instanceof Float32Array || target instanceof Float64Array)) return undefined;
  const host = readHostData(target, undefined, 'float32');
  const isEach = isFlat ? host.values.length === shape.reduce((a, b) => a * b) : sameShape(host.shape, given);
  if (!isEach) return undefined;
  const wrong = host.values.findIndex((value) => !(value >= 0));
  if (wrong < 0) return new Variable(host.values, { shape });
  throw new CostError(`CrossEntropy: target ${host.values[wrong]} at position ${wrong} is not a probability`, {
    path: 'CrossEntropy',
    expected: 'numbers from 0',
    received: String(host.values[wrong]),
  });
}
