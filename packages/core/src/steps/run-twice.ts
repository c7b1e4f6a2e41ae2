import { traced, type Trace } from '../autograd/trace.js';
import { noGrad } from '../autograd/grad-mode.js';
import { scope } from '../memory/scope.js';
import {
  isListOfSources,
  isShapeList,
  mapData,
  readData,
  variablesIn,
  type Data,
  type Source,
} from '../module/data.js';
import { inMode } from '../module/in-mode.js';
import type { AnyModule } from '../module/module.js';
import { gather } from '../ops/gather.js';
import { roll } from '../ops/moves.js';
import { reshape } from '../ops/shape.js';
import { RandomStream } from '../random.js';
import { randn } from '../variable/making.js';
import { Variable } from '../variable/variable.js';
import type { Shapes } from '@tessera-nn/kernels';
import { FIRST_BATCH, SECOND_BATCH } from './size.js';

/** A run of the network, with its inputs and outputs in their order. */
export interface Run {
  readonly trace: Trace;
  readonly inputs: readonly Variable[];
  readonly outputs: readonly Variable[];
}

/**
 * Runs a network at inference on two batches that are not alike, and notes its ops. Nothing is left of the runs but what
 * `release` frees.
 */
export function runTwice(
  net: AnyModule,
  given: Shapes | Source,
  dynamicBatch: boolean,
): { runs: readonly [Run, Run]; release(this: void): void } {
  const runs: Run[] = [];
  const release = () => {
    for (const { trace, inputs, outputs } of runs) {
      for (const variable of [...trace.constants, ...inputs, ...outputs]) variable.dispose();
    }
    net.reset();
  };
  try {
    noGrad(() =>
      scope(() => {
        const draw = drawing(given, dynamicBatch);
        for (const [turn, batch] of [FIRST_BATCH, SECOND_BATCH].entries()) runs.push(run(net, draw(batch, turn)));
        for (const { inputs, outputs } of runs) for (const variable of [...inputs, ...outputs]) variable.keep();
      }),
    );
  } catch (error) {
    release();
    throw error;
  }
  return { runs: runs as [Run, Run], release };
}

function run(net: AnyModule, input: Data): Run {
  const inputs = variablesIn(input);
  const { result, trace } = traced(() => inMode(net, false, () => net.forward(input)), [...inputs, ...net.tensors()]);
  return { trace, inputs, outputs: variablesIn(result) };
}

/** Makes inputs for a turn: random ones of the shapes, or what the caller gave, its samples and numbers moved on. */
function drawing(given: Shapes | Source, dynamicBatch: boolean): (batch: number, turn: number) => Data {
  if (areShapes(given)) {
    const random = new RandomStream(0);
    const ofShape = (shape: Shapes, batch: number): Data => {
      if (isShapeList(shape)) return shape.map((one) => ofShape(one, batch));
      return randn(dynamicBatch && shape.length > 0 ? [batch, ...shape.slice(1)] : shape, { random });
    };
    return (batch) => ofShape(given, batch);
  }
  const data = readData(given);
  return (batch, turn) =>
    mapData(data, (variable) => {
      const moved = reshape(roll(reshape(variable, [-1]), turn, 0), variable.shape);
      if (!dynamicBatch || variable.rank === 0) return moved;
      const samples = Int32Array.from({ length: batch }, (_, i) => i % variable.shape[0]!);
      return gather(moved, new Variable(samples));
    });
}

/** Nested arrays of numbers alone say shapes. */
function areShapes(given: Shapes | Source): given is Shapes {
  return !(given instanceof Variable) && !isListOfSources(given);
}
