import { scope, type Data, type Module, type Variable } from '@tessera-nn/core';
import type { AnyCost } from '@tessera-nn/cost';
import type { Optimizer } from '@tessera-nn/optim';
import { inputOf, targetsOf, type HostBatch } from './samples.js';

/** What learns, what it is measured by, and what changes it. */
export interface Learner<Input extends Data = Variable, Output extends Data = Variable> {
  module: Module<Input, Output>;
  cost: AnyCost<Output, unknown>;
  optimizer: Optimizer;
}

/** One step of training; gives the loss. Everything else it made is freed, gradients too, also when it throws. */
export function trainStep<Input extends Data = Variable, Output extends Data = Variable>(
  { module, cost, optimizer }: Learner<Input, Output>,
  batch: HostBatch<Input, Data>,
): Variable {
  return scope(() => {
    const prediction = module.forward(inputOf(batch));
    const loss = cost.forward(prediction, targetsOf(batch, cost.hostTargets));
    optimizer.zeroGradParams();
    loss.backward();
    optimizer.update();
    // Held between steps, gradients would take as much room as the weights.
    optimizer.zeroGradParams();
    return loss;
  });
}
