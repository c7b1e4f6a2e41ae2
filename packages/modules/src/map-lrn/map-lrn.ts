import { optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { avgPool } from '../avg-pool-2d/index.js';
import { responseOptions, ResponseNorm, type Response } from '../cross-map-lrn/index.js';

const options = optionsOf('MapLRN', responseOptions);
export type MapLRNOptions = Given<typeof options>;

/**
 * Local response normalisation within maps: a value that stands out among its neighbours stays large.
 *
 * y = x / (K + alpha / N^2 sum x[j]^2)^beta, over the N by N pixels around each, as far as there are any; of even N one
 * more lies behind than before. The gradient follows from the formula.
 *
 * Shapes: `[batch, maps, height, width]` to the same. Source: Krizhevsky 2009; PuzzleLib's `MapLRN`.
 *
 * @example
 * new MapLRN({ N: 3 });
 * @throws ShapeError when the input is not a batch of images.
 */
export class MapLRN extends ResponseNorm {
  static override readonly className = 'MapLRN';

  constructor(...given: Arguments<[...Response, name?: string], MapLRNOptions>) {
    super(options.arguments(given));
  }

  protected override squaresAround(data: Variable): Variable {
    const [before, behind] = this.neighbours;
    const size = [this.N, this.N] as const;
    return avgPool(data.square(), {
      ...{ size, strides: [1, 1], pads: [before, behind, before, behind], dilations: [1, 1], includePad: true },
    });
  }
}
