import {
  add,
  broadcastingOp,
  optionsOf,
  split,
  zeros,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { formula as f } from '@tessera-nn/kernels';
import {
  Recurrent,
  recurrentOptions,
  recurrentOptionsByName,
  type RecurrentPositions,
  type State,
} from '../recurrent/recurrent.js';

const options = optionsOf('LSTM', recurrentOptions, recurrentOptionsByName);
export type LSTMOptions = Given<typeof options>;

/** How much is forgotten, let in and let out, and what is new. */
const GATES = 4;

const cell = broadcastingOp({
  name: 'LstmCell',
  inputs: ['i', 'f', 'g', 'c'],
  value: (v) => f.add(f.mul(f.sigmoid(v.f), v.c), f.mul(f.sigmoid(v.i), f.tanh(v.g))),
});

const output = broadcastingOp({
  name: 'LstmOutput',
  inputs: ['o', 'c'],
  value: ({ o, c }) => f.mul(f.sigmoid(o), f.tanh(c)),
});

/**
 * Long short-term memory: a recurrent layer that decides in each step what it forgets, takes in and shows.
 *
 * i, f, g, o = W_ih x + b_ih + W_hh h + b_hh; c' = sigmoid(f) c + sigmoid(i) tanh g; h' = sigmoid(o) tanh c'. Gradients follow
 * from these, step by step; h and c start as zeros.
 *
 * Shapes: `[time, batch, insize]` to `[batch, hsize]`, or with `getSequences` to `[time, batch, hsize]`; `bi`, the parameters and
 * how they start as for `RNN`. Source: Hochreiter and Schmidhuber 1997; PyTorch's `LSTM`, PuzzleLib's `RNN` of mode `lstm`.
 *
 * @example
 * new LSTM(8, 16, { batchFirst: true });
 * @throws ShapeError when the input is not of three axes, or has other columns.
 */
export class LSTM extends Recurrent {
  static override readonly className = 'LSTM';

  constructor(...given: Arguments<RecurrentPositions, LSTMOptions>) {
    super(options.arguments(given), GATES);
  }

  protected override start(batch: number): State {
    return [...super.start(batch), zeros([batch, this.hsize])];
  }

  protected override step(ofInput: Variable, ofState: Variable, [, c]: State): State {
    const sizes = new Array<number>(GATES).fill(this.hsize);
    const [i, f, g, o] = split(add(ofInput, ofState), sizes, 1) as [Variable, Variable, Variable, Variable];
    const next = cell({ i, f, g, c: c! });
    return [output({ o, c: next }), next];
  }
}
