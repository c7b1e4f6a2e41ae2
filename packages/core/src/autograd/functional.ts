import { checkVariables } from '../variable/new-variable.js';
import { option, optionsOf, sameShape, ShapeError, shapeText, type Given } from '@tessera-nn/kernels';
import { checkFunction, checkList } from '@tessera-nn/kernels/internal';
import { inFrame, type Owned } from '../memory/frame.js';
import { addAll, mul, sum } from '../ops/index.js';
import { synchronous } from '../unwanted-promise.js';
import type { VariableSource } from '../variable/read-source.js';
import { Variable } from '../variable/variable.js';
import { argument } from './argument.js';
import { isRecording, withRecording } from './grad-mode.js';
import { gradientsSince } from './gradients-since.js';
import { nextSequence } from './graph-node.js';
import { withGraph } from './graph.js';

/** A function of Variables, made of ops and modules. */
export type DifferentiableFunction = (...inputs: Variable[]) => Variable;

export const functionalOptions = optionsOf('grad', {
  /**
   * Records the result, so that it can be differentiated again. Default: when an argument is on the tape itself, as in
   * `grad(grad(f))`. Needed for what the function closes over, such as the parameters under a gradient penalty.
   */
  createGraph: option.flag.optional,
});
export type FunctionalOptions = Given<typeof functionalOptions>;

/** What a differentiation of a function works on. */
export interface Arguments {
  inputs: Variable[];
  createGraph: boolean;
  /** For `gradients`: where the function begins. */
  since: number;
}

/** Runs work with recording on and frees what it made but its results; what was recorded outside stays untouched. */
export function onArguments<T extends Owned>(
  sources: readonly (Variable | VariableSource)[],
  options: FunctionalOptions,
  work: (args: Arguments) => T[],
): T[] {
  const isOnTape = (source: Variable | VariableSource): source is Variable =>
    source instanceof Variable && source.tracked && isRecording();
  const createGraph = options.createGraph ?? sources.some(isOnTape);
  return inFrame(
    () => {
      const since = nextSequence();
      const inputs = sources.map((source) => {
        if (isOnTape(source)) return argument({ x: source });
        return new Variable(source instanceof Variable ? source.storage.retain() : source, { requiresGrad: true });
      });
      return withRecording(true, () => work({ inputs, createGraph, since }));
    },
    (results) => (createGraph ? withGraph(results as unknown as Variable[]) : new Set<Owned>(results)),
  );
}

/**
 * The gradient of a function that returns one number, in its first argument: `grad(f)(x, ...others)` = df/dx.
 *
 * Shapes: that of the first argument. Nobody's `grad` changes. `grad(grad(f))` is the second derivative of f.
 * Source: JAX's `grad`.
 *
 * @example
 * console.log(String(grad((x) => x.pow(3).sum())([1, 2]))); // [ 3. 12.]
 * @throws AutogradError when the function returns more than one element.
 */
export function grad(
  fn: DifferentiableFunction,
  options: FunctionalOptions = {},
): (...inputs: (Variable | VariableSource)[]) => Variable {
  checkFunction(fn, 'grad');
  const how = functionalOptions.read(options);
  return (...sources) =>
    onArguments(sources, how, ({ inputs, createGraph, since }) =>
      gradientsSince(since, oneElement(valueOf(fn, inputs)), [inputs[0]!], { createGraph, allowUnused: true }),
    )[0]!;
}

/**
 * The value of a function that returns one number, and its gradient in the first argument, of one forward pass.
 *
 * @example
 * const [value, slope] = valueAndGrad((x) => x.square().sum())([1, 2]);
 * console.log(await value.item(), await slope.array()); // 5 [ 2, 4 ]
 * @throws AutogradError when the function returns more than one element.
 */
export function valueAndGrad(
  fn: DifferentiableFunction,
  options: FunctionalOptions = {},
): (...inputs: (Variable | VariableSource)[]) => [value: Variable, gradient: Variable] {
  checkFunction(fn, 'valueAndGrad');
  const how = functionalOptions.read(options, 'valueAndGrad');
  return (...sources) =>
    onArguments(sources, how, ({ inputs, createGraph, since }) => {
      const value = oneElement(valueOf(fn, inputs));
      const given = createGraph ? value.alias() : value.detach();
      return [given, ...gradientsSince(since, value, [inputs[0]!], { createGraph, allowUnused: true })];
    }) as [Variable, Variable];
}

/**
 * The value of a function and a function from a cotangent of the value's shape to the gradients of all arguments:
 * `pullback(w)` = [w^T dy/dx]. It may be called many times. Source: JAX's `vjp`.
 *
 * @example
 * const [y, pullback] = vjp((x) => x.square(), [1, 3]);
 * const [dx] = pullback([1, 10]);
 * console.log(String(dx)); // [ 2. 60.]
 */
export function vjp(
  fn: DifferentiableFunction,
  ...sources: (Variable | VariableSource)[]
): [value: Variable, pullback: (cotangent: Variable | VariableSource) => Variable[]] {
  checkFunction(fn, 'vjp');
  let args!: Arguments;
  const [root] = onArguments(sources, { createGraph: true }, (given) => {
    args = given;
    return [valueOf(fn, given.inputs).alias()];
  });
  const onTape = isRecording() && sources.some((source) => source instanceof Variable && source.tracked);
  const { inputs, since } = args;
  return [
    onTape ? root!.alias() : root!.detach(),
    (seed) => gradientsSince(since, root!, inputs, { seed, createGraph: onTape, retainGraph: true, allowUnused: true }),
  ];
}

/**
 * The value of a function and its derivative along tangents: [y, sum of dy/dx tangent], by differentiating the
 * vector-Jacobian product, which is linear in its cotangent, once more. Needs second-order gradients of the ops.
 *
 * Shapes: each tangent has its argument's, both results have the function's. Source: JAX's `jvp`; J. Townsend, "A new
 * trick for calculating Jacobian vector products", 2017.
 *
 * @example
 * const [y, along] = jvp((x) => x.square(), [[1, 2]], [[1, 10]]);
 * console.log(await y.array(), await along.array()); // [ 1, 4 ] [ 2, 40 ]
 * @throws ShapeError for tangents that do not fit, AutogradError at an op that has no second gradient, by its name.
 */
export function jvp(
  fn: DifferentiableFunction,
  primals: readonly (Variable | VariableSource)[],
  tangents: readonly (Variable | VariableSource)[],
  options: FunctionalOptions = {},
): [value: Variable, tangent: Variable] {
  checkFunction(fn, 'jvp');
  for (const list of [primals, tangents]) checkList(list, 'jvp', 'arguments and tangents in lists');
  return onArguments(primals, functionalOptions.read(options, 'jvp'), ({ inputs, createGraph, since }) => {
    const directions = inputs.map((input, i) => directionOf(input, tangents[i], i));
    const value = valueOf(fn, inputs);
    const seed = new Variable(new Float32Array(value.size), { shape: value.shape, requiresGrad: true });
    const grads = gradientsSince(since, value, inputs, { seed, createGraph: true, allowUnused: true });
    const along = addAll(grads.map((gradient, i) => sum(mul(gradient, directions[i]!))));
    const [tangent] = gradientsSince(since, along, [seed], { createGraph, allowUnused: true });
    return [createGraph ? value.alias() : value.detach(), tangent!];
  }) as [Variable, Variable];
}

/** The value of a function that is to be differentiated. @throws AutogradError when it is a Promise. */
export function valueOf(fn: DifferentiableFunction, inputs: readonly Variable[]): Variable {
  const value = synchronous(fn(...inputs), 'An asynchronous function cannot be differentiated', {
    hint: 'Await what it needs before, and give it to the function',
  });
  checkVariables([value], 'The result of a function that is differentiated');
  return value;
}

function oneElement(value: Variable): Variable {
  value.seedFrom(undefined, 'The gradient of a function').dispose();
  return value;
}

function directionOf(input: Variable, tangent: Variable | VariableSource | undefined, index: number): Variable {
  const direction = tangent === undefined || tangent instanceof Variable ? tangent : new Variable(tangent);
  if (direction && sameShape(direction.shape, input.shape)) return direction;
  throw new ShapeError(`jvp: tangent ${index} has not the shape of its argument`, {
    path: `tangents[${index}]`,
    expected: shapeText(input.shape),
    received: direction ? shapeText(direction.shape) : 'nothing',
  });
}
