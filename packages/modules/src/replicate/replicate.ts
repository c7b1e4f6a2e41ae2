import { ValueError, type Data, type ModuleOptions, type ShapeOf, type Variable } from '@tessera-nn/core';
import { Routing } from '../routing/routing.js';

export interface ReplicateOptions extends ModuleOptions {
  /** How often. */
  times: number;
}

/**
 * Its input several times, as a list: y = [x, x, ...]; the gradients add up. The memory is shared.
 *
 * Shapes: any to a list of it. Source: PuzzleLib's `Replicate`.
 *
 * @example
 * new Sequential([new Replicate(2), new Parallel([new Linear(8, 4), new Identity()]), new Concat(1)]);
 * @throws ValueError when `times` is no count.
 */
export class Replicate<Part extends Data = Variable> extends Routing<Part, readonly Part[]> {
  static override readonly className = 'Replicate';

  readonly times: number;

  constructor(times: number, name?: string);
  constructor(options: ReplicateOptions);
  constructor(times: number | ReplicateOptions, name?: string) {
    const options = typeof times === 'object' ? times : { times, name };
    super(options, { times: options.times });
    this.times = options.times;
    if (!Number.isInteger(this.times) || this.times < 1) {
      throw new ValueError(`${this.label}: it cannot give its input ${this.times} times`, {
        path: this.path,
        expected: 'a whole number of at least 1',
        received: String(this.times),
      });
    }
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
