import { mean, option, optionsOf, stopGradient, Variable, type Arguments, type Given } from '@tessera-nn/core';
import { responseOptions, ResponseNorm, type Response } from '../cross-map-lrn/index.js';
import { meanAround, oddSize } from '../subtract-mean/index.js';

const { N: _, name, ...numbers } = responseOptions;
const options = optionsOf('LCN', {
  /** Height and width of the window; odd. Default 5. */
  N: oddSize.or(5),
  ...numbers,
  /** Whether pixels around the image count as zeros in the mean; else it is over those of the image. Default true. */
  includePad: option.flag.or(true),
  name,
});
export type LCNOptions = Given<typeof options>;

/**
 * Local contrast normalisation: values where there is much contrast become smaller.
 *
 * y = x / (K + alpha / N^2 sum (x[j] - m)^2)^beta, over the N by N pixels around each, as far as there are any, where m is
 * the mean of that window. What is divided is x itself, as in PuzzleLib: put a `SubtractMean` in front for the rest of
 * what the literature calls by this name. The gradient is the whole one, through m too.
 *
 * Shapes: `[batch, maps, height, width]` to the same. Source: PuzzleLib's `LCN`; Jarrett et al. 2009.
 *
 * @example
 * new LCN({ N: 5, alpha: 1, K: 1 });
 * @throws ShapeError when the input is not a batch of images; ValueError for a window without a middle.
 */
export class LCN extends ResponseNorm {
  static override readonly className = 'LCN';

  readonly includePad: boolean;

  constructor(...given: Arguments<[...Response, includePad?: boolean, name?: string], LCNOptions>) {
    const read = options.arguments(given);
    super(read);
    this.includePad = read.includePad;
  }

  /** The squares' mean less 2 m times the values' mean plus m^2 times the share of pixels that there are. */
  protected override squaresAround(data: Variable): Variable {
    const { N, includePad } = this;
    // Around another origin the numbers are small, and their squares lose no digits.
    const origin = stopGradient(mean(data, [2, 3], true));
    const x = data.sub(origin);
    const m = meanAround(data, N, includePad).sub(origin);
    const [height, width] = data.shape.slice(2) as [number, number];
    const ones = new Variable(new Float32Array(height * width).fill(1), { shape: [1, 1, height, width] });
    const crossed = m.mul(m.mul(meanAround(ones, N, true)).sub(meanAround(x, N, true).mul(2)));
    return meanAround(x.square(), N, true).add(crossed);
  }

  override extraRepr(): string {
    return [super.extraRepr(), ...options.changes({ includePad: this.includePad })].join(', ');
  }
}
