import type { Tensor } from '@tensorflow/tfjs-core';
import { ValueError } from '../errors.js';
import { float32 } from '../float32.js';
import { defineKernel, type Kernel } from '../kernel.js';
import { elementwiseProgram } from '../webgl/elementwise-program.js';

/** Named tensors of one shape. */
export type ElementwiseInputs<Names extends string> = Record<Names, Tensor>;
/** Named numbers that are the same for all elements. */
export type ElementwiseAttrs<Params extends string> = Record<Params, number>;

/** Functions of the companion module that an elementwise row may name. */
export type ElementwiseFunctions =
  | 'sgd'
  | 'exp'
  | 'relu'
  | 'reluGradient'
  | 'leakyRelu'
  | 'leakyReluGradient'
  | 'sigmoid'
  | 'sigmoidGradient'
  | 'tanh'
  | 'tanhGradient'
  | 'elu'
  | 'eluGradient';

/** An elementwise kernel as one row: the same expression three times, once for each kind of backend. */
export interface ElementwiseRow<Names extends string, Params extends string> {
  /** Unique, in CapitalCase. */
  name: string;
  /** The input tensors, at most three, in the order in which `scalar` takes them. */
  inputs: readonly Names[];
  /** The numbers that follow them, at most two. */
  params?: readonly Params[];
  /** The expression in JavaScript, for one element. */
  scalar: (...elementsThenParams: number[]) => number;
  /** The expression in GLSL ES 3.00; inputs and params are floats of their names. May use `numerics.glsl.ts`. */
  glsl: string;
  /** The function of the companion module that computes it, called with inputs, output, count and params. */
  companion?: ElementwiseFunctions;
  /** The expression in tfjs ops. */
  compose: (inputs: ElementwiseInputs<Names>, attrs: ElementwiseAttrs<Params>) => Tensor;
}

export type ElementwiseKernel<Names extends string, Params extends string> = Kernel<
  ElementwiseInputs<Names>,
  ElementwiseAttrs<Params>,
  Tensor
>;

/** Declares a kernel that computes each element from the elements at the same place of tensors of one shape. */
export function defineElementwise<Names extends string, Params extends string = never>(
  row: ElementwiseRow<Names, Params>,
): ElementwiseKernel<Names, Params> {
  const { name, inputs: names, params = [], scalar, glsl, companion, compose } = row;
  const first = names[0]!;
  if (names.length > 3 || params.length > 2) {
    throw new ValueError(`The elementwise kernel ${name} takes more than its loops can hand on`, {
      expected: 'at most 3 inputs and 2 params',
      received: `${names.length} and ${params.length}`,
    });
  }
  return defineKernel<ElementwiseInputs<Names>, ElementwiseAttrs<Params>, Tensor>({
    name,
    outputs: (inputs) => ({ shape: inputs[first].shape }),
    compose: (inputs, attrs) => {
      const floats = Object.fromEntries(names.map((n) => [n, float32(inputs[n])]));
      return compose(floats as ElementwiseInputs<Names>, attrs);
    },
    ...(companion && {
      companion: ({ functions, at, inputs, outputs }, attrs) => {
        const call: (...addressesCountAndParams: number[]) => void = functions[companion];
        call(...names.map((n) => at[n]), outputs[0]!, inputs[first].size, ...params.map((n) => attrs[n]));
      },
    }),
    loops: ({ values, outputs }, attrs) => {
      const [a, b, c] = names.map((n) => values[n]);
      const [p, q] = params.map((n) => attrs[n]);
      const out = outputs[0]!;
      if (c) for (let i = 0; i < out.length; i++) out[i] = scalar(a![i]!, b![i]!, c[i]!, p!, q!);
      else if (b) for (let i = 0; i < out.length; i++) out[i] = scalar(a![i]!, b[i]!, p!, q!);
      else for (let i = 0; i < out.length; i++) out[i] = scalar(a![i]!, p!, q!);
    },
    webgl: (inputs, attrs) =>
      elementwiseProgram(
        name,
        names.map((n) => [n, inputs[n]]),
        params.map((n) => [n, attrs[n]]),
        glsl,
        inputs[first].shape,
      ),
  });
}
