import {
  add,
  affine,
  defineOp,
  Module,
  named,
  option,
  optionsOf,
  sign,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { reshapeTensor } from '@tessera-nn/kernels';

type Mode = 'l1' | 'l2';

const options = optionsOf('Penalty', {
  /** Whether the sum of magnitudes is penalised or half the sum of squares. Default `l1`. */
  mode: option.oneOf('l1', 'l2').or('l1'),
  /** How much. Default 0.01. */
  weight: option.number.or(0.01),
  ...named,
});
export type PenaltyOptions = Given<typeof options>;

const penalise = defineOp({
  name: 'penalty',
  inputs: ['x'],
  saves: ['x'],
  layout: 'any',
  forward: ({ x }) => reshapeTensor(x, x.shape),
  gradients: (g, { x }, { mode, weight }: { mode: Mode; weight: number }) => ({
    x: () => add(g, affine(mode === 'l1' ? sign(x) : x, weight / (x.shape[0] ?? 1), 0)),
  }),
});

/**
 * Keeps what passes through it small: y = x, while the gradient is that of a loss with a penalty.
 *
 * dx = g + weight / batch sign x for `l1`, of which 0 is the slope at 0; dx = g + weight / batch x for `l2`. The loss that is
 * reported does not have it, and each backward pass through it adds it, one through a gradient too. Behind the code of an autoencoder it makes the code sparse.
 *
 * Shapes: any to the same. Source: PuzzleLib's `Penalty`, where the slope of l1 at 0 is 1; Keras' `ActivityRegularization`.
 *
 * @example
 * new Penalty('l1', 1e-3);
 * @throws ValueError when a word or a number does not fit.
 */
export class Penalty extends Module {
  static override readonly className = 'Penalty';

  readonly mode: Mode;
  readonly weight: number;

  constructor(...given: Arguments<[mode?: Mode, weight?: number, name?: string], PenaltyOptions>) {
    const read = options.arguments(given);
    super(read, read);
    [this.mode, this.weight] = [read.mode, read.weight];
  }

  override get movesData(): boolean {
    return true;
  }

  override get gradUsesOutData(): boolean {
    return true;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(x: Variable): Variable {
    return penalise({ x }, { mode: this.mode, weight: this.weight });
  }

  override extraRepr(): string {
    return `${this.mode}, weight=${this.weight}`;
  }
}
