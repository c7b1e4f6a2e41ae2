import { addAll, scope, ValueError, type Data, type Module, type NodeInfo, type Variable } from '@tessera-nn/core';
import { attempt, checkModule, inMode, shareOf, shownValue, type Attempt } from '@tessera-nn/core/internal';
import type { AnyCost } from '@tessera-nn/cost';
import type { Optimizer } from '@tessera-nn/optim';
import { batchesOf } from './handler.js';
import { lossOverRanks } from './over-ranks.js';
import { inputOf, measureOptionsOf, targetsOf, type AnySamples, type HostBatch } from './samples.js';

/** What learns, what it is measured by, and what changes it. */
export interface Learner<Input extends Data = Variable, Output extends Data = Variable> {
  module: Module<Input, Output>;
  cost: AnyCost<Output, unknown>;
  optimizer: Optimizer;
}

/** A part of the samples of a step: what goes through the network at once. */
export interface Part<Input extends Data = Variable> {
  batch: HostBatch<Input, Data>;
  /** Of the samples of the step; where ranks share them, of the mean share of a rank. */
  share: number;
}

/** Some samples in parts of at most `batchSize`; of several ranks each takes its share of both. */
export function partsOf<Input extends Data>(
  samples: AnySamples,
  order: Uint32Array,
  batchSize: number,
  nodeinfo?: NodeInfo,
): Part<Input>[] {
  const { size } = nodeinfo ?? { size: 1 };
  const own = nodeinfo ? shareOf(order, nodeinfo) : order;
  return Array.from(batchesOf(samples, own, Math.ceil(batchSize / size)), ([batch, count]) => ({
    batch,
    share: (count * size) / order.length,
  }));
}

/** What belongs to a step beside learning. */
export interface StepHooks {
  /** Runs when the gradients are there. */
  changeGrads?: (() => void) | undefined;
  /** Runs behind the update, as a part of the step. */
  afterUpdate?: (() => void) | undefined;
}

/** One step of training; returns the loss. Everything else it made is freed. When it throws, nothing has changed. */
export function trainStep<Input extends Data = Variable, Output extends Data = Variable>(
  learner: Learner<Input, Output>,
  batch: HostBatch<Input, Data>,
): Variable {
  const step = attemptStep(learner, [{ batch, share: 1 }]);
  step.commit();
  return step.result;
}

/** A step that can be taken back: weights, running statistics, optimizer, cost and random streams are as before it then. */
export function attemptStep<Input extends Data, Output extends Data>(
  learner: Learner<Input, Output>,
  parts: readonly Part<Input>[],
  hooks: StepHooks = {},
): Attempt<Variable> {
  checkLearner(learner);
  const step = () => scope(() => attempt(() => learn(learner, parts, hooks)));
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
  learner: Learner<Input, Output>,
  parts: readonly Part<Input>[],
  { changeGrads, afterUpdate }: StepHooks,
): Variable {
  const { optimizer } = learner;
  try {
    optimizer.zeroGradParams();
    const losses = parts.map((part) => scope(() => addGradients(learner, part)));
    changeGrads?.();
    optimizer.update();
    afterUpdate?.();
    const loss = losses.length > 1 ? addAll(losses) : losses[0];
    return optimizer.nodeinfo ? lossOverRanks(loss, optimizer.nodeinfo) : loss!;
  } finally {
    // Held between steps, gradients would take as much room as the weights.
    optimizer.zeroGradParams();
  }
}

/** Forward and backward; returns the part's share of the loss. */
export function addGradients<Input extends Data, Output extends Data>(
  { module, cost }: Learner<Input, Output>,
  { batch, share }: Part<Input>,
): Variable {
  const prediction = module.forward(inputOf(batch));
  const { loss, record } = cost.measure(prediction, targetsOf(batch, cost.hostTargets), measureOptionsOf(batch));
  const weighed = share === 1 ? loss : loss.mul(share);
  weighed.backward();
  record()();
  return weighed;
}
