import { formula as f, type Formula } from '@tessera-nn/kernels';
import type { Variable } from '../variable/variable.js';
import { checkBroadcast } from './broadcast.js';
import { formulaOp } from './elementwise-op.js';
import { sumTo } from './reduce.js';

/** A differentiable function of the elements of several Variables at one place, as one row. */
export interface BroadcastingFunction<Inputs extends string> {
  /** Unique, in CapitalCase. */
  name: string;
  inputs: readonly Inputs[];
  /** The result, of the inputs. Its gradients, of any order, follow from it. */
  value: (variables: Readonly<Record<Inputs, Formula>>) => Formula;
}

/**
 * Makes an op out of a formula of several inputs, which broadcast by NumPy's rules: its value, its gradients, and their
 * bodies on every backend. Results are float32.
 *
 * The op throws a ShapeError when the shapes do not broadcast.
 */
export function broadcastingOp<Inputs extends string>({
  name,
  inputs,
  value,
}: BroadcastingFunction<Inputs>): (variables: Readonly<Record<Inputs, Variable>>) => Variable {
  const opName = name[0]!.toLowerCase() + name.slice(1);
  const leaves = Object.fromEntries(inputs.map((key) => [key, f.input(key)])) as Record<Inputs, Formula>;
  let op: ReturnType<typeof formulaOp> | undefined;
  return (variables) => {
    op ??= formulaOp(opName, value(leaves), inputs, [], sumTo);
    inputs.forEach((key, i) => {
      for (const other of inputs.slice(0, i)) checkBroadcast(opName, variables[other], variables[key]);
    });
    return op(variables, {});
  };
}
