import { Variable, type SourceOf } from '@tessera-nn/core';
import { MeanCost, type Losses } from './mean-cost.js';
import { ruledTarget, type TargetRule } from './target-rule.js';

/**
 * A cost that is the mean of a distance over all elements of predictions and targets, which have one shape; predictions of one
 * column take flat targets too.
 */
export abstract class ElementCost extends MeanCost {
  override get hostTargets(): boolean {
    return true;
  }

  /** What targets may be where not all numbers are; checked where they still lie on the host. */
  protected get targets(): TargetRule | undefined {
    return undefined;
  }

  /** The distance of each element. */
  protected abstract distance(prediction: Variable, target: Variable): Variable;

  protected override losses(prediction: Variable, target: Variable): Losses {
    return { each: this.distance(prediction, target) };
  }

  protected override readTarget(target: SourceOf<Variable>, prediction: Variable): Variable {
    const { shape } = prediction;
    const given = ruledTarget(target, shape, this.targets, this.className);
    const isFlat = given instanceof Variable && given.rank === 1 && shape.length === 2 && shape[1] === 1;
    return super.readTarget(isFlat ? given.reshape([given.size, 1]) : given, prediction);
  }
}
