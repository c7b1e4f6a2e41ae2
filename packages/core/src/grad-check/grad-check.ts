import { isModule } from '../module/module-tree.js';
import { AutogradError, option, optionsOf, type Given } from '@tessera-nn/kernels';
import { checkFunction, checkList } from '@tessera-nn/kernels/internal';
import { gradients } from '../autograd/gradients.js';
import { noGrad, withRecording } from '../autograd/grad-mode.js';
import { scope } from '../memory/scope.js';
import { variablesIn, type Data } from '../module/data.js';
import { Module, type AnyModule } from '../module/module.js';
import { concat } from '../ops/index.js';
import { RandomStream, randomStream } from '../random.js';
import type { Storage } from '../memory/storage.js';
import type { VariableSource } from '../variable/read-source.js';
import { Variable } from '../variable/variable.js';
import { GradCheckReport, type CheckedElement } from './report.js';

const options = optionsOf('gradCheck', {
  /** Half the width of the difference quotients, for elements of size 1 or less; larger ones take it times their size. Default 0.01. */
  step: option.numberAbove(0).or(0.01),
  /** How far a gradient may be from its quotient, of its own size. Default 0.01. */
  relative: option.numberFrom(0).or(0.01),
  /** How far besides, of the largest gradient of the same Variable. Default 0.002. */
  ofLargest: option.numberFrom(0).or(0.002),
  /** Seed of the random cotangent. Default 1. */
  seed: option.whole.or(1),
  /** How many of the worst elements the report names. Default 5. */
  worst: option.wholeFrom(0).or(5),
});
export type GradCheckOptions = Given<typeof options>;

/** What a few float32 operations may lose, of the size of the result; it lets gradients be 0 that are. */
const FLOAT32_ROUNDING = 2 ** -22;

type Checked = AnyModule | ((...inputs: Variable[]) => Data);

/**
 * Compares the gradients of a module, or of a function of Variables, with difference quotients, element by element: in all
 * inputs and, for a module, all parameters that require a gradient. A module that takes a list gets the inputs as one. What
 * comes out is weighted with a random cotangent; of lists, all that has gradients.
 *
 * Computations are float32, so the quotients are only good to about 1e-3. Each is taken with two steps; where the two
 * disagree there is a kink nearby, and the element is listed as `skipped`. A check that skips more than half of a Variable
 * fails. The random stream and all buffers start each evaluation where they were, and are put back: dropout and running
 * means can be checked.
 *
 * Source: `torch.autograd.gradcheck`, which needs float64.
 *
 * @example
 * const report = await gradCheck(new Linear(3, 2), [[[1, -2, 3]]]);
 * if (!report.ok) throw new Error(String(report));
 * @throws AutogradError when there is nothing to check, or several inputs came for a module that takes one.
 */
export async function gradCheck(
  subject: Checked,
  inputs: readonly (Variable | VariableSource)[],
  given: GradCheckOptions = {},
): Promise<GradCheckReport> {
  if (!isModule(subject)) checkFunction(subject, 'gradCheck');
  checkList(inputs, 'gradCheck', 'inputs in a list');
  const { step, relative, ofLargest, seed, worst } = options.read(given);
  checkCount(subject, inputs.length);
  return scope(async () => {
    const leaves = inputs.map((input) => leafOf(input)).map((leaf) => leaf.keep());
    const parameters = subject instanceof Module ? [...subject.namedParameters()] : [];
    const places: [string, Variable][] = leaves.map((leaf, i) => [`input ${i}`, leaf]);
    const named = [...places, ...parameters].filter(([, variable]) => variable.requiresGrad);
    if (named.length === 0) {
      throw new AutogradError('gradCheck has nothing to check', {
        expected: 'an input of float32 numbers, or a module with parameters',
        received: `${inputs.length} inputs`,
      });
    }
    const evaluate = repeatable(subject, leaves);
    try {
      const { cotangent, analytic } = await differentiate(evaluate, named, seed);
      const elements: CheckedElement[] = [];
      for (const [index, [name, variable]] of named.entries()) {
        const quotient = quotientsOf(evaluate, variable, cotangent);
        const found = analytic[index]!;
        const largest = found.reduce((size, value) => Math.max(size, Math.abs(value)), 0);
        for (let at = 0; at < variable.size; at++) {
          const { value: coarse } = await quotient(at, step);
          const { value: fine, rounding } = await quotient(at, step / 2);
          const size = Math.max(Math.abs(fine), Math.abs(found[at]!));
          const allowed = relative * size + ofLargest * largest + rounding;
          const excess = Math.abs(found[at]! - fine) / allowed;
          elements.push({
            variable: name,
            index: at,
            gradient: found[at]!,
            quotient: fine,
            excess: found[at] === fine ? 0 : excess,
            skipped: Math.abs(coarse - fine) > allowed,
          });
        }
      }
      return new GradCheckReport(elements, worst);
    } finally {
      for (const leaf of leaves) leaf.dispose();
    }
  });
}

type Evaluate = () => Variable;

/** Without this the others would be checked as inputs that nothing depends on, and pass. */
function checkCount(subject: Checked, count: number): void {
  if (!(subject instanceof Module) || subject.takes !== 'variable' || count === 1) return;
  throw new AutogradError(`gradCheck of ${subject.label}: it takes one input`, {
    path: subject.path,
    expected: 'a list with one input',
    received: `a list of ${count}`,
    hint: 'The second argument is the list of all inputs: [x]',
  });
}

function inputOf({ takes }: AnyModule, leaves: readonly Variable[]): Data {
  return takes === 'list' || leaves.length > 1 ? leaves : leaves[0]!;
}

/** All that has gradients, one behind the other. */
function joined(output: Data): Variable {
  const all = variablesIn(output);
  const parts = all.filter(({ dtype }) => dtype === 'float32');
  return parts.length < 2 ? (parts[0] ?? all[0]!) : concat(parts.map((part) => part.reshape([part.size])));
}

function leafOf(input: Variable | VariableSource): Variable {
  const source = input instanceof Variable ? input : new Variable(input);
  const leaf = new Variable(source.storage.retain());
  leaf.requiresGrad = leaf.dtype === 'float32';
  return leaf;
}

/** Runs the subject from the same random numbers and the same buffers each time, and puts both back. */
function repeatable(subject: Checked, leaves: readonly Variable[]): Evaluate {
  return () => {
    const random = randomStream();
    const start = random.state;
    const buffers: [Variable, Storage][] = [];
    if (subject instanceof Module) {
      for (const buffer of subject.buffers()) buffers.push([buffer, buffer.storage.retain()]);
    }
    try {
      return joined(subject instanceof Module ? subject.forward(inputOf(subject, leaves)) : subject(...leaves));
    } finally {
      random.state = start;
      for (const [buffer, storage] of buffers) buffer.replaceStorage(storage);
    }
  };
}

async function differentiate(evaluate: Evaluate, named: readonly [string, Variable][], seed: number) {
  const random = new RandomStream(seed);
  const output = withRecording(true, evaluate);
  const cotangent = Float32Array.from({ length: output.size }, () => random.normal());
  const weights = new Variable(cotangent, { shape: output.shape });
  const grads = gradients(
    output,
    named.map(([, variable]) => variable),
    { seed: weights, allowUnused: true },
  );
  const analytic: ArrayLike<number>[] = [];
  for (const grad of grads) analytic.push(await grad.values());
  return { cotangent, analytic: analytic.map((values) => Array.from(values)) };
}

/** (f(x + h) - f(x - h)) / 2h for one element, weighted with the cotangent in float64. */
function quotientsOf(evaluate: Evaluate, variable: Variable, cotangent: Float32Array) {
  const valuesAt = (values: Float32Array) =>
    scope(async () => {
      const original = variable.storage.retain();
      let output: Variable;
      try {
        variable.replaceStorage(new Variable(values, { shape: variable.shape }).storage.retain());
        output = noGrad(evaluate);
      } finally {
        variable.replaceStorage(original);
      }
      return output.values();
    });
  return async (at: number, step: number): Promise<{ value: number; rounding: number }> => {
    const values = (await variable.values()) as Float32Array;
    const centre = values[at]!;
    const width = step * Math.max(1, Math.abs(centre));
    values[at] = centre + width;
    const [above, upper] = [await valuesAt(values), values[at]];
    values[at] = centre - width;
    const [below, lower] = [await valuesAt(values), values[at]];
    const rise = cotangent.reduce((total, weight, i) => total + weight * (above[i]! - below[i]!), 0);
    const size = Math.sqrt(
      cotangent.reduce(
        (total, weight, i) => total + (weight * Math.max(Math.abs(above[i]!), Math.abs(below[i]!))) ** 2,
        0,
      ),
    );
    return { value: rise / (upper - lower), rounding: (FLOAT32_ROUNDING * size) / (upper - lower) };
  };
}
