import { ShapeError, Variable, type SourceOf } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { ruledTarget, type TargetRule } from './target-rule.js';
import { EmbeddingCost } from './embedding-cost.js';

/** A cost of two outputs, x1 and x2, and for each sample whether they belong together. */
export abstract class PairCost extends EmbeddingCost<Variable> {
  protected override readonly outputs = ['x1', 'x2'];

  /** What labels may be. */
  protected abstract readonly labels: TargetRule;

  /** Labels as a column, which lies beside the outputs. */
  protected override readTarget(target: SourceOf<Variable>, [x1]: readonly Variable[]): Variable {
    const path = this.className;
    const batch = x1!.shape[0]!;
    const ruled = ruledTarget(target, [batch], this.labels, path);
    const given = ruled instanceof Variable ? ruled : new Variable(ruled);
    const { shape } = given;
    const isColumn = shape.length === 2 && shape[1] === 1;
    if (shape[0] === batch && (shape.length === 1 || isColumn)) return given.reshape([batch, 1]);
    throw new ShapeError(`${path}: there is not one label for each pair`, {
      path,
      expected: `[${batch}]`,
      received: shapeText(shape),
    });
  }
}
