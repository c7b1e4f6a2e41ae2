import {
  named,
  option,
  optionsOf,
  type Arguments,
  type Data,
  type Given,
  type ShapeOf,
  type Variable,
} from '@tessera-nn/core';
import { Routing } from '../routing/routing.js';

const options = optionsOf('Replicate', {
  /** How often. */
  times: option.count,
  ...named,
});
export type ReplicateOptions = Given<typeof options>;

/**
 * Its input several times, as a list: y = [x, x, ...]; the gradients add up. The memory is shared.
 *
 * Shapes: any to a list of it. Source: PuzzleLib's `Replicate`.
 *
 * @example
 * new Sequential([new Replicate(2), new Parallel([new Linear(8, 4), new Identity()]), new Concat(1)]);
 * @throws ValueError when `times` is not a count.
 */
export class Replicate<Part extends Data = Variable> extends Routing<Part, readonly Part[]> {
  static override readonly className = 'Replicate';

  readonly times: number;

  constructor(...given: Arguments<[times: number, name?: string], ReplicateOptions>) {
    const read = options.arguments(given);
    super(read, read);
    this.times = read.times;
  }

  override dataShapeFrom(shape: ShapeOf<Part>): ShapeOf<readonly Part[], number[]> {
    return Array.from({ length: this.times }, () => shape) as unknown as ShapeOf<readonly Part[], number[]>;
  }

  protected override updateData(data: Part): Part[] {
    return Array.from({ length: this.times }, () => data);
  }

  override extraRepr(): string {
    return `times=${this.times}`;
  }
}
