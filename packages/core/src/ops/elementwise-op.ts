import {
  defineElementwise,
  derivative,
  formula as f,
  gradientThrough,
  inputsOf,
  isBounded,
  isZero,
  runKernel,
  type Formula,
} from '@tessera-nn/kernels';
import { checkNumber, checkDefinition } from '@tessera-nn/kernels/internal';
import { defineOp, type Op } from '../autograd/op.js';
import type { Variable } from '../variable/variable.js';

/** A differentiable function of each element, as one row. */
export interface ElementwiseFunction<Params extends string> {
  /** Unique, in CapitalCase. */
  name: string;
  params?: readonly Params[];
  /** y of x and the params. Its gradients, of any order, follow from it. */
  value: (variables: Readonly<Record<'x' | Params, Formula>>) => Formula;
  /** dy/dx of the output y and the params: the gradient is computed from it, so that the input can be freed. */
  slope?: (variables: Readonly<Record<'y' | Params, Formula>>) => Formula;
  /** For which params `slope` holds; for others the gradient is computed from the input. */
  when?: (attrs: Readonly<Record<Params, number>>) => boolean;
}

type Attrs = Record<string, number>;
type FormulaOp = Op<string, Attrs>;

/** Makes an op out of a formula: its value, its gradients, and their bodies on every backend. */
export function elementwiseOp<Params extends string = never>(
  row: ElementwiseFunction<Params>,
): (x: Variable, attrs: Record<Params, number>) => Variable {
  checkDefinition(row, 'elementwiseOp', ['name', 'value']);
  const { name, params = [], slope, when = () => true } = row;
  const variables = <Name extends string>(input: Name) =>
    Object.fromEntries([[input, f.input(input)], ...params.map((key) => [key, f.parameter(key)])]) as Record<
      Name | Params,
      Formula
    >;
  const value = row.value(variables('x'));
  const opName = name[0]!.toLowerCase() + name.slice(1);
  const ofInput = once(() => formulaOp(opName, value, ['x'], params));
  const ofOutput = slope && once(() => outputOp(opName, value, slope(variables('y')), params));
  return (x, attrs) => {
    for (const key of params) checkNumber(attrs?.[key], opName, `a number for ${key}`);
    return (ofOutput && when(attrs) ? ofOutput : ofInput)()({ x }, attrs);
  };
}

/** Brings a gradient into the shape of its input. */
type Fit = (gradient: Variable, shape: readonly number[]) => Variable;

/** An op of a formula. `fit` is for inputs that broadcast; `flows` counts what comes back to it and to those it is a gradient of. */
export function formulaOp(
  name: string,
  formula: Formula,
  inputs: readonly string[],
  params: readonly string[],
  fit: Fit = (gradient) => gradient,
  flows = 1,
): FormulaOp {
  const kernel = kernelOf(name, formula, inputs, params);
  const flow = `g${flows}`;
  const back = inputs.map((key) => gradientThrough(derivative(formula, key), f.input(flow)));
  const saves = inputsOf(...back).filter((key) => key !== flow);
  const ops = back.map((gradient, i) => {
    if (isZero(gradient)) return null;
    const by = inputs.length > 1 ? ` by ${inputs[i]!}` : '';
    return once(() => formulaOp(`${name} gradient${by}`, gradient, inputsOf(gradient), params, fit, flows + 1));
  });
  return defineOp({
    name,
    inputs,
    saves,
    layout: 'any',
    formula,
    forward: (tensors, attrs: Attrs) => runKernel(kernel, tensors, attrs),
    gradients: (g, saved, attrs, shapes) =>
      Object.fromEntries(
        inputs.map((key, i) => {
          const op = ops[i];
          return [key, op ? () => fit(op()({ ...saved, [flow]: g }, attrs), shapes[key]!) : null];
        }),
      ),
  });
}

/** An op that keeps its output, and computes its gradient from that. */
function outputOp(name: string, value: Formula, slope: Formula, params: readonly string[]): FormulaOp {
  const kernel = kernelOf(name, value, ['x'], params);
  const back = gradientThrough(slope, f.input('g1'), isBounded(value) ? ['y'] : []);
  const gradient = formulaOp(`${name} gradient`, back, inputsOf(back), params, undefined, 2);
  return defineOp({
    name,
    inputs: ['x'],
    saves: ['result'],
    layout: 'any',
    formula: value,
    forward: ({ x }, attrs: Attrs) => runKernel(kernel, { x }, attrs),
    gradients: (g, { result }, attrs) => ({ x: () => gradient({ y: result, g1: g }, attrs) }),
  }) as FormulaOp;
}

const kernelOf = (name: string, formula: Formula, inputs: readonly string[], params: readonly string[]) =>
  defineElementwise({
    name: name.replace(/(?:^| )(\w)/g, (_, letter: string) => letter.toUpperCase()),
    inputs,
    params,
    formula: () => formula,
  });

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
