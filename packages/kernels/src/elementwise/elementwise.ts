import { backend_util, type Tensor } from '@tensorflow/tfjs-core';
import { broadcastOf, type Broadcast } from '../broadcast.js';
import { float32 } from '../float32.js';
import { composed } from '../formula/compose.js';
import { evaluate } from '../formula/evaluate.js';
import { input, Node, parameter, type Formula } from '../formula/formula.js';
import { shaderName, shaderText } from '../formula/glsl.js';
import { SimdLauncher } from '../formula/simd-launch.js';
import { defineKernel, type Kernel } from '../kernel.js';
import { sameShape } from '../shapes.js';
import type { CompanionBody } from '../wasm/companion.js';
import type { Loops } from '../wasm/loops.js';
import { elementwiseLaunch, type ElementwiseCode } from '../webgl/elementwise-launch.js';

/** Named tensors that broadcast to one shape. */
export type ElementwiseInputs<Names extends string> = Record<Names, Tensor>;
/** Named numbers that are the same for all elements. */
export type ElementwiseAttrs<Params extends string> = Record<Params, number>;

/** One formula, or several that are computed in one pass, by their names. */
export type Formulas = Formula | Readonly<Record<string, Formula>>;

/** An elementwise kernel as one row. */
export interface ElementwiseRow<Names extends string, Params extends string, Results extends Formulas> {
  /** Unique, in CapitalCase. */
  name: string;
  /** The input tensors. */
  inputs: readonly Names[];
  /** Numbers that are the same for all elements. */
  params?: readonly Params[];
  /** What is computed of them. */
  formula: (variables: Readonly<Record<Names | Params, Formula>>) => Results;
  /** A SIMD body by hand, where it was measured to be faster than the one that follows from the formula. */
  companion?: CompanionBody<ElementwiseInputs<Names>, ElementwiseAttrs<Params>>;
}

export type ElementwiseKernel<Names extends string, Params extends string, Results extends Formulas = Formula> = Kernel<
  ElementwiseInputs<Names>,
  ElementwiseAttrs<Params>,
  Results extends Formula ? Tensor : Tensor[]
>;

/**
 * Declares a kernel that computes each element from the elements at the same place, with bodies for every backend.
 * Inputs broadcast to one shape by NumPy's rules. Several results come in the order in which the formula names them.
 */
export function defineElementwise<
  Names extends string,
  Params extends string = never,
  Results extends Formulas = Formula,
>(row: ElementwiseRow<Names, Params, Results>): ElementwiseKernel<Names, Params, Results>;
export function defineElementwise({
  name,
  inputs: names,
  params = [],
  formula,
  companion,
}: ElementwiseRow<string, string, Formulas>): ElementwiseKernel<string, string, Formulas> {
  const leaves = [...names.map((n) => [n, input(n)]), ...params.map((n) => [n, parameter(n)])];
  const given = formula(Object.fromEntries(leaves) as Record<string, Formula>);
  const isOne = given instanceof Node;
  const formulas = isOne ? [given] : Object.values(given);
  const simd = new SimdLauncher(formulas, names, params);
  let last: Fitting = { shapes: [], shape: [], places: undefined };
  // Steps of a training repeat themselves: what was found for the last shapes is kept.
  const fit = (inputs: ElementwiseInputs<string>): Fitting => {
    if (!fits(last, names, inputs)) last = fittingOf(names.map((n) => [...inputs[n]!.shape]));
    return last;
  };
  const shapeOf = (inputs: ElementwiseInputs<string>) => fit(inputs).shape;
  const placesOf = (inputs: ElementwiseInputs<string>) => {
    const found = fit(inputs);
    return (found.places ??= broadcastOf(found.shapes, found.shape)!);
  };
  const asGiven = <T>(results: T[]) => (isOne ? results[0]! : results);
  const blocks: Loops<ElementwiseInputs<string>, ElementwiseAttrs<string>> = ({ values, inputs, outputs }, attrs) => {
    const broadcast = placesOf(inputs);
    const wide = names.map((n, i) => [n, repeatedIn(values[n]!, broadcast, i)]);
    evaluate(formulas, { inputs: Object.fromEntries(wide) as Record<string, Float32Array>, params: attrs }, outputs);
  };
  let code: ElementwiseCode | undefined;
  const written = (): ElementwiseCode => ({
    name: `${name} ${formulas.map(({ id }) => id).join(' ')}`,
    inputs: names.map(shaderName),
    params: params.map((n) => [shaderName(n), 'float'] as const),
    ...shaderText(formulas),
  });

  return defineKernel<ElementwiseInputs<string>, ElementwiseAttrs<string>, Tensor | Tensor[]>({
    name,
    outputs: (inputs) => {
      const shape = shapeOf(inputs);
      return asGiven(formulas.map(() => ({ shape })));
    },
    compose: (inputs, attrs) => {
      const floats = Object.fromEntries(names.map((n) => [n, float32(inputs[n]!)]));
      return asGiven(composed(formulas, floats, attrs, shapeOf(inputs)));
    },
    companion:
      companion ?? (({ memory, at, inputs, outputs }, attrs) => simd.run(memory, placesOf(inputs), at, outputs, attrs)),
    loops: blocks,
    cpu: blocks,
    webgl: (inputs, attrs) => {
      const results = elementwiseLaunch(
        (code ??= written()),
        names.map((n) => inputs[n]!),
        Object.fromEntries(params.map((n) => [shaderName(n), attrs[n]!])),
        shapeOf(inputs),
      );
      return results && asGiven(results);
    },
  });
}

/** Inputs that broadcast: their shapes, that of the result, and from when it is asked for, how they are walked. */
interface Fitting {
  shapes: readonly (readonly number[])[];
  shape: number[];
  places: Broadcast | undefined;
}

const fittingOf = (shapes: readonly (readonly number[])[]): Fitting => ({
  shapes,
  shape: shapes.map((shape) => [...shape]).reduce((a, b) => backend_util.assertAndGetBroadcastShape(a, b)),
  places: undefined,
});

function fits({ shapes }: Fitting, names: readonly string[], inputs: ElementwiseInputs<string>): boolean {
  for (let i = 0; i < names.length; i++) if (!sameShape(shapes[i], inputs[names[i]!]!.shape)) return false;
  return true;
}

/** The values of an input as often as the broadcast repeats them. */
function repeatedIn(values: Float32Array, { lengths, repeated }: Broadcast, index: number): Float32Array {
  let wide = values;
  let inner = 1;
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    if (repeated[index]![axis]) wide = repeatBlocks(wide, inner, lengths[axis]!);
    inner *= lengths[axis]!;
  }
  return wide;
}

/** Every block of so many values several times in a row. */
function repeatBlocks(values: Float32Array, size: number, times: number): Float32Array {
  const wide = new Float32Array(values.length * times);
  const whole = size * times;
  for (let from = 0, at = 0; from < values.length; from += size, at += whole) {
    if (size === 1) wide.fill(values[from]!, at, at + whole);
    else {
      wide.set(values.subarray(from, from + size), at);
      for (let done = size; done < whole; done *= 2) wide.copyWithin(at + done, at, at + Math.min(done, whole - done));
    }
  }
  return wide;
}
