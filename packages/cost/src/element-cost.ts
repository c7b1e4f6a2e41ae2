import { CostError, Variable, type SourceOf } from '@tessera-nn/core';
import { readHostData, shapeText } from '@tessera-nn/core/internal';
import { Cost } from './cost.js';

/** What targets may be, and how messages say it. */
export interface TargetRule {
  readonly expected: string;
  readonly accepts: (target: number) => boolean;
}

/**
 * A cost that is the mean of a distance over all elements of predictions and targets, which have one shape; predictions of one
 * column take flat targets too.
 */
export abstract class ElementCost extends Cost {
  override get hostTargets(): boolean {
    return true;
  }

  /** What targets may be where not all numbers are; checked where they still lie on the host. */
  protected get targets(): TargetRule | undefined {
    return undefined;
  }

  /** The distance of each element. */
  protected abstract distance(prediction: Variable, target: Variable): Variable;

  protected override loss(prediction: Variable, target: Variable): Variable {
    return this.distance(prediction, target).mean();
  }

  protected override readTarget(target: SourceOf<Variable>, prediction: Variable): Variable {
    const given = this.#checked(target, prediction);
    const { shape } = prediction;
    const isFlat = given instanceof Variable && given.rank === 1 && shape.length === 2 && shape[1] === 1;
    return super.readTarget(isFlat ? given.reshape([given.size, 1]) : given, prediction);
  }

  #checked(target: SourceOf<Variable>, { shape }: Variable): SourceOf<Variable> {
    const { targets } = this;
    if (target instanceof Variable || (typeof target === 'object' && 'dataId' in target)) return target;
    const host = readHostData(target, ArrayBuffer.isView(target) ? shape : undefined, 'float32');
    const wrong = targets ? host.values.findIndex((value) => !targets.accepts(value)) : -1;
    if (wrong >= 0) {
      throw new CostError(`${this.className}: target ${host.values[wrong]} at position ${wrong} cannot be`, {
        path: this.className,
        expected: targets!.expected,
        received: `${host.values[wrong]} in ${shapeText(host.shape)}`,
      });
    }
    return new Variable(host.values, { shape: host.shape });
  }
}
