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
import { Conv2D } from '../conv-2d/conv-2d.js';
import { convolutionOptions } from '../convolution/convolution.js';
import { DepthwiseConv2D } from '../depthwise-conv-2d/depthwise-conv-2d.js';
import type { Pad } from '../window/pad.js';

const { stride, pad, ...byName } = convolutionOptions;
const options = optionsOf(
  'SeparableConv2D',
  {
    /** Default: those of the first input. */
    inmaps: option.count.optional,
    outmaps: option.count,
    /** Height and width of the filters. */
    size: option.pairFrom(1),
    ...{ stride, pad },
    ...named,
  },
  {
    ...byName,
    /** How many maps come of each before they are mixed. Default 1. */
    multiplier: option.count.or(1),
  },
);
export type SeparableConv2DOptions = Given<typeof options>;

/**
 * A convolution in two cheap steps: each map by filters of its own (`depthwise`, without a bias), then a mixture of maps at
 * each pixel (`pointwise`).
 *
 * It costs about size^2 times less than a `Conv2D` of as many maps. Gradients are those of its parts. Initially both W by
 * `initscheme`, b zeros.
 *
 * Shapes: `[batch, inmaps, height, width]` to `[batch, outmaps, h, w]`, as for `Conv2D`. `depthwise.W` is
 * `[inmaps multiplier, 1, ...size]`, `pointwise.W` is `[outmaps, inmaps multiplier, 1, 1]`, `pointwise.b` is `[outmaps]`.
 * Source: Keras' `SeparableConv2D`; Chollet 2017, Xception.
 *
 * @example
 * new SeparableConv2D({ inmaps: 16, outmaps: 32, size: 3, pad: 'same' });
 * @throws ShapeError when rank or maps of the input are others, or the filter is larger than the padded image.
 */
export class SeparableConv2D extends Module {
  static override readonly className = 'SeparableConv2D';

  readonly inmaps!: number;
  readonly depthwise!: DepthwiseConv2D;
  readonly pointwise!: Conv2D;

  constructor(
    ...given: Arguments<
      [inmaps: number, outmaps: number, size: Pair, stride?: Pair, pad?: Pad, name?: string],
      SeparableConv2DOptions
    >
  ) {
    const read = options.arguments(given);
    super(read, read);
    const { inmaps, outmaps, size, stride, pad, dilation, multiplier, useBias, wscale, initscheme } = read;
    const [start, window] = [
      { wscale, initscheme },
      { size, stride, pad, dilation },
    ];
    this.sized<SeparableConv2D>({
      name: 'inmaps',
      given: inmaps,
      of: (shape) => shape[1],
      makes: {
        depthwise: (maps) => new DepthwiseConv2D({ maps, ...window, multiplier, useBias: false, ...start }),
        pointwise: (maps) => new Conv2D({ inmaps: maps * multiplier, outmaps, size: 1, useBias, ...start }),
      },
    });
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return this.pointwise.dataShapeFrom(this.depthwise.dataShapeFrom(shape));
  }

  protected override updateData(data: Variable): Variable {
    return this.pointwise.forward(this.depthwise.forward(data));
  }
}
