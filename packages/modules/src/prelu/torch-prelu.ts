import { named, option, optionsOf, ValueError, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { LearnedRectifier } from './learned-rectifier.js';
import { init, learnedSlopes, placement, slopeOptions } from './slope-options.js';

const options = optionsOf(
  'PReLU',
  {
    /** 1 for one slope for everything, or the count of maps. Default 1. */
    numParameters: option.count.or(1),
    init,
  },
  { ...placement, ...named, ...slopeOptions },
);
export type PReLUOptions = Given<typeof options>;

/**
 * Leaky rectifier that learns its slopes, as PyTorch, MegEngine and Lucid make it: y = x for x > 0, y = weight x for the
 * rest. Gradients and special values are those of `PRelu`, which is PuzzleLib's.
 *
 * Shapes: any to the same where `numParameters` is 1; otherwise `[batch, numParameters, ...]`. `weight` is
 * `[numParameters]`, or `shape` with the shared axes of size 1. It is exempt from weight decay.
 *
 * @example
 * const activation = new PReLU(3, 0.1);
 * console.log(String(activation.weight)); // [0.1 0.1 0.1]
 * @throws ShapeError when the input has another count of maps.
 */
export class PReLU extends LearnedRectifier {
  static override readonly className = 'PReLU';

  readonly numParameters: number;
  readonly sharedMaps: boolean;
  weight: Variable;

  constructor(...given: Arguments<[numParameters?: number, init?: PReLUOptions['init']], PReLUOptions>) {
    const read = options.arguments(given);
    const { numParameters, shape } = read;
    super(read, { ...read, device: null });
    if (shape && numParameters !== 1) {
      throw new ValueError(`${this.label}: the shape of a sample says how many slopes there are`, {
        path: this.path,
        expected: 'shape or numParameters',
        received: 'both',
      });
    }
    this.numParameters = numParameters;
    this.sharedMaps = numParameters === 1;
    this.weight = learnedSlopes('weight', this.table?.shape ?? [numParameters], read);
  }

  protected override get learned(): Variable {
    return this.weight;
  }

  protected override get advice() {
    return { shared: 'new PReLU()', sized: (maps: number) => `new PReLU(${maps})` };
  }
}
