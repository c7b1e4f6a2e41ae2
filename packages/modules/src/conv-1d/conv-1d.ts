import { option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { closingOptions, Convolution, openingOver, type Closing, type Opening } from '../convolution/convolution.js';
import { sequencePad, type SequencePad } from '../window/pad.js';
import { SEQUENCES, type Space } from '../window/spatial.js';

const options = optionsOf('Conv1D', { ...openingOver(option.wholeFrom, sequencePad), ...closingOptions });
export type Conv1DOptions = Given<typeof options>;

/**
 * One-dimensional convolution (cross-correlation), of sequences and signals.
 *
 * y[n, o, i] = b[o] + sum over c, k of x[n, c, i s + k d - p] W[o, c, k]. Gradients, and how it starts, as for `Conv2D`.
 *
 * Shapes: `[batch, inmaps, length]` to `[batch, outmaps, l]` with l = floor((length + 2 pad - dilation (size - 1) - 1) /
 * stride) + 1, or ceil(length / stride) for the pad `same`. W is `[outmaps, inmaps / groups, size]` (PuzzleLib:
 * `[outmaps, inmaps / groups, 1, size]`), b is `[outmaps]`.
 * Source: PuzzleLib's `Conv1D`; PyTorch's `Conv1d`.
 *
 * @example
 * new Conv1D({ inmaps: 8, outmaps: 16, size: 5, pad: 'same' });
 * @throws ShapeError when rank or maps of the input are others, or the filter is longer than the padded sequence;
 *   ValueError for counts that do not fit.
 */
export class Conv1D extends Convolution {
  static override readonly className = 'Conv1D';

  protected override get space(): Space {
    return SEQUENCES;
  }

  constructor(...given: Arguments<[...Opening<number, SequencePad>, ...Closing], Conv1DOptions>) {
    const read = options.arguments(given);
    const { outmaps, groups } = read;
    super(read, (inmaps) => ({ outmaps, groups, filter: [outmaps, inmaps / groups] }));
  }

  override extraRepr(): string {
    return this.textWith(options);
  }
}
