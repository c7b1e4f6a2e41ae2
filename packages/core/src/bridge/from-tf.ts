import { AutogradError, option, optionsOf, type Given } from '@tessera-nn/kernels';
import { checkFunction } from '@tessera-nn/kernels/internal';
import { addN, clone, engine, getGradient, mul, sum, Tensor, zerosLike } from '@tensorflow/tfjs-core';
import { defineListOp } from '../autograd/list-op.js';
import { isUnwantedPromise } from '../unwanted-promise.js';
import { checkDtype } from '../variable/array-data.js';
import type { Variable } from '../variable/variable.js';
import { onOwnTape } from './tape.js';

const options = optionsOf('fromTf', {
  /** What messages and the ledger call it. Default: the name of the function. */
  name: option.text.optional,
});
export type FromTfOptions = Given<typeof options>;

/** What `fromTf` gives: a Variable for each tensor. */
export type TfOp<Results extends Tensor | Tensor[]> = (
  ...inputs: Variable[]
) => Results extends Tensor[] ? { [I in keyof Results]: Variable } : Variable;

/** Which inputs want a gradient, and from which results one came. */
interface GradientAttrs {
  inputs: number;
  wanted: readonly number[];
  arrived: readonly number[];
}

/**
 * Makes a function of tensors, written with tfjs, an op on Variables: of one or several inputs, with one result or an array
 * of them. Its gradient is that of tfjs, of the first order.
 *
 * Tensors come in logical order, `[batch, maps, height, width]`. What the function makes on the way is freed, also when it
 * throws. The backward pass runs the function again, under `tf.grads`: it must give the same for the same inputs, so random
 * numbers want a seed. Weights that it closes over get no gradient; hand them in as inputs. An input that the result
 * does not depend on gets zeros.
 *
 * tfjs-core alone knows no gradients: import `@tensorflow/tfjs` or `@tensorflow/tfjs-layers`, which register them.
 *
 * @example
 * const x = new Variable([[1, 2]], { requiresGrad: true });
 * const logSumExp = fromTf((x: tf.Tensor) => tf.logSumExp(x, -1));
 * logSumExp(x).sum().backward();
 * @throws AutogradError when the function returns no tensors, when tfjs lacks the gradient of an op, when the result does not
 *   depend on what wants a gradient, and, by name, when a gradient is differentiated again. DtypeError for other
 *   number types than those of Variables.
 */
export function fromTf<Results extends Tensor | Tensor[] | [Tensor]>(
  fn: (...inputs: Tensor[]) => Results,
  given: FromTfOptions = {},
): TfOp<Results> {
  checkFunction(fn, 'fromTf');
  const { name = fn.name || 'a function' } = options.read(given);
  const label = `fromTf(${name})`;
  const call = (inputs: Tensor[]) => checkResults<Tensor | Tensor[]>(fn(...inputs), label);
  const gradientOp = defineListOp<GradientAttrs, Tensor[]>({
    name: `gradient of ${label}`,
    layout: 'logical',
    forward: (tensors, attrs) => named(label, () => onOwnTape(() => differentiate(call, tensors, attrs))),
    gradients: () => {
      throw new AutogradError(`The gradient of ${label} cannot be differentiated again`, {
        path: label,
        hint: 'It is computed by tfjs: write the function with ops, or use detach() to keep it out of the second derivative',
      });
    },
  });
  const op = defineListOp<object, Tensor | Tensor[]>({
    name: label,
    layout: 'logical',
    saves: { inputs: 'all' },
    forward: (tensors) => {
      const results = onOwnTape(() => call(tensors.map((tensor) => clone(tensor))));
      // A result may be the function's own, or come twice: clones are ours alone.
      return Array.isArray(results) ? results.map((result) => clone(result)) : clone(results);
    },
    gradients: (grads, { input, wanted }) => {
      const arrived = [...grads.keys()].filter((slot) => grads[slot]);
      const asked = [...wanted.keys()].filter((index) => wanted[index]);
      const found = gradientOp([...wanted.map((_, index) => input(index)), ...arrived.map((slot) => grads[slot]!)], {
        inputs: wanted.length,
        wanted: asked,
        arrived,
      });
      return wanted.map((_, index) => () => found[asked.indexOf(index)]!);
    },
  });
  return ((...inputs: Variable[]) => {
    if (inputs.length > 0) return op(inputs);
    throw new AutogradError(`${label} was called without inputs`, { path: label, expected: 'one Variable or more' });
  }) as TfOp<Results>;
}

function differentiate(
  call: (inputs: Tensor[]) => Tensor | Tensor[],
  tensors: readonly Tensor[],
  { inputs: count, wanted, arrived }: GradientAttrs,
): Tensor[] {
  const inputs = tensors.slice(0, count).map((tensor) => clone(tensor));
  const cotangents = tensors.slice(count);
  const run = () => {
    const results = [call(inputs)].flat();
    const reached = arrived.map((slot) => results[slot]!);
    // tfjs differentiates one result: several are weighted with their cotangents and added up.
    if (reached.length > 1) return addN(reached.map((result, i) => sum(mul(result, cotangents[i]!))));
    return inputs.includes(reached[0]!) ? clone(reached[0]!) : reached[0]!;
  };
  const xs = wanted.map((index) => inputs[index]!);
  const { grads } = engine().gradients(run, xs, cotangents.length > 1 ? undefined : cotangents[0]);
  return grads.map((grad: Tensor | undefined, i) => grad ?? zerosLike(xs[i]!));
}

function checkResults<T>(results: T, label: string): T {
  const list: unknown[] = [results].flat();
  if (list.length === 0 || list.some((result) => !(result instanceof Tensor))) {
    const isPromise = isUnwantedPromise(results);
    throw new AutogradError(`${label} returned no tensors`, {
      path: label,
      expected: 'a tensor or an array of tensors',
      received: isPromise ? 'a Promise' : Array.isArray(results) ? 'an array of other things' : typeof results,
      ...(isPromise ? { hint: 'The tape of tfjs records synchronous functions only' } : {}),
    });
  }
  for (const { dtype } of list as Tensor[]) checkDtype(dtype);
  return results;
}

/** Runs work of tfjs and says what its two messages about gradients mean here. */
function named<T>(label: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const kernel = /gradient function not found for (\w+)/.exec(message)?.[1];
    if (kernel !== undefined) {
      const bare = getGradient('Multiply') === undefined;
      throw new AutogradError(`${label}: tfjs knows no gradient of ${kernel}`, {
        path: label,
        cause: error,
        hint: bare
          ? "tfjs-core alone registers none: import '@tensorflow/tfjs' or '@tensorflow/tfjs-layers'"
          : kernel.startsWith('Tessera')
            ? 'It is one of ours: bring it in with asCustomGrad'
            : 'Keep it out of the way from the inputs to the result',
      });
    }
    if (!message.startsWith('Cannot compute gradient of y=f(x)')) throw error;
    throw new AutogradError(`${label}: the result does not depend on the inputs that want a gradient`, {
      path: label,
      cause: error,
      hint: 'Compute it from the inputs with ops of tfjs, without reading their values; detach() what needs no gradient',
    });
  }
}
