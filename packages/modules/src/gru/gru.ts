import {
  add,
  broadcastingOp,
  optionsOf,
  sigmoid,
  split,
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

const options = optionsOf('GRU', recurrentOptions, recurrentOptionsByName);
export type GRUOptions = Given<typeof options>;

/** What is reset, what is kept, and what is new. */
const GATES = 3;

const fresh = broadcastingOp({
  name: 'GruNew',
  inputs: ['x', 'r', 'h'],
  value: ({ x, r, h }) => f.tanh(f.add(x, f.mul(r, h))),
});

const mixture = broadcastingOp({
  name: 'GruState',
  inputs: ['z', 'n', 'h'],
  value: ({ z, n, h }) => f.add(f.mul(f.sub(1, z), n), f.mul(z, h)),
});

/**
 * Gated recurrent unit: a recurrent layer that decides in each step how much of its state it keeps.
 *
 * r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh); n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = (1 - z) n + z h. Gradients
 * follow from these, step by step; h starts as zeros.
 *
 * Shapes: `[time, batch, insize]` to `[batch, hsize]`, or with `getSequences` to `[time, batch, hsize]`; `bi`, the parameters and
 * how they start as for `RNN`. Source: Cho et al. 2014; PyTorch's `GRU`, PuzzleLib's `RNN` of mode `gru`.
 *
 * @example
 * new GRU(8, 16, { batchFirst: true });
 * @throws ShapeError when the input is not of three axes, or has other columns.
 */
export class GRU extends Recurrent {
  static override readonly className = 'GRU';

  constructor(...given: Arguments<RecurrentPositions, GRUOptions>) {
    super(options.arguments(given), GATES);
  }

  protected override step(ofInput: Variable, ofState: Variable, [h]: State): State {
    const { hsize } = this;
    const parts = (x: Variable) => split(x, [2 * hsize, hsize], 1) as [Variable, Variable];
    const [[gatesOfInput, newOfInput], [gatesOfState, newOfState]] = [parts(ofInput), parts(ofState)];
    const gates = sigmoid(add(gatesOfInput, gatesOfState));
    const [r, z] = split(gates, [hsize, hsize], 1) as [Variable, Variable];
    const n = fresh({ x: newOfInput, r, h: newOfState });
    return [mixture({ z, n, h: h! })];
  }
}
