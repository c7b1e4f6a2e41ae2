import { scope, Variable, type Module } from '@tessera/core';
import type { Cost } from '@tessera/cost';
import type { Optimizer } from '@tessera/optim';
import type { HostBatch } from './samples.js';

/** What learns, what it is measured by, and what changes it. */
export interface Learner {
  module: Module;
  cost: Cost;
  optimizer: Optimizer;
}

/** One step of training; gives the loss. Everything else it made is freed, gradients too, also when it throws. */
export function trainStep({ module, cost, optimizer }: Learner, { data, shape, target }: HostBatch): Variable {
  return scope(() => {
    const images = new Variable(data, { shape });
    const prediction = module.forward(images);
    const loss = cost.forward(prediction, target);
    optimizer.zeroGradParams();
    loss.backward();
    optimizer.update();
    // Held between steps, gradients would take as much room as the weights.
    optimizer.zeroGradParams();
    return loss;
  });
}
