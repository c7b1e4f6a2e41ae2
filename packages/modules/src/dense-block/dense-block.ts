import { concat, Module, named, option, optionsOf, type Arguments, type Given, type Variable } from '@tessera-nn/core';
import { Activation } from '../activation/activation.js';
import { BatchNorm2D } from '../batch-norm-2d/batch-norm-2d.js';
import { Conv2D } from '../conv-2d/conv-2d.js';
import { Dropout } from '../dropout/dropout.js';

const options = optionsOf(
  'DenseBlock',
  {
    inmaps: option.count,
    /** How many maps each layer adds; the growth rate of the paper. */
    growth: option.count,
    /** How many layers there are. */
    layers: option.count,
    ...named,
  },
  {
    /** How many times `growth` maps there are between the two convolutions of a layer. Default 4. */
    bottleneck: option.count.or(4),
    /** The probability of dropping a number behind a layer. Default 0. */
    dropout: option.numberBetween(0, 1).or(0),
  },
);
export type DenseBlockOptions = Given<typeof options>;

/** The parts of a layer, under torchvision's names. */
interface DenseLayer {
  readonly norm1: BatchNorm2D;
  readonly conv1: Conv2D;
  readonly norm2: BatchNorm2D;
  readonly conv2: Conv2D;
}

/**
 * The block of densely connected networks: each layer sees the input and what all layers before it made, and adds a few maps.
 *
 * x_(i+1) = [x_i, conv2 relu norm2 conv1 relu norm1 x_i], where conv1 is of size 1 and conv2 of size 3, neither with a bias.
 * Gradients reach every layer without going through the others.
 *
 * Shapes: `[batch, inmaps, height, width]` to `[batch, inmaps + layers growth, height, width]`. Source: Huang et al. 2016;
 * torchvision's `_DenseBlock`, under whose names the parts are found: `denselayer1.norm1` and so on.
 *
 * @example
 * new DenseBlock(8, 4, 3);
 * @throws ShapeError when rank or maps of the input are others.
 */
export class DenseBlock extends Module {
  static override readonly className = 'DenseBlock';

  readonly growth: number;
  readonly act = new Activation('relu');
  readonly drop: Dropout | null;
  readonly #layers: readonly DenseLayer[];

  constructor(...given: Arguments<[inmaps: number, growth: number, layers: number, name?: string], DenseBlockOptions>) {
    const read = options.arguments(given);
    super(read, read);
    const { inmaps, growth, bottleneck, dropout } = read;
    this.growth = growth;
    this.drop = dropout > 0 ? new Dropout(dropout) : null;
    const between = bottleneck * growth;
    this.#layers = Array.from({ length: read.layers }, (_, i) => ({
      norm1: new BatchNorm2D(inmaps + i * growth),
      conv1: new Conv2D({ inmaps: inmaps + i * growth, outmaps: between, size: 1, useBias: false }),
      norm2: new BatchNorm2D(between),
      conv2: new Conv2D({ inmaps: between, outmaps: growth, size: 3, pad: 1, useBias: false }),
    }));
    Object.assign(this, Object.fromEntries(this.#layers.map((layer, i) => [`denselayer${i + 1}`, layer])));
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const [batch, maps, ...size] = this.#layers[0]!.norm1.dataShapeFrom(shape) as [number, number, ...number[]];
    return [batch, maps + this.#layers.length * this.growth, ...size];
  }

  protected override updateData(data: Variable): Variable {
    return this.#layers.reduce((x, layer) => concat([x, this.#made(layer, x)], 1), data);
  }

  #made({ norm1, conv1, norm2, conv2 }: DenseLayer, x: Variable): Variable {
    const narrow = conv1.forward(this.act.forward(norm1.forward(x)));
    const y = conv2.forward(this.act.forward(norm2.forward(narrow)));
    return this.drop?.forward(y) ?? y;
  }
}
