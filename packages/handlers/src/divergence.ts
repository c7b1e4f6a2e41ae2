import { detectAnomaly, scope, TesseraError, type AutogradError, type Data } from '@tessera-nn/core';
import { checkDefinition, inMode, shownValue, undoing } from '@tessera-nn/core/internal';
import { leavesOf, type HostValues, type Tree } from './host-arrays.js';
import { addGradients, type Learner, type Part } from './train-step.js';

/** Where training met a number that is not finite. The step is not applied: everything is as before it. */
export interface Divergence {
  /** From 1. */
  readonly epoch: number;
  /** From 1, within the epoch. */
  readonly batch: number;
  readonly loss: number;
  /** The learning rate of the step. */
  readonly rate: number;
  /** The module, or the op outside of any; undefined where nothing but the update itself went wrong. */
  readonly path: string | undefined;
  /** In words: which op, forward or backward, and which values it was given. */
  readonly cause: string;
  /** What may mend it. */
  readonly hint: string;
}

/**
 * Training met a loss, or a gradient, that is not finite.
 *
 * @throws ValueError for what is not a Divergence.
 */
export class DivergenceError extends TesseraError {
  static {
    this.named('DivergenceError');
  }

  constructor(readonly divergence: Divergence) {
    checkDefinition(divergence, 'DivergenceError', ['epoch', 'batch', 'loss', 'rate', 'cause', 'hint']);
    const { epoch, batch, loss, path, cause, hint } = divergence;
    super(`Training diverged in batch ${batch} of epoch ${epoch}, where the loss is ${loss}: ${cause}`, {
      ...(path === undefined ? {} : { path }),
      hint: `${hint}; nothing of the step was applied`,
    });
  }
}

/** Runs a step that went wrong once more, looking at every op, and leaves no trace of it. */
export function explain<Input extends Data, Output extends Data>(
  learner: Learner<Input, Output>,
  parts: readonly Part<Input>[],
  step: Pick<Divergence, 'epoch' | 'batch' | 'loss' | 'rate'>,
): Divergence {
  const dirty = dirtyValue(parts);
  const found = firstAnomaly(learner, parts);
  const lower = `Lower the learning rate, which is ${step.rate}`;
  if (dirty !== undefined) {
    return {
      ...step,
      path: found?.path,
      cause: `the batch holds ${dirty}`,
      hint: 'Leave such samples out, or mend them',
    };
  }
  if (!found) {
    const elsewhere = learner.optimizer.nodeinfo ? ', or another rank, which tells it, met one' : '';
    return { ...step, path: undefined, cause: `the update made weights that are not finite${elsewhere}`, hint: lower };
  }
  const { path, summary, hint = '' } = found;
  const begins = hint.charAt(0).toLowerCase() + hint.slice(1);
  return { ...step, path, cause: `${summary}; ${begins}`, hint: `${lower}, or clip gradients, or scale the data` };
}

/** The first value of the data that is not finite, in words. */
function dirtyValue<Input extends Data>(parts: readonly Part<Input>[]): string | undefined {
  const arrays = parts.flatMap(({ batch: { data, target } }) => [data, target] as Tree<HostValues>[]).flatMap(leavesOf);
  for (const array of arrays) {
    const value = array.find((one) => !Number.isFinite(one));
    if (value !== undefined) return shownValue(value);
  }
  return undefined;
}

function firstAnomaly<Input extends Data, Output extends Data>(
  learner: Learner<Input, Output>,
  parts: readonly Part<Input>[],
): AutogradError | undefined {
  const { module, optimizer } = learner;
  const look = () => detectAnomaly(() => parts.forEach((part) => scope(() => void addGradients(learner, part))));
  try {
    undoing(() => inMode(module, true, look));
    return undefined;
  } catch (error) {
    if (error instanceof TesseraError && error.name === 'AutogradError') return error;
    throw error;
  } finally {
    optimizer.zeroGradParams();
  }
}
