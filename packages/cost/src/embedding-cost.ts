import { CostError, ShapeError, type SourceOf, type Variable } from '@tessera-nn/core';
import { isList, sameShape, shapeText } from '@tessera-nn/core/internal';
import { MeanCost } from './mean-cost.js';

/** A cost of several outputs of one shape, `[batch, n]` each: embeddings of samples that are compared with one another. */
export abstract class EmbeddingCost<Target extends Variable | readonly []> extends MeanCost<
  readonly Variable[],
  Target
> {
  /** What the outputs are called in messages, which says how many there are. */
  protected abstract readonly outputs: readonly string[];

  override get takes() {
    return 'any' as const;
  }

  override get hostTargets(): boolean {
    return true;
  }

  protected override checkPrediction(given: readonly Variable[]): void {
    const { className: path, outputs } = this;
    const count = isList(given) ? given.length : undefined;
    if (count !== outputs.length) {
      throw new CostError(`${path} compares ${outputs.join(', ')}`, {
        path,
        expected: `a list of ${outputs.length}`,
        received: count === undefined ? 'a single one' : `a list of ${count}`,
      });
    }
    const [{ shape }] = given as [Variable];
    if (shape.length === 2 && given.every((other) => sameShape(other.shape, shape))) return;
    throw new ShapeError(`${path}: ${outputs.join(', ')} do not have one shape`, {
      path,
      expected: '[batch, n] for each',
      received: given.map((other) => shapeText(other.shape)).join(', '),
    });
  }

  protected abstract override readTarget(target: SourceOf<Target>, prediction: readonly Variable[]): Target;
}
