import { concat, Module, pad, type Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';

/**
 * Images of several sizes one behind the other along their maps: each lies in the middle of zeros, as large as the largest.
 *
 * Where the difference is odd, there is one row or column of zeros more behind than in front. Each gets its part of the
 * gradient, cut out of the middle.
 *
 * Shapes: a list of `[batch, maps_i, h_i, w_i]` to `[batch, sum maps_i, max h_i, max w_i]`. Source: PuzzleLib's `DepthConcat`.
 *
 * @example
 * new DepthConcat();
 * @throws ShapeError for what is not a list of images of one batch.
 */
export class DepthConcat extends Module<readonly Variable[], Variable> {
  static override readonly className = 'DepthConcat';

  override get takes() {
    return 'list' as const;
  }

  override dataShapeFrom(shapes: readonly (readonly number[])[]): number[] {
    const [first] = shapes;
    if (!first || shapes.some((shape) => shape.length !== 4 || shape[0] !== first[0])) {
      throw this.shapeError('the inputs are not images of one batch', {
        expected: '[batch, maps, height, width] for each',
        received: shapes.map(shapeText).join(' and ') || 'an empty list',
      });
    }
    const [maps, heights, widths] = [1, 2, 3].map((axis) => shapes.map((shape) => shape[axis]!)) as [
      number[],
      number[],
      number[],
    ];
    return [first[0]!, maps.reduce((sum, count) => sum + count), Math.max(...heights), Math.max(...widths)];
  }

  protected override updateData(data: readonly Variable[]): Variable {
    const largest = this.dataShapeFrom(data.map(({ shape }) => shape));
    const inTheMiddle = data.map((x) => {
      const paddings = x.shape.map((size, axis) => {
        const missing = axis < 2 ? 0 : largest[axis]! - size;
        return [Math.floor(missing / 2), Math.ceil(missing / 2)];
      });
      return paddings.flat().some((count) => count > 0) ? pad(x, paddings) : x;
    });
    return concat(inTheMiddle, 1);
  }
}
