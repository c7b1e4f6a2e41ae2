import type { Shapes } from '@tessera-nn/kernels';
import type { Source } from '../module/data.js';
import type { AnyModule } from '../module/module.js';
import { runTwice } from './run-twice.js';
import { Steps, type Refusal, type Step, type Value } from './steps.js';
import { storedValues, type Stored } from './stored.js';

export interface NetworkSteps {
  readonly steps: readonly Step[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** The values of parameters, buffers and constants, as they are at the moment of the call. */
  stored(this: void): Promise<Map<Value, Stored>>;
  /** Frees what the runs have left. */
  release(this: void): void;
}

interface NetworkStepsOptions {
  /** Whether the steps hold for batches of any size; else for those of the given shape. */
  dynamicBatch: boolean;
  Refusal: Refusal;
}

/**
 * The ops of a network at inference, for a file that another system runs. It runs twice, and what differs between the runs is
 * of the batch.
 *
 * @throws Refusal where the runs are not the same but for the batch.
 */
export function networkSteps(
  net: AnyModule,
  given: Shapes | Source,
  { dynamicBatch, Refusal }: NetworkStepsOptions,
): NetworkSteps {
  const { runs, release } = runTwice(net, given, dynamicBatch);
  const [first, second] = runs;
  try {
    const merged = new Steps(first.trace, second.trace, Refusal);
    const pairs = (variables: 'inputs' | 'outputs') =>
      first[variables].map((one, i) =>
        merged.valueOf(first.trace.valueOf(one), second.trace.valueOf(second[variables][i]!)),
      );
    const graph = { steps: merged.steps, inputs: pairs('inputs'), outputs: pairs('outputs') };
    return { ...graph, stored: () => storedValues(net, graph, Refusal), release };
  } catch (error) {
    release();
    throw error;
  }
}
