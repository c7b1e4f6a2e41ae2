import { AutogradError, CostError, option, ShapeError, Variable, type VariableSource } from '@tessera-nn/core';
import { isPlainObject, shapeText } from '@tessera-nn/core/internal';
import type { CostInput } from './cost.js';
import { MeanCost, type Reduction } from './mean-cost.js';
import { readLabels } from './labels.js';
import { wrongShare } from './wrong-share.js';

/** The options of costs of classes that can be given in their positions. */
export const classOptions = {
  /** The number of classes, when it should be checked. */
  maxlabels: option.count.optional,
  /** A weight for each class. Default: all 1. */
  weights: option.kind<VariableSource | Variable>('weights', isWeights).optional,
};

/** The option of costs of classes that leave labels out. */
export const ignoreOption = {
  /** Labels of this value do not count. Default: there is none. */
  ignoreIndex: option.kind<number>('a whole number', Number.isInteger, CostError).optional,
};

interface ClassRule {
  readonly maxlabels: number | undefined;
  readonly weights?: VariableSource | Variable | undefined;
  readonly ignoreIndex?: number | undefined;
  readonly reduction: Reduction;
}

/**
 * Costs of a number for each class against integer labels: they have one number of classes, may weigh them, and may leave
 * labels out. `validate` returns the share of wrong answers.
 */
export abstract class ClassCost extends MeanCost {
  readonly maxlabels: number | undefined;
  readonly ignoreIndex: number | undefined;
  /** The weight of each class; undefined where none were given and all count alike. */
  readonly weights: Variable | undefined;

  constructor({ maxlabels, weights, ignoreIndex, reduction }: ClassRule) {
    super(reduction);
    this.maxlabels = maxlabels;
    this.ignoreIndex = ignoreIndex;
    if (weights !== undefined) this.weights = (weights instanceof Variable ? weights : new Variable(weights)).keep();
  }

  override get hostTargets(): boolean {
    return true;
  }

  protected override validationError(scores: Variable, labels: Variable): Variable {
    return wrongShare(scores, labels, this.ignoreIndex);
  }

  protected override readTarget(target: CostInput, { shape }: Variable): Variable {
    const { className: path, ignoreIndex } = this;
    return readLabels(target, { path, classes: shape[1]!, ignoreIndex, shape: [shape[0]!, ...shape.slice(2)] });
  }

  /** @throws ShapeError for scores without classes, or with others than `maxlabels`. */
  protected override checkPrediction({ shape }: Variable): void {
    const { className: path, maxlabels } = this;
    const shown = shapeText(shape);
    if (shape.length < 2) {
      throw new ShapeError(`${path}: scores ${shown} have no axis of classes`, {
        path,
        expected: '[batch, classes, ...]',
        received: shown,
      });
    }
    if (maxlabels === undefined || shape[1] === maxlabels) return;
    throw new ShapeError(`${path}: scores ${shown} have ${shape[1]} classes, maxlabels says ${maxlabels}`, {
      path,
      expected: `[batch, ${maxlabels}, ...]`,
      received: shown,
    });
  }

  /** The weights for so many classes. @throws AutogradError where they want a gradient; ShapeError where they are not as many. */
  protected weightsFor(classes: number): Variable {
    const path = this.className;
    const weights = this.weights ?? new Variable(new Float32Array(classes).fill(1));
    if (weights.tracked) {
      throw new AutogradError(`${path}: its weights want a gradient, and there is none for them`, {
        path,
        expected: 'weights that are not learned',
        received: 'a Variable with requiresGrad, or computed from one',
        hint: 'Pass weights.detach(), or weigh the losses yourself with a FunctionCost',
      });
    }
    if (weights.size === classes) return weights;
    throw new ShapeError(`${path}: there is not one weight for each class`, {
      path,
      expected: `${classes} weights`,
      received: String(weights.size),
    });
  }

  override dispose(): void {
    super.dispose();
    this.weights?.dispose();
  }
}

function isWeights(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isPlainObject(value);
}
