import { checkDefinition } from '@tessera-nn/core/internal';
import { defineElementwise, formula, runKernel, type Formula } from '@tessera-nn/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { UpdateInputs } from './optimizer.js';

const { abs, lt, select } = formula;

/** How an optimizer changes one Variable, as a formula of each of its elements. */
export interface UpdateFormula<State extends string, Numbers extends string> {
  /** The class it belongs to. */
  name: string;
  /** What is remembered for each element. */
  state: readonly State[];
  /** What is the same for all elements. */
  numbers: readonly Numbers[];
  /** The new weight, and what is remembered from now on, of the weight w and its gradient g = dLoss/dw. */
  formula: (
    variables: Readonly<Record<'w' | 'g' | State | Numbers, Formula>>,
  ) => Readonly<Record<'w' | State, Formula>>;
}

/** Computes the new weight and the new state in the order of `stateNames`, as new tensors, in one pass over memory. */
export interface UpdateRule<State extends string, Numbers extends string> {
  (inputs: UpdateInputs, numbers: Readonly<Record<Numbers, number>>): Tensor[];
  readonly stateNames: readonly State[];
}

/** What float32 holds is below; the cpu computes in float64, where states go on that overflow when they are kept. */
const LARGEST = 3.4e38;

/**
 * Makes the rule of an optimizer of a formula; it runs on every backend. Where a state is not finite the weight is NaN: the
 * next loss tells of it, while weights that stand still, or go on along the sign of an infinity, would keep it secret.
 */
export function updateRule<const State extends string, const Numbers extends string>(
  row: UpdateFormula<State, Numbers>,
): UpdateRule<State, Numbers> {
  checkDefinition(row, 'updateRule', ['name', 'state', 'numbers']);
  const results = ['w', ...row.state] as const;
  const kernel = defineElementwise({
    name: `${row.name}Step`,
    inputs: ['w', 'g', ...row.state],
    params: row.numbers,
    formula: (variables) => {
      const made = row.formula(variables);
      const w = row.state.reduce((weight, name) => select(lt(abs(made[name]), LARGEST), weight, NaN), made.w);
      return Object.fromEntries(results.map((name) => [name, name === 'w' ? w : made[name]]));
    },
  });
  const run = ({ w, g, state }: UpdateInputs, numbers: Readonly<Record<Numbers, number>>): Tensor[] => {
    const own = Object.fromEntries(row.state.map((name, i) => [name, state[i]!]));
    return runKernel(kernel, { w, g, ...own } as Record<'w' | 'g' | State, Tensor>, numbers);
  };
  return Object.assign(run, { stateNames: row.state });
}
