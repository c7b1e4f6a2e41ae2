import { add, Module, named, option, optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import type { ActivationAlias, ActivationName } from '../activation/index.js';
import { ConvBNAct } from '../conv-bn-act/conv-bn-act.js';
import { SqueezeExcite } from '../squeeze-excite/squeeze-excite.js';
import { padOption } from '../window/pad.js';

const options = optionsOf(
  'InvertedResidual',
  {
    /** Default: those of the first input. */
    inmaps: option.count.optional,
    outmaps: option.count,
    /** Default 1. */
    stride: option.count.or(1),
    /** How many times more maps there are between. Default 6. */
    expansion: option.numberFrom(1).or(6),
    ...named,
  },
  {
    /** Height and width of the filters of each map. Default 3. */
    size: option.count.or(3),
    /** Padding of these filters. Default `same`, with which torchvision's, where it is 1, differ at a stride of 2. */
    pad: padOption.or('same'),
    /** A kind of `Activation`. Default `clip`, which is ReLU6. */
    activation: option
      .kind<ActivationName | ActivationAlias>('the name of an activation', (value) => typeof value === 'string')
      .or('clip'),
    /** Whether a `SqueezeExcite` with `hardSigmoid` stands behind the filters, as in MobileNetV3. Default false. */
    squeezes: option.flag.or(false),
  },
);
export type InvertedResidualOptions = Given<typeof options>;

/**
 * The block of MobileNetV2: more maps by a convolution of size 1 (`expand`, left out for an expansion of 1), each filtered by
 * itself (`filter`), and mixed into few again without an activation (`project`). Where the shape stays, x is added:
 * y = x + project(filter(expand x)).
 *
 * Gradients are those of the parts, which are `ConvBNAct`.
 *
 * Shapes: `[batch, inmaps, height, width]` to `[batch, outmaps, h, w]` with h = ceil(height / stride). Source: Sandler et al.
 * 2018; with `squeezes`, Howard et al. 2019.
 *
 * @example
 * new InvertedResidual(16, 24, 2);
 * @throws ShapeError when rank or maps of the input are others.
 */
export class InvertedResidual extends Module {
  static override readonly className = 'InvertedResidual';

  readonly inmaps!: number;
  readonly expand!: ConvBNAct | null;
  readonly filter!: ConvBNAct;
  readonly squeeze!: SqueezeExcite | null;
  readonly project!: ConvBNAct;
  /** Whether x is added. */
  readonly keepsShape!: boolean;

  constructor(
    ...given: Arguments<
      [inmaps: number, outmaps: number, stride?: number, expansion?: number, name?: string],
      InvertedResidualOptions
    >
  ) {
    const read = options.arguments(given);
    super(read, read);
    const { inmaps, outmaps, stride, expansion, size, pad, activation, squeezes } = read;
    const between = (inmaps: number) => Math.round(inmaps * expansion);
    this.sized<InvertedResidual>({
      name: 'inmaps',
      given: inmaps,
      of: (shape) => shape[1],
      makes: {
        expand: (inmaps) => {
          const outmaps = between(inmaps);
          return outmaps === inmaps ? null : new ConvBNAct({ inmaps, outmaps, size: 1, activation });
        },
        filter: (inmaps) => {
          const maps = between(inmaps);
          return new ConvBNAct({ inmaps: maps, outmaps: maps, size, stride, pad, groups: maps, activation });
        },
        squeeze: (inmaps) => (squeezes ? new SqueezeExcite({ maps: between(inmaps), gate: 'hardSigmoid' }) : null),
        project: (inmaps) => new ConvBNAct({ inmaps: between(inmaps), outmaps, size: 1, activation: null }),
        keepsShape: (inmaps) => stride === 1 && inmaps === outmaps,
      },
    });
  }

  get #parts(): readonly Module[] {
    return [this.expand, this.filter, this.squeeze, this.project].filter((part) => part !== null);
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return this.#parts.reduce((before, part) => part.dataShapeFrom(before), [...shape]);
  }

  protected override updateData(data: Variable): Variable {
    const y = this.#parts.reduce((x, part) => part.forward(x), data);
    return this.keepsShape ? add(data, y) : y;
  }
}
