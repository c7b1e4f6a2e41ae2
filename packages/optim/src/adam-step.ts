import { formula } from '@tessera-nn/kernels';
import type { Tensor } from '@tensorflow/tfjs-core';
import { momentNumbers, moments, momentState } from './moment-optimizer.js';
import type { UpdateInputs } from './optimizer.js';
import { updateRule } from './update-rule.js';

const { add, div, max, mul, sqrt, sub } = formula;

const numbers = ['rate', 'kept', ...momentNumbers] as const;

const step = updateRule({
  name: 'Adam',
  state: momentState,
  numbers,
  formula: (variables) => {
    const { w, rate, kept, epsilon } = variables;
    const { mg, ms } = moments(variables);
    return { w: sub(mul(kept, w), div(mul(rate, mg), add(sqrt(ms), epsilon))), mg, ms };
  },
});

const amsStep = updateRule({
  name: 'AMSGrad',
  state: [...momentState, 'top'],
  numbers,
  formula: (variables) => {
    const { w, rate, kept, epsilon } = variables;
    const { mg, ms } = moments(variables);
    const top = max(variables.top, ms);
    return { w: sub(mul(kept, w), div(mul(rate, mg), add(sqrt(top), epsilon))), mg, ms, top };
  },
});

/** The step of Adam, or of AMSGrad where there is a state for the largest mean square so far; `kept` is how much of w stays. */
export function adamStep(inputs: UpdateInputs, given: Readonly<Record<(typeof numbers)[number], number>>): Tensor[] {
  return inputs.state.length > momentState.length ? amsStep(inputs, given) : step(inputs, given);
}

/** The states of Adam, and of AMSGrad. */
export const adamStates = { adam: step.stateNames, amsgrad: amsStep.stateNames };
