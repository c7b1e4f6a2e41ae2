import { optionsOf, Variable, type Arguments, type Given } from '@tessera-nn/core';
import { conv2d } from '../convolution/convolution.op.js';
import { ALONE, geometryOf } from '../window/window.js';
import { responseOptions, ResponseNorm, type Response } from './response-norm.js';

const options = optionsOf('CrossMapLRN', responseOptions);
export type CrossMapLRNOptions = Given<typeof options>;

/**
 * Local response normalisation across maps: a value that stands out among the maps at its place stays large.
 *
 * y[c] = x[c] / (K + alpha / N sum x[j]^2)^beta, over the N maps from c - floor((N - 1) / 2) on, as far as there are any.
 * The gradient follows from the formula.
 *
 * Shapes: `[batch, maps, height, width]` to the same. Source: Krizhevsky, Sutskever and Hinton 2012; PuzzleLib's
 * `CrossMapLRN`; PyTorch's `LocalResponseNorm`, for odd N (there of even N one more lies before than behind).
 *
 * @example
 * new CrossMapLRN({ N: 5, alpha: 1e-4, beta: 0.75, K: 1 });
 * @throws ShapeError when the input is not a batch of images.
 */
export class CrossMapLRN extends ResponseNorm {
  static override readonly className = 'CrossMapLRN';

  constructor(...given: Arguments<[...Response, name?: string], CrossMapLRNOptions>) {
    super(options.arguments(given));
  }

  protected override squaresAround(data: Variable): Variable {
    // The sum over a band of maps is a convolution one pixel wide.
    const maps = data.shape[1]!;
    const [before, behind] = this.neighbours;
    const band = Float32Array.from({ length: maps * maps }, (_, at) => {
      const distance = (at % maps) - Math.floor(at / maps);
      return distance >= -before && distance <= behind ? 1 / this.N : 0;
    });
    const filter = new Variable(band, { shape: [maps, maps, 1, 1] });
    return conv2d(data.square(), filter, null, { ...geometryOf(ALONE, ALONE), groups: 1 });
  }
}
