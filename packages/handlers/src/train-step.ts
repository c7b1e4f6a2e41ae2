import { scope, ValueError, type Data, type Module, type Variable } from '@tessera-nn/core';
import { allOrNothing, checkModule, shownValue } from '@tessera-nn/core/internal';
import type { AnyCost } from '@tessera-nn/cost';
import type { Optimizer } from '@tessera-nn/optim';
import { inMode } from './handler.js';
import { inputOf, targetsOf, type HostBatch } from './samples.js';

/** What learns, what it is measured by, and what changes it. */
export interface Learner<Input extends Data = Variable, Output extends Data = Variable> {
  module: Module<Input, Output>;
  cost: AnyCost<Output, unknown>;
  optimizer: Optimizer;
}

/** One step of training; returns the loss. Everything else it made is freed. When it throws, nothing has changed. */
export function trainStep<Input extends Data = Variable, Output extends Data = Variable>(
  learner: Learner<Input, Output>,
  batch: HostBatch<Input, Data>,
): Variable {
  checkLearner(learner);
  const step = () =>
    scope(() => {
      const { loss, record } = allOrNothing(() => learn(learner, batch));
      record();
      return loss;
    });
  return learner.module.training ? step() : inMode(learner.module, true, step);
}

/** @throws ValueError unless it is a module with its cost and its optimizer. */
function checkLearner(learner: unknown): void {
  const { module, cost, optimizer } = (learner as Partial<Learner> | null | undefined) ?? {};
  checkModule(module, 'trainStep');
  if (typeof cost?.measure === 'function' && typeof optimizer?.update === 'function') return;
  throw new ValueError('trainStep takes what learns first', {
    path: 'trainStep',
    expected: '{ module, cost, optimizer }',
    received: shownValue(learner),
  });
}

function learn<Input extends Data, Output extends Data>(
  { module, cost, optimizer }: Learner<Input, Output>,
  batch: HostBatch<Input, Data>,
): { loss: Variable; record: () => void } {
  try {
    const prediction = module.forward(inputOf(batch));
    const targets = targetsOf(batch, cost.hostTargets);
    const measured = cost.measure(prediction, targets);
    optimizer.zeroGradParams();
    measured.loss.backward();
    const record = measured.record();
    optimizer.update();
    return { loss: measured.loss, record };
  } finally {
    // Held between steps, gradients would take as much room as the weights.
    optimizer.zeroGradParams();
  }
}
