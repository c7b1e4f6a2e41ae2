import {
  AutogradError,
  CostError,
  ShapeError,
  Variable,
  option,
  optionsOf,
  type Arguments,
  type Given,
  type VariableSource,
} from '@tessera-nn/core';
import { isPlainObject, shapeText } from '@tessera-nn/core/internal';
import { Cost, type CostInput } from '../cost.js';
import { softmaxCrossEntropy, wrongShare } from './cross-entropy.op.js';
import { readLabels } from './labels.js';

const options = optionsOf(
  'CrossEntropy',
  {
    /** The number of classes, when it should be checked. */
    maxlabels: option.count.optional,
    /** A weight for each class. Default: all 1. */
    weights: option.kind<VariableSource | Variable>('weights', isWeights).optional,
  },
  {
    /** Labels of this value do not count. Default: there is none. */
    ignoreIndex: option.kind<number>('a whole number', Number.isInteger, CostError).optional,
    /** Share of the target spread evenly over all classes, from 0 to 1. Default 0. */
    labelSmoothing: option.kind<number>('a number from 0 to 1', isShare, CostError).or(0),
    /** What the mean divides by: the labels' weights (PyTorch) or their number (PuzzleLib). Default `weights`. */
    normalize: option.oneOf('weights', 'labels').or('weights'),
  },
);
/** How labels are compared with scores. */
export type CrossEntropyOptions = Given<typeof options>;

/**
 * Cross-entropy of integer labels under the softmax of scores: the mean of -w_l log softmax(scores)_l.
 *
 * Softmax and logarithm are one stable step; the gradient w_l (softmax - [c = l]) / norm is computed along with it. With
 * one weight per class norm is the sum of the labels' weights, as in PyTorch; `normalize: "labels"` divides by their
 * number, as PuzzleLib's error does. `validate` returns the share of wrong answers.
 *
 * Shapes: scores `[batch, classes, ...]`, labels int32 `[batch, ...]` or `[batch, 1, ...]`.
 * Source: PuzzleLib's `CrossEntropy`, with the true gradient for weights and spatial labels; PyTorch's options.
 *
 * @example
 * const loss = new CrossEntropy({ maxlabels: 10 }).forward(net.forward(images), labels);
 * @throws CostError naming a label out of range or NaN and its place; ShapeError when labels and scores do not fit.
 */
export class CrossEntropy extends Cost {
  static override readonly className = 'CrossEntropy';

  readonly maxlabels: number | undefined;
  readonly ignoreIndex: number | undefined;
  readonly labelSmoothing: number;
  readonly normalize: 'weights' | 'labels';
  /** Given, or equal ones made for the last count of classes. */
  #weights: Variable | undefined;
  readonly #weighted: boolean;

  constructor(...given: Arguments<[maxlabels?: number, weights?: VariableSource | Variable], CrossEntropyOptions>) {
    super();
    const { weights, ...read } = options.arguments(given);
    this.maxlabels = read.maxlabels;
    this.ignoreIndex = read.ignoreIndex;
    this.labelSmoothing = read.labelSmoothing;
    this.normalize = read.normalize;
    this.#weighted = weights !== undefined;
    if (weights !== undefined) this.#weights = (weights instanceof Variable ? weights : new Variable(weights)).keep();
  }

  /** The weight of each class; undefined where none were given and all count alike. */
  get weights(): Variable | undefined {
    return this.#weighted ? this.#weights : undefined;
  }

  override get hostTargets(): boolean {
    return true;
  }

  protected override loss(scores: Variable, labels: Variable): Variable {
    return softmaxCrossEntropy(scores, labels, this.#weightsFor(scores.shape[1]!), {
      labelSmoothing: this.labelSmoothing,
      ignoreIndex: this.ignoreIndex,
      byWeights: this.normalize === 'weights',
    });
  }

  protected override validationError(scores: Variable, labels: Variable): Variable {
    return wrongShare(scores, labels, this.ignoreIndex);
  }

  protected override readTarget(target: CostInput, scores: Variable): Variable {
    const shown = shapeText(scores.shape);
    if (scores.rank < 2) {
      throw new ShapeError(`CrossEntropy: scores ${shown} have no axis of classes`, {
        path: 'CrossEntropy',
        expected: '[batch, classes, ...]',
        received: shown,
      });
    }
    const classes = scores.shape[1]!;
    if (this.maxlabels !== undefined && classes !== this.maxlabels) {
      throw new ShapeError(`CrossEntropy: scores ${shown} have ${classes} classes, maxlabels says ${this.maxlabels}`, {
        path: 'CrossEntropy',
        expected: `[batch, ${this.maxlabels}, ...]`,
        received: shown,
      });
    }
    const shape = [scores.shape[0]!, ...scores.shape.slice(2)];
    return readLabels(target, { path: 'CrossEntropy', classes, ignoreIndex: this.ignoreIndex, shape });
  }

  #weightsFor(classes: number): Variable {
    if (this.#weights?.tracked) {
      throw new AutogradError('CrossEntropy: its weights want a gradient, and there is none for them', {
        path: 'CrossEntropy',
        expected: 'weights that are not learned',
        received: 'a Variable with requiresGrad, or computed from one',
        hint: 'Pass weights.detach(), or weigh the losses yourself with a FunctionCost',
      });
    }
    if (!this.#weighted && this.#weights?.size !== classes) {
      this.#weights?.dispose();
      this.#weights = new Variable(new Float32Array(classes).fill(1)).keep();
    }
    if (this.#weights!.size === classes) return this.#weights!;
    throw new ShapeError('CrossEntropy: there is not one weight for each class', {
      path: 'CrossEntropy',
      expected: `${classes} weights`,
      received: String(this.#weights?.size),
    });
  }

  override dispose(): void {
    super.dispose();
    this.#weights?.dispose();
    this.#weights = undefined;
  }
}

function isWeights(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isPlainObject(value);
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
