import { checkDefinition } from '@tessera-nn/kernels/internal';
import { formula as f, type Formula } from '@tessera-nn/kernels';
import type { AttrsArgument } from '../autograd/list-op.js';
import type { Variable } from '../variable/variable.js';
import { checkBroadcast } from './broadcast.js';
import { formulaOp } from './elementwise-op.js';
import { sumTo } from './reduce.js';

/** A differentiable function of the elements of several Variables at one place, as one row. */
export interface BroadcastingFunction<Inputs extends string, Params extends string> {
  /** Unique, in CapitalCase. */
  name: string;
  inputs: readonly Inputs[];
  /** Numbers that are the same for all elements. */
  params?: readonly Params[];
  /** The result, of the inputs and the params. Its gradients, of any order, follow from it. */
  value: (variables: Readonly<Record<Inputs | Params, Formula>>) => Formula;
}

/**
 * Makes an op out of a formula of several inputs, which broadcast by NumPy's rules: its value, its gradients, and their
 * bodies on every backend. Results are float32.
 *
 * The op throws a ShapeError when the shapes do not broadcast.
 */
export function broadcastingOp<Inputs extends string, Params extends string = never>(
  row: BroadcastingFunction<Inputs, Params>,
): (
  variables: Readonly<Record<Inputs, Variable>>,
  ...attrs: AttrsArgument<Readonly<Record<Params, number>>>
) => Variable {
  checkDefinition(row, 'broadcastingOp', ['name', 'inputs', 'value']);
  const { name, inputs, params = [], value } = row;
  const opName = name[0]!.toLowerCase() + name.slice(1);
  const leaves = [...inputs.map((key) => [key, f.input(key)]), ...params.map((key) => [key, f.parameter(key)])];
  let op: ReturnType<typeof formulaOp> | undefined;
  return (variables, ...[attrs]) => {
    const formula = () => value(Object.fromEntries(leaves) as Record<Inputs | Params, Formula>);
    op ??= formulaOp(opName, formula(), inputs, params, sumTo);
    inputs.forEach((key, i) => {
      for (const other of inputs.slice(0, i)) checkBroadcast(opName, variables[other], variables[key]);
    });
    return op(variables, attrs ?? {});
  };
}
