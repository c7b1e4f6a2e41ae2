import { Module, mul, named, option, optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { Activation } from '../activation/activation.js';
import { Conv2D } from '../conv-2d/conv-2d.js';
import { GlobalAvgPool2D } from '../global-avg-pool-2d/global-avg-pool-2d.js';

const options = optionsOf(
  'SqueezeExcite',
  {
    /** Default: those of the first input. */
    maps: option.count.optional,
    /** How many times fewer numbers there are between. Default 4. */
    reduction: option.numberFrom(1).or(4),
    ...named,
  },
  {
    /** What makes the factors of the maps: `hardSigmoid` in MobileNetV3. Default `sigmoid`. */
    gate: option.oneOf('sigmoid', 'hardSigmoid').or('sigmoid'),
  },
);
export type SqueezeExciteOptions = Given<typeof options>;

/**
 * Weighs the maps of each image by what all of it shows: y = x gate(expand relu(squeeze mean x)), one factor for each map.
 *
 * `squeeze` and `expand` are convolutions of size 1 over the means of the maps, with max(1, round(maps / reduction)) numbers
 * between; gradients are those of the parts. A few per cent of a network's time, for about one of its errors.
 *
 * Shapes: `[batch, maps, height, width]` to the same. Source: Hu, Shen and Sun 2017; torchvision's `SqueezeExcitation`.
 *
 * @example
 * new SqueezeExcite(64);
 * @throws ShapeError when rank or maps of the input are others.
 */
export class SqueezeExcite extends Module {
  static override readonly className = 'SqueezeExcite';

  readonly maps!: number;
  readonly pool = new GlobalAvgPool2D({ keepDims: true });
  readonly squeeze!: Conv2D;
  readonly act = new Activation('relu');
  readonly expand!: Conv2D;
  readonly gate: Activation;

  constructor(...given: Arguments<[maps?: number, reduction?: number, name?: string], SqueezeExciteOptions>) {
    const read = options.arguments(given);
    super(read, read);
    const { maps, reduction, gate } = read;
    const between = (maps: number) => Math.max(1, Math.round(maps / reduction));
    this.sized<SqueezeExcite>({
      name: 'maps',
      given: maps,
      of: (shape) => shape[1],
      makes: {
        squeeze: (maps) => new Conv2D(maps, between(maps), 1),
        expand: (maps) => new Conv2D(between(maps), maps, 1),
      },
    });
    this.gate = new Activation(gate);
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    this.squeeze.dataShapeFrom(shape); // refuses other maps
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    const squeezed = this.act.forward(this.squeeze.forward(this.pool.forward(data)));
    return mul(data, this.gate.forward(this.expand.forward(squeezed)));
  }
}
