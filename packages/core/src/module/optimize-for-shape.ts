import { compileAhead, option, optionsOf, sizeOf, type Given, type Shapes } from '@tessera-nn/kernels';
import { undoing } from '../checkpoint/side-effects.js';
import { scope } from '../memory/scope.js';
import { Variable } from '../variable/variable.js';
import { isShapeList, shapeOf, type Data, type Source, type SourceOf } from './data.js';
import type { AnyModule } from './module.js';

interface StepCost<Prediction> {
  forward(prediction: Prediction, target: Source): Variable;
  dispose(): void;
}

interface Rehearsed {
  rehearse(): void;
}

const options = optionsOf('optimizeForShape', {
  /** The loss, with targets as they will come. It forgets its errors afterwards. */
  cost: option.objectWith<StepCost<SourceOf<Data>>>('a cost', 'forward', 'dispose').optional,
  /** Targets of one batch, for `cost`; what they say does not matter. */
  target: option.anything<Source>().optional,
  /** The optimizer, set up on the network. */
  optimizer: option.objectWith<Rehearsed>('an optimizer', 'rehearse').optional,
  /** Called after each program that is ready. */
  onProgress: option.callback<(done: number, total: number) => void>().optional,
});

/** What a training step has beside the network. Without it, forward and backward passes alone are prepared. */
export type ShapeOptions<Output extends Data = Variable> = Omit<Given<typeof options>, 'cost'> & {
  cost?: StepCost<SourceOf<Output>> | undefined;
};

/** See `Module.optimizeForShape`. */
export function optimizeForShape(module: AnyModule, shape: Shapes, given: ShapeOptions<Data> = {}): Promise<number> {
  const { cost, target, optimizer, onProgress } = options.read(given);
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
  const prepare = async () => {
    module.build(shape);
    return compileAhead(rehearse, onProgress);
  };
  return prepare();
}

function zeros(shape: Shapes): Data {
  if (isShapeList(shape)) return shape.map(zeros);
  const size = sizeOf(shape);
  return new Variable(new Float32Array(size), { shape });
}
