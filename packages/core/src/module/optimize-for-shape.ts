import { compileAhead, sizeOf, type Shapes } from '@tessera-nn/kernels';
import { undoing } from '../checkpoint/side-effects.js';
import { scope } from '../memory/scope.js';
import { Variable } from '../variable/variable.js';
import { isShapeList, shapeOf, type Data, type Source, type SourceOf } from './data.js';
import type { AnyModule } from './module.js';

/** What a training step has beside the network. Without it, forward and backward passes alone are prepared. */
export interface ShapeOptions<Output extends Data = Variable> {
  /** The loss, with targets as they will come. It forgets its errors afterwards. */
  cost?: { forward(prediction: SourceOf<Output>, target: Source): Variable; dispose(): void };
  /** Targets of one batch, for `cost`; what they say does not matter. */
  target?: Source;
  /** The optimizer, set up on the network. */
  optimizer?: { rehearse(): void };
  /** Called after each program that is ready. */
  onProgress?: (done: number, total: number) => void;
}

/** See `Module.optimizeForShape`. */
export function optimizeForShape(
  module: AnyModule,
  shape: Shapes,
  { cost, target, optimizer, onProgress }: ShapeOptions<Data> = {},
): Promise<number> {
  const step = () => {
    const output = module.forward(zeros(shape));
    if (!module.training) return;
    if (cost && target !== undefined) cost.forward(output, target).backward();
    else module.backward(zeros(shapeOf(output)), { updGrad: false });
    optimizer?.rehearse();
  };
  const rehearse = () => {
    try {
      undoing((sideEffects) => {
        // What is computed is arbitrary, also in weights that only move into another layout.
        for (const variable of module.tensors()) sideEffects.noteChange(variable, variable.storage);
        scope(step);
      });
    } finally {
      module.zeroGradParams();
      cost?.dispose();
    }
  };
  return compileAhead(rehearse, onProgress);
}

function zeros(shape: Shapes): Data {
  if (isShapeList(shape)) return shape.map(zeros);
  const size = sizeOf(shape);
  return new Variable(new Float32Array(size), { shape });
}
