import { Sequential } from '@tessera-nn/containers';
import { optionsOf, type Given } from '@tessera-nn/core';
import { ConvBNAct, DepthwiseConv2D, Dropout, GlobalAvgPool2D, InvertedResidual, Linear } from '@tessera-nn/modules';
import { convForNorm, norm, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('mobileNet', classifier);
export type MobileNetOptions = Given<typeof options>;

/**
 * A convolution, and thirteen pairs of filters of single maps and mixtures of maps, 4,231,976 parameters.
 *
 * Shapes: `[batch, 3, height, width]`, of 224 pixels in the paper, to scores `[batch, classes]`. Source: Howard et al. 2017.
 *
 * @example
 * mobileNetV1({ classes: 10, width: 1 / 4 });
 */
export function mobileNetV1(given: MobileNetOptions = {}): Sequential {
  const { classes, inmaps, width, name = 'mobileNetV1' } = options.read(given, 'mobileNetV1');
  const maps = timesWidth(width);
  const pair = (outmaps: number, stride: number) => [
    new DepthwiseConv2D({ size: 3, stride, pad: 'same', useBias: false }),
    norm(),
    relu(),
    convForNorm(maps(outmaps), 1),
    norm(),
    relu(),
  ];
  const net = new Sequential(
    {
      conv: convForNorm(maps(32), 3, { stride: 2, pad: 'same' }),
      norm: norm(),
      relu: relu(),
      pairs: new Sequential([
        ...pair(64, 1),
        ...pair(128, 2),
        ...pair(128, 1),
        ...pair(256, 2),
        ...pair(256, 1),
        ...pair(512, 2),
        ...Array.from({ length: 5 }, () => pair(512, 1)).flat(),
        ...pair(1024, 2),
        ...pair(1024, 1),
      ]),
      pool: new GlobalAvgPool2D(),
      fc: new Linear({ outsize: classes }),
    },
    name,
  );
  return net.build(batchOf(inmaps, 224));
}

/** The maps of a MobileNetV2 are multiples of this, and not more than a tenth fewer than was asked for. */
const DIVISOR = 8;

function divisible(maps: number): number {
  const rounded = Math.max(DIVISOR, Math.floor((maps + DIVISOR / 2) / DIVISOR) * DIVISOR);
  return rounded < 0.9 * maps ? rounded + DIVISOR : rounded;
}

/**
 * Seventeen inverted residual blocks, 3,504,872 parameters.
 *
 * Shapes: `[batch, 3, height, width]`, of 224 pixels in the paper, to scores `[batch, classes]`. Source: Sandler et al. 2018; files
 * of torchvision's `mobilenet_v2` load with `torchvisionNames.mobileNetV2`.
 *
 * @example
 * mobileNetV2({ classes: 10, width: 0.35 });
 */
export function mobileNetV2(given: MobileNetOptions = {}): Sequential {
  const { classes, inmaps, width, name = 'mobileNetV2' } = options.read(given, 'mobileNetV2');
  const maps = (count: number) => divisible(count * width);
  /** Expansion, maps, how many blocks, and the stride of the first, as in table 2 of the paper. */
  const table = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  const blocks = table.flatMap(([expansion, outmaps, count, stride]) =>
    Array.from({ length: count }, (_, i) => {
      return new InvertedResidual({ outmaps: maps(outmaps), stride: i === 0 ? stride : 1, expansion, pad: 1 });
    }),
  );
  const last = divisible(1280 * Math.max(1, width));
  const net = new Sequential(
    {
      features: new Sequential([
        new ConvBNAct({ outmaps: maps(32), size: 3, stride: 2, pad: 1, activation: 'clip' }),
        ...blocks,
        new ConvBNAct({ outmaps: last, size: 1, activation: 'clip' }),
      ]),
      pool: new GlobalAvgPool2D(),
      classifier: new Sequential([new Dropout(0.2), new Linear({ outsize: classes })]),
    },
    name,
  );
  return net.build(batchOf(inmaps, 224));
}
