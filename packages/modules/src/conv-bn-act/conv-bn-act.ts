import {
  Module,
  named,
  option,
  optionsOf,
  type Arguments,
  type Given,
  type Pair,
  type Variable,
} from '@tessera-nn/core';
import { Activation } from '../activation/activation.js';
import type { ActivationAlias, ActivationName } from '../activation/index.js';
import { BatchNorm2D } from '../batch-norm-2d/batch-norm-2d.js';
import { Conv2D } from '../conv-2d/conv-2d.js';
import { padOption } from '../window/pad.js';

const options = optionsOf(
  'ConvBNAct',
  {
    /** Default: those of the first input. */
    inmaps: option.count.optional,
    outmaps: option.count,
    /** Height and width of the filter. */
    size: option.pairFrom(1),
    /** Default 1. */
    stride: option.pairFrom(1).or(1),
    ...named,
  },
  {
    /** Default `same`: the size of the images divided by the stride. */
    pad: padOption.or('same'),
    /** Default 1. */
    dilation: option.pairFrom(1).or(1),
    /** Default 1. */
    groups: option.count.or(1),
    /** A kind of `Activation`, or null for none. Default `relu`. */
    activation: option
      .kind<ActivationName | ActivationAlias | null>(
        'the name of an activation, or null',
        (value) => value === null || typeof value === 'string',
      )
      .or('relu'),
  },
);
export type ConvBNActOptions = Given<typeof options>;

/**
 * A convolution without a bias, a batch normalisation and an activation: what most networks for images are made of.
 *
 * y = act(norm(conv x)); gradients are those of the parts, `conv`, `norm` and `act`.
 *
 * Shapes: `[batch, inmaps, height, width]` to `[batch, outmaps, h, w]`, with h = ceil(height / stride) unless another pad is
 * given. Source: Ioffe and Szegedy 2015; torchvision's `Conv2dNormActivation`.
 *
 * @example
 * new ConvBNAct(3, 16, 3, 2);
 * @throws ShapeError and ValueError where its parts do.
 */
export class ConvBNAct extends Module {
  static override readonly className = 'ConvBNAct';

  readonly inmaps!: number;
  readonly conv!: Conv2D;
  readonly norm: BatchNorm2D;
  readonly act: Activation | null;

  constructor(
    ...given: Arguments<[inmaps: number, outmaps: number, size: Pair, stride?: Pair, name?: string], ConvBNActOptions>
  ) {
    const read = options.arguments(given);
    super(read, read);
    const { activation, name: _, ...conv } = read;
    this.sized<ConvBNAct>({
      name: 'inmaps',
      given: read.inmaps,
      of: (shape) => shape[1],
      makes: { conv: (inmaps) => new Conv2D({ ...conv, inmaps, useBias: false }) },
    });
    this.norm = new BatchNorm2D(read.outmaps);
    this.act = activation === null ? null : new Activation(activation);
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return this.norm.dataShapeFrom(this.conv.dataShapeFrom(shape));
  }

  protected override updateData(data: Variable): Variable {
    const y = this.norm.forward(this.conv.forward(data));
    return this.act ? this.act.forward(y) : y;
  }
}
