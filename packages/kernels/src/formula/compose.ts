import { broadcastTo, fill, reshape, scalar, type Tensor } from '@tensorflow/tfjs-core';
import { repeatTensor, STOCK_RANK } from '../shape/any-rank.js';
import { sizeOf } from '../shapes.js';
import { nodesOf, type Formula } from './formula.js';
import { primitives } from './primitives.js';

/** Formulas in ops of tfjs, node by node, for backends without a body of ours. Intermediates are the caller's to free. */
export function composed(
  formulas: readonly Formula[],
  inputs: Readonly<Record<string, Tensor>>,
  params: Readonly<Record<string, number>>,
  shape: readonly number[],
): Tensor[] {
  // Flat where that changes nothing, or where there are more axes than tfjs selects in.
  const isFlat =
    shape.length > STOCK_RANK || Object.values(inputs).every((tensor) => tensor.shape.join() === shape.join());
  const read = (tensor: Tensor) => (isFlat ? reshape(repeatTensor(tensor, shape), [-1]) : tensor);
  const values = new Map<object, Tensor>();
  for (const node of nodesOf(...formulas)) {
    const { op, args, name, value } = node;
    if (op === 'input') values.set(node, read(inputs[name]!));
    else if (op === 'parameter') values.set(node, scalar(params[name]!));
    else if (op === 'constant') values.set(node, scalar(value));
    else values.set(node, primitives[op].tfjs(...args.map((arg) => values.get(arg)!)));
  }
  const whole = isFlat ? [sizeOf(shape)] : [...shape];
  return formulas.map((formula) => {
    const result = formula.op === 'constant' ? fill(whole, formula.value) : broadcastTo(values.get(formula)!, whole);
    return isFlat ? reshape(result, [...shape]) : result;
  });
}
