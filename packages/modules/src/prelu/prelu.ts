import { named, option, optionsOf, ValueError, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { LearnedRectifier } from './learned-rectifier.js';
import { init, learnedSlopes, placement, slopeOptions } from './slope-options.js';

const options = optionsOf(
  'PRelu',
  {
    /** How many slopes: the size of the input on `axis`. Default: that of the first input; 1 for `sharedMaps`. */
    maps: option.count.optional,
    /** Writes the result over the input; there is no gradient through it then. Default false. */
    inplace: option.flag.or(false),
    /** One slope for everything. Default false. */
    sharedMaps: option.flag.or(false),
    ...named,
  },
  { init, ...placement, ...slopeOptions },
);
export type PReluOptions = Given<typeof options>;

/**
 * Leaky rectifier that learns its slopes: y = x for x > 0, y = slope x for the rest.
 *
 * dx = g for x > 0 and slope g for the rest, so the slope is the gradient at 0; dslope = sum of g x over x <= 0. Both
 * select and never multiply by a mask: infinities and the sign of zero come out right, NaN stays NaN.
 *
 * Shapes: any rank from 2, `[batch, maps, ...]` to the same; with `sharedMaps` any rank from 0. `slopes` is `[maps]`,
 * `[1]` when shared, or `shape` with the shared axes of size 1. Slopes are exempt from weight decay.
 *
 * Source: He et al., "Delving Deep into Rectifiers", 2015; names and defaults of PuzzleLib's `PRelu`. PyTorch's signature
 * is that of `PReLU`. Keras' options are here and there; its axes are ours, `[batch, maps, height, width]`: Keras'
 * `shared_axes=[1, 2]` on images is `sharedAxes: [2, 3]`.
 *
 * @example
 * const activation = new PRelu(3);
 * console.log(String(activation.slopes)); // [0.25 0.25 0.25]
 * @throws ShapeError when the input has another count of maps, ModuleError for a gradient through `inplace`.
 */
export class PRelu extends LearnedRectifier {
  static override readonly className = 'PRelu';

  readonly maps!: number;
  readonly sharedMaps: boolean;
  slopes!: Variable;
  readonly #inplace: boolean;

  constructor(
    ...given: Arguments<[maps?: number, inplace?: boolean, sharedMaps?: boolean, name?: string], PReluOptions>
  ) {
    const read = options.arguments(given);
    const { maps, sharedMaps, shape, inplace } = read;
    super(read, { ...read, device: null });
    if (shape && sharedMaps) {
      throw new ValueError(`${this.label}: a table of slopes is not shared as a whole`, {
        path: this.path,
        expected: 'shape or sharedMaps',
        received: 'both',
      });
    }
    this.sharedMaps = sharedMaps;
    this.#inplace = inplace;
    this.sized<PRelu>({
      name: 'maps',
      given: maps ?? (sharedMaps || shape ? 1 : undefined),
      of: (input) => input.at(this.axis),
      makes: {
        slopes: (maps) => learnedSlopes('slopes', this.table?.shape ?? [sharedMaps ? 1 : maps], read),
      },
    });
  }

  override get inplace(): boolean {
    return this.#inplace;
  }

  protected override get learned(): Variable {
    return this.slopes;
  }

  protected override get advice() {
    return { shared: 'sharedMaps', sized: (maps: number) => `new PRelu({ maps: ${maps} })` };
  }

  protected override get countText(): string {
    return this.sharedMaps ? '1' : `${this.shown('maps')}`;
  }

  override extraRepr(): string {
    const { sharedMaps, inplace } = this;
    return [super.extraRepr(), ...options.changes({ sharedMaps, inplace })].join(', ');
  }
}
