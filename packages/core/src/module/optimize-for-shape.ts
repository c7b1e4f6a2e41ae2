import { compileAhead } from '@tessera/kernels';
import { scope } from '../memory/scope.js';
import { randomStream } from '../random.js';
import { Variable } from '../variable/variable.js';
import type { VariableSource } from '../variable/read-source.js';
import type { Module } from './module.js';

/** What a training step has beside the network. Without it, forward and backward passes alone are prepared. */
export interface ShapeOptions {
  /** The loss, with targets as they will come. It forgets its errors afterwards. */
  cost?: { forward(prediction: Variable, target: VariableSource): Variable; dispose(): void };
  /** Targets of one batch, for `cost`; what they say does not matter. */
  target?: VariableSource;
  /** The optimizer, set up on the network. */
  optimizer?: { rehearse(): void };
  /** Called after each program that is ready. */
  onProgress?: (done: number, total: number) => void;
}

/** See `Module.optimizeForShape`. */
export async function optimizeForShape(
  module: Module,
  shape: readonly number[],
  { cost, target, optimizer, onProgress }: ShapeOptions = {},
): Promise<number> {
  const chance = randomStream();
  const { state } = chance;
  const variables = new Set([...module.parameters(), ...module.buffers()]);
  const kept = [...variables].map((variable) => ({ variable, storage: variable.storage.retain() }));
  const rehearse = () => {
    try {
      scope(() => {
        const output = module.forward(new Variable(new Float32Array(size(shape)), { shape: [...shape] }));
        if (!module.training) return;
        const loss = cost && target !== undefined ? cost.forward(output, target) : output;
        if (loss.size === 1) loss.backward();
        else loss.backward(new Variable(new Float32Array(loss.size), { shape: loss.shape }));
        optimizer?.rehearse();
      });
    } finally {
      // What was computed is arbitrary, also where layers keep statistics.
      for (const { variable, storage } of kept.splice(0)) {
        if (variable.storage === storage) storage.release();
        else variable.replaceStorage(storage);
      }
      module.zeroGradParams();
      cost?.dispose();
      chance.state = state;
    }
  };
  try {
    return await compileAhead(rehearse, onProgress);
  } finally {
    for (const { storage } of kept) storage.release();
  }
}

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
