import { CostError, ShapeError, Variable, type Data, type SourceOf } from '@tessera-nn/core';
import { checkFunction, readData, shapeText, isUnwantedPromise } from '@tessera-nn/core/internal';
import { Cost } from '../cost.js';

/** A loss of one element from outputs and targets, which are lists where the network and the data have lists. */
export type LossFunction<Prediction extends Data = Variable, Target extends Data = Variable> = (
  prediction: Prediction,
  target: Target,
) => Variable;

/**
 * A cost that is a function of outputs and targets, for what no cost says: several outputs that are weighed against one
 * another or against one target. `validate` returns the same number.
 *
 * Shapes: whatever the function takes, to `[]`; targets come as Variables in their own shape. The mean over the batch is
 * the function's business.
 *
 * @example
 * const cost = new FunctionCost(([image, mean, spread]: readonly Variable[], target: Variable) =>
 *   image!.sub(target).square().mean().add(mean!.square().add(spread!.square()).mean()),
 * );
 * @throws ShapeError when the function returns another shape than `[]`; CostError when it returns no Variable;
 * ValueError for what is not a function.
 */
export class FunctionCost<Prediction extends Data = Variable, Target extends Data = Variable> extends Cost<
  Prediction,
  Target
> {
  static override readonly className = 'FunctionCost';

  constructor(readonly lossFunction: LossFunction<Prediction, Target>) {
    checkFunction(lossFunction, 'FunctionCost');
    super();
  }

  override get takes() {
    return 'any' as const;
  }

  protected override loss(prediction: Prediction, target: Target): Variable {
    const loss: unknown = this.lossFunction(prediction, target);
    if (!(loss instanceof Variable)) throw noVariable(loss);
    if (loss.rank === 0) return loss;
    throw new ShapeError('FunctionCost: a loss is a single number', {
      path: 'FunctionCost',
      expected: '[]',
      received: shapeText(loss.shape),
      hint: 'End the function with mean()',
    });
  }

  protected override readTarget(target: SourceOf<Target>): Target {
    return readData(target) as Target;
  }
}

function noVariable(loss: unknown): CostError {
  const isPromise = isUnwantedPromise(loss);
  return new CostError('FunctionCost: the function returned something that cannot be differentiated', {
    path: 'FunctionCost',
    expected: 'a Variable of one number, []',
    received: isPromise ? 'a Promise' : Array.isArray(loss) ? 'an array' : typeof loss,
    hint: isPromise
      ? 'A loss is computed in one go: await nothing in it'
      : 'Compute the loss with Variables, and return it',
  });
}
