import { AutogradError, ModuleError, didYouMean, sameShape, ShapeError, shapeText } from '@tessera-nn/kernels';
import { clone, customGrad, engine, zeros, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import { runBackward } from '../autograd/backward.js';
import type { DifferentiableFunction } from '../autograd/functional.js';
import { noGrad, withRecording } from '../autograd/grad-mode.js';
import { gradients } from '../autograd/gradients.js';
import { withGraph } from '../autograd/graph.js';
import { inFrame } from '../memory/frame.js';
import { Module } from '../module/module.js';
import { Variable } from '../variable/variable.js';
import { onOwnTape } from './tape.js';

/** A module as a function of tensors; `weights` take the place of parameters, by path. */
export type TensorModule = (input: Tensor, weights?: NamedTensorMap) => Tensor;

/**
 * Makes a module, or a function of Variables, a function of tensors that tfjs can differentiate: inside `tf.grad`,
 * `tf.grads`, `tf.variableGrads`, the `minimize` of a tfjs optimizer, and the `call` of a tfjs-layers Layer.
 *
 * Parameters reach tfjs as tensors: `f(x, { W, b })` computes with these in place of the parameters of those paths, and
 * tfjs gets their gradients, as it must to train them. A parameter that is not handed over keeps its value and gets its
 * gradient as from `loss.backward()`: added to its `grad`, once the outermost gradient of tfjs passes through here. tfjs
 * passes through only where it was asked for the gradient of something before, the input or a weight.
 *
 * Shapes: as of the module, `[batch, maps, height, width]`; images of tfjs are `[batch, height, width, maps]` and want
 * `tf.transpose`. Second and higher derivatives are right where the ops of the module have them.
 *
 * What the forward pass keeps is freed when tfjs goes backward through it; where it never does, and behind higher
 * derivatives, by the collector. Source: TensorFlow's `tf.custom_gradient`, `torch.func.functional_call`.
 *
 * @example
 * const f = asCustomGrad(new Linear(3, 2));
 * const x = tf.ones([1, 3]);
 * const dx = tf.grad((input) => f(input))(x);
 * const [dW] = tf.grads((W) => f(x, { W }))([tf.ones([3, 2])]);
 * @throws ModuleError for a module that takes a list, which a function can wrap, and for a weight of a path that no
 *   parameter has; ShapeError for one of another shape; AutogradError for a list as result; and what `forward` throws.
 */
export function asCustomGrad(module: Module): TensorModule;
export function asCustomGrad(fn: DifferentiableFunction): (...inputs: Tensor[]) => Tensor;
export function asCustomGrad(subject: Module | DifferentiableFunction) {
  if (!(subject instanceof Module)) {
    return (...inputs: Tensor[]) => bridge(inputs, (leaves) => ({ output: single(subject(...leaves)), leaves }));
  }
  if (subject.takes === 'list') {
    throw new ModuleError(`asCustomGrad(${subject.label}): it takes a list`, {
      path: subject.path,
      expected: 'a module of one input, or a function',
      hint: 'Give it a function: asCustomGrad((a, b) => module.forward([a, b]))',
    });
  }
  return (input: Tensor, weights: NamedTensorMap = {}) => {
    const parameters = Object.entries(weights).map(([path, weight]) => parameterFor(subject, path, weight));
    return bridge([input, ...Object.values(weights)], ([x, ...values]) => ({
      output: single(withValues(parameters, values, () => subject.forward(x!))),
      leaves: [x!, ...parameters],
    }));
  };
}

function single(output: unknown): Variable {
  if (output instanceof Variable) return output;
  throw new AutogradError('asCustomGrad returned no single Variable', {
    path: 'asCustomGrad',
    expected: 'one output, as functions of tfjs have it',
    received: Array.isArray(output) ? `a list of ${output.length}` : typeof output,
    hint: 'Give it a function that takes one output, or joins them: asCustomGrad((x) => concat(module.forward(x), 1))',
  });
}

/** A result of ours on its way to tfjs: which leaf of our graph stands for which tensor. */
interface Crossing {
  output: Variable;
  leaves: readonly Variable[];
  /** Somebody may differentiate this once more: only the collector knows when nobody will. */
  retained?: boolean;
}

function bridge(tensors: readonly Tensor[], run: (inputs: Variable[]) => Crossing): Tensor {
  const variables = () => tensors.map((tensor) => new Variable(tensor, { requiresGrad: tensor.dtype === 'float32' }));
  if (!engine().isTapeOn()) {
    return inFrame(
      () => noGrad(() => clone(run(variables()).output.data)),
      () => new Set(),
    );
  }
  return crossTo(tensors, () =>
    inFrame(
      () => withRecording(true, () => run(variables())),
      ({ output, leaves }) => withGraph([output, ...leaves]),
    ),
  );
}

/** Puts a result onto the tape of tfjs, as what came of the tensors. */
function crossTo(tensors: readonly Tensor[], compute: () => Crossing): Tensor {
  return customGrad(() => {
    const crossing = compute();
    const value = clone(crossing.output.data);
    crossing.output.releaseMemory(); // its node keeps what the gradient needs
    return { value, gradFunc: (dy: Tensor) => pullBack(crossing, tensors, dy) };
  })(...tensors);
}

function pullBack(crossing: Crossing, tensors: readonly Tensor[], dy: Tensor): Tensor[] {
  if (!engine().isTapeOn()) return onOwnTape(() => gradientsOf(crossing, tensors, dy));
  // tfjs records this gradient, to differentiate it again.
  crossing.retained = true;
  const { output, leaves } = crossing;
  const recorded = onOwnTape(() => {
    const seed = new Variable(dy, { requiresGrad: true });
    const grads = gradients(output, leaves, { seed, createGraph: true, allowUnused: true });
    return { grads, leaves: [...leaves, seed] };
  });
  return recorded.grads.map((grad) =>
    crossTo([...tensors, dy], () => ({ output: grad, leaves: recorded.leaves, retained: true })),
  );
}

/** The gradients for tfjs; those of other leaves that require one are added to their `grad`. */
function gradientsOf({ output, leaves, retained = false }: Crossing, tensors: readonly Tensor[], dy: Tensor): Tensor[] {
  const asked = new Set(leaves);
  const wants = (leaf: Variable) => asked.has(leaf) || (leaf.requiresGrad && leaf.node === null);
  const seed = new Variable(dy);
  const grads = runBackward({
    roots: [{ root: output, seed }],
    wants,
    retainGraph: retained,
    createGraph: false,
  });
  const results = leaves.map((leaf, i) => {
    const grad = grads.get(leaf);
    return grad ? clone(grad.data) : zeros(tensors[i]!.shape);
  });
  for (const [leaf, grad] of grads) {
    if (!asked.has(leaf)) leaf.accumulateGrad(grad);
    grad.releaseMemory();
  }
  seed.releaseMemory();
  if (!retained) for (const leaf of leaves) if (!leaf.kept) leaf.releaseMemory();
  return results;
}

function parameterFor(module: Module, path: string, weight: Tensor): Variable {
  const parameters = new Map(module.namedParameters());
  const parameter = parameters.get(path);
  const subject = `asCustomGrad(${module.label})`;
  if (!parameter) {
    const known = [...parameters.keys()];
    throw new ModuleError(`${subject}: no parameter has the path "${path}"`, {
      path,
      expected: known.map((name) => `"${name}"`).join(', ') || 'no weights, for there are no parameters',
      received: `"${path}"`,
      hint: didYouMean(path, known),
    });
  }
  if (sameShape(parameter.shape, weight.shape)) return parameter;
  throw new ShapeError(`${subject}: the weight "${path}" has another shape than the parameter`, {
    path,
    expected: shapeText(parameter.shape),
    received: shapeText(weight.shape),
  });
}

/** Runs work with other values in the parameters; ops keep the storages they saw. */
function withValues<T>(parameters: readonly Variable[], values: readonly Variable[], work: () => T): T {
  const before = parameters.map(({ storage }) => storage.retain());
  parameters.forEach((parameter, i) => parameter.replaceStorage(values[i]!.storage.retain()));
  try {
    return work();
  } finally {
    parameters.forEach((parameter, i) => parameter.replaceStorage(before[i]!));
  }
}
