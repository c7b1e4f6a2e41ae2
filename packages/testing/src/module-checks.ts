import {
  concat,
  fromBlueprint,
  ModuleError,
  parameter,
  seed,
  Variable,
  type AnyModule,
  type Data,
} from '@tessera-nn/core';
import { isList, shapeOf, variablesIn } from '@tessera-nn/core/internal';
import { kernelReport } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { backendName } from './backend.js';
import { centralDifferences } from './central-differences.js';
import { expectClose, type Tolerance } from './close.js';
import type { ModuleCase, ModuleSpecification, Tensors } from './module-specification.js';
import { nd, type Nd } from './nd.js';
import { filled, flat, ndsIn, toVariables, type Nds } from './nds.js';
import { randomNd } from './random-values.js';
import { checkSecondOrder } from './second-order.js';

/** Random factors for all outputs, one behind the other. */
export function cotangentOf(shapes: readonly (readonly number[])[], seedValue: number): Nd {
  return flat(shapes.map((shape, i) => randomNd(shape, seedValue + i)));
}

export function cotangentFor({ shape }: Variable, seedValue: number): Variable {
  return new Variable(randomNd(shape, seedValue).data, { shape });
}

export async function readTensors(module: AnyModule, parametersOnly = false): Promise<{ tensors: Tensors }> {
  const tensors: Tensors = {};
  for (const [path, variable] of parametersOnly ? module.namedParameters() : module.namedTensors()) {
    tensors[path] = nd(variable.shape, await variable.values());
  }
  return { tensors };
}

export async function expectGrad(variable: Variable, expected: Float64Array, what: string, tolerance?: Tolerance) {
  expect(variable.grad, what).to.not.equal(null);
  expectClose(await variable.grad!.data(), expected, what, tolerance);
}

/** The forward half of moduleSpec, for a single case. @throws AssertionError when it does not agree. */
export async function checkForward<M extends AnyModule, X extends Nds, Y extends Nds>(
  { reference, tolerance }: ModuleSpecification<M, X, Y>,
  { make }: ModuleCase<M, X>,
  x: X,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const expected = reference(x, tensors, module);
  const output = module.forward(toVariables(x));
  const shapes = 'data' in expected ? expected.shape : expected.map(({ shape }) => shape);
  expect(module.dataShapeFrom('data' in x ? x.shape : x.map(({ shape }) => shape))).to.deep.equal(shapes);
  expect(shapeOf(output)).to.deep.equal(shapes);
  for (const [i, y] of variablesIn(output).entries()) {
    expectClose(await y.values(), ndsIn(expected)[i]!.data, 'output', tolerance);
  }
}

/** All learned parameters by path. */
function learnedBy(module: AnyModule): [path: string, parameter: Variable][] {
  return [...module.namedParameters()].filter(([, { requiresGrad }]) => requiresGrad);
}

/** One forward and backward pass, each output times its cotangent; draws are the same each time. */
function differentiate(module: AnyModule, input: Data): void {
  seed(1);
  const outputs = variablesIn(module.forward(input));
  outputs
    .map((y, i) => y.mul(cotangentFor(y, 8 + i)).sum())
    .reduce((a, b) => a.add(b))
    .backward();
}

/** The gradient half of moduleSpec, for a single case. @throws AssertionError naming the gradient that is wrong. */
export async function checkGradients<M extends AnyModule, X extends Nds, Y extends Nds>(
  { reference, tolerance }: ModuleSpecification<M, X, Y>,
  { make }: ModuleCase<M, X>,
  x: X,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const learned = learnedBy(module);
  const input = toVariables(x, true);
  differentiate(module, input);

  const y = reference(x, tensors, module);
  const evaluate = () => flat(reference(x, tensors, module));
  const cotangent = cotangentOf(
    ndsIn(y).map(({ shape }) => shape),
    8,
  );
  const expected = [...ndsIn(x), ...learned.map(([path]) => tensors[path]!)].map((values) =>
    centralDifferences(evaluate, values, cotangent),
  );
  const names = [...ndsIn(x).map(() => 'the input'), ...learned.map(([path]) => path)];
  const leaves = [...variablesIn(input), ...learned.map(([, parameter]) => parameter)];
  for (const [i, leaf] of leaves.entries()) await expectGrad(leaf, expected[i]!, `gradient of ${names[i]!}`, tolerance);
  if (leaves.length === 1) return;

  const inputs = ndsIn(x).length;
  for (const [alone, name] of names.entries()) {
    for (const [i, [, parameter]] of learned.entries()) {
      parameter.zeroGrad();
      parameter.requiresGrad = alone === inputs + i;
    }
    const again = toVariables(x, alone);
    differentiate(module, again);
    const leaf = alone < inputs ? variablesIn(again)[alone]! : learned[alone - inputs]![1];
    await expectGrad(leaf, expected[alone]!, `gradient of ${name}, wanted alone`, tolerance);
  }
}

/** The second-order half of the gradients of moduleSpec, for a single case. @throws AssertionError, AutogradError. */
export async function checkSecondGradients<M extends AnyModule, X extends Nds, Y extends Nds>(
  { reference, tolerance }: ModuleSpecification<M, X, Y>,
  { make }: ModuleCase<M, X>,
  x: X,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const input = toVariables(x, true);
  const learned = learnedBy(module);
  await checkSecondOrder({
    // A list as one row of numbers, as `flat` makes it of the reference.
    forward: () => {
      const output = module.forward(input);
      return Array.isArray(output) ? concat(variablesIn(output).map((y) => y.reshape([-1]))) : (output as Variable);
    },
    leaves: [...variablesIn(input).map((leaf) => ['the input', leaf] as const), ...learned],
    reference: () => {
      const expected = reference(x, tensors, module);
      return 'data' in expected ? expected : flat(expected);
    },
    values: [...ndsIn(x), ...learned.map(([path]) => tensors[path]!)],
    tolerance,
  });
}

const SPECIALS = [-Infinity, -1e30, -100, -1, -1e-30, -0, 0, 1e-30, 1, 100, 1e30, Infinity, NaN].map(Math.fround);

/** The special values in turn, beginning elsewhere for each entry of a list. */
function specialNd(shape: readonly number[], from: number): Nd {
  const size = shape.reduce((product, length) => product * length, 1);
  const first = (from / 100) * 3;
  return nd(
    shape,
    Array.from({ length: size }, (_, i) => SPECIALS[(i + first) % SPECIALS.length]!),
  );
}

/** Output and gradient of the input at special values. @throws AssertionError when one does not agree. */
export async function checkSpecials<M extends AnyModule, X extends Nds, Y extends Nds>(
  { reference, gradient, tolerance }: ModuleSpecification<M, X, Y>,
  { make, shape }: ModuleCase<M, X>,
): Promise<void> {
  const module = make();
  const exact = { ...tolerance, ofLargest: 0 };
  const x = filled(shape, 0, specialNd) as X;
  const { tensors } = await readTensors(module);
  const y = reference(x, tensors, module);
  const run = (values: X) => {
    const input = toVariables(values, true);
    const output = module.forward(input);
    variablesIn(output)
      .map((part, i) => part.mul(cotangentFor(part, 8 + i)))
      .map((part) => part.sum())
      .reduce((a, b) => a.add(b))
      .backward();
    return { inputs: variablesIn(input), outputs: variablesIn(output) };
  };
  const { inputs, outputs } = run(x);
  for (const [i, output] of outputs.entries()) {
    expectClose(await output.values(), ndsIn(y)[i]!.data, 'special values', exact);
  }

  const g = ndsIn(y).map((part, i) => randomNd(part.shape, 8 + i));
  const known = gradient && ndsIn(gradient(x, ('data' in y ? g[0] : g) as Y, tensors, module));
  const usual = known ? [] : run(filled(shape, 3, randomNd) as X).inputs;
  for (const [i, input] of inputs.entries()) {
    const expected = known ? known[i]!.data : Float64Array.from(await usual[i]!.grad!.data());
    await expectGrad(input, expected, 'gradient at special values', exact);
  }
}

/** How many kernels of ours run meanwhile. */
function kernelsIn(work: () => void): number {
  const count = () =>
    kernelReport().reduce((total, { backend, calls }) => total + (backend === backendName ? calls : 0), 0);
  const before = count();
  work();
  return count() - before;
}

/**
 * That a backward pass, also the explicit one, runs no kernel for the gradient of an input that wants none, as that of
 * the images in front of a net.
 *
 * @throws AssertionError when it does.
 */
export function checkFirstModule<M extends AnyModule, X extends Nds>({ make }: ModuleCase<M, X>, x: X): void {
  const module = make();
  const learned = learnedBy(module);
  const factor = parameter([2]);
  const run = (input: boolean, parameters: boolean, backward: (output: Data) => void) => {
    for (const [, parameter] of learned) {
      parameter.zeroGrad();
      parameter.requiresGrad = parameters;
    }
    factor.zeroGrad();
    seed(1);
    const output = module.forward(toVariables(x, input));
    return kernelsIn(() => backward(output));
  };
  const byTape = (output: Data) =>
    variablesIn(output)
      .map((y) => y.mul(factor).sum())
      .reduce((a, b) => a.add(b))
      .backward();
  const detached = (output: Data) => byTape(variablesIn(output).map((y) => y.detach()));
  if (!learned.length) {
    expect(run(false, false, byTape), 'kernels where nobody wants any').to.equal(run(false, false, detached));
    return;
  }
  const [all, alone] = [run(true, true, byTape), run(true, false, byTape)];
  if (alone === run(true, false, detached) || alone === all) return; // it costs nothing, or all comes out of one kernel
  expect(run(false, true, byTape), 'kernels without the input').to.be.lessThan(all);
  const explicitly = (updGrad: boolean) => (output: Data) => {
    const ones = variablesIn(output).map((y) => new Variable(new Float32Array(y.size).fill(1), { shape: y.shape }));
    module.backward(isList(output) ? ones : ones[0]!, { updGrad });
  };
  const whole = run(true, true, explicitly(true));
  expect(run(true, true, explicitly(false)), 'kernels with updGrad: false').to.be.lessThan(whole);
}

/**
 * That a module whose size comes with the first input ends up as one that was told it: the same parameters to the bit, the
 * same blueprint; and that it says so before. For modules without such an option there is nothing to check.
 *
 * @throws AssertionError when it does not.
 */
export async function checkFirstInput<M extends AnyModule, X extends Nds>(
  { classes }: Pick<ModuleSpecification<M, X>, 'classes'>,
  { make }: ModuleCase<M, X>,
  x: X,
): Promise<void> {
  const { sizeOption, ...told } = { sizeOption: make().sizeOption, blueprint: make().getBlueprint() };
  if (sizeOption === undefined || told.blueprint.options[sizeOption] === undefined) return;
  const { [sizeOption]: size, ...options } = told.blueprint.options;
  if (Array.isArray(size) && size.length > 1) return; // an input says one size
  const [known, waiting] = [{ ...options, [sizeOption]: size }, options].map((given) => {
    seed(3);
    return fromBlueprint<M>({ ...told.blueprint, options: given }, classes);
  }) as [M, M];
  expect(waiting.built).to.equal(false);
  expect(() => waiting.numOfParams()).to.throw(ModuleError, sizeOption);
  expect(waiting.toString()).to.contain('?');
  for (const module of [known, waiting]) module.eval().forward(toVariables(x));
  expect(waiting.getBlueprint()).to.deep.equal(known.getBlueprint());
  expect(waiting.toString()).to.equal(known.toString());
  expect(await readTensors(waiting)).to.deep.equal(await readTensors(known));
}
