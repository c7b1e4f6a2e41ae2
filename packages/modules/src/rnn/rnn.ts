import { add, option, optionsOf, relu, tanh, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import {
  Recurrent,
  recurrentOptions,
  recurrentOptionsByName,
  type RecurrentPositions,
  type State,
} from '../recurrent/recurrent.js';

const options = optionsOf('RNN', recurrentOptions, {
  ...recurrentOptionsByName,
  /** PyTorch's nonlinearity. Default `tanh`. */
  mode: option.oneOf('tanh', 'relu').or('tanh'),
});
export type RNNOptions = Given<typeof options>;

/**
 * The plain recurrent layer: h' = act(W_ih x + b_ih + W_hh h + b_hh), with tanh or relu.
 *
 * Gradients follow from that, step by step, and vanish or explode over many: then take `LSTM` or `GRU`. h starts as zeros.
 *
 * Shapes: `[time, batch, insize]` to `[batch, hsize]`, the last state, or with `getSequences` to `[time, batch, hsize]`, all of
 * them; `bi` has twice as many, those of the way back behind the others, where the last state is that of the first step.
 * Names, shapes and the order of the gates in the parameters are PyTorch's, so that its files fit; they start uniform between
 * -1 / sqrt(hsize) and 1 / sqrt(hsize), as there. Source:
 * Elman 1990; PyTorch's `RNN`; PuzzleLib's `RNN`, whose default is relu, and whose other modes are `LSTM` and `GRU`.
 *
 * @example
 * new RNN(8, 16, { batchFirst: true });
 * @throws ShapeError when the input is not of three axes, or has other columns.
 */
export class RNN extends Recurrent {
  static override readonly className = 'RNN';

  readonly mode: 'tanh' | 'relu';

  constructor(...given: Arguments<RecurrentPositions, RNNOptions>) {
    const read = options.arguments(given);
    super(read, 1);
    this.mode = read.mode;
  }

  protected override step(ofInput: Variable, ofState: Variable): State {
    return [(this.mode === 'tanh' ? tanh : relu)(add(ofInput, ofState))];
  }

  override extraRepr(): string {
    return [super.extraRepr(), ...options.changes({ mode: this.mode })].join(', ');
  }
}
