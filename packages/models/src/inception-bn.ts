import { Sequential } from '@tessera-nn/containers';
import { optionsOf, type Given } from '@tessera-nn/core';
import { AvgPool2D, GlobalAvgPool2D, Linear, MaxPool2D } from '@tessera-nn/modules';
import { branches, convForNorm, norm, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('inceptionBN', classifier);
export type InceptionBNOptions = Given<typeof options>;

/**
 * Blocks of filters of several sizes side by side, all behind batch normalisations.
 *
 * Shapes: `[batch, 3, height, width]`, of 224 pixels in the paper, to scores `[batch, classes]`. Source: Ioffe and Szegedy 2015;
 * layers and sizes of PuzzleLib's `loadInceptionBN`.
 *
 * @example
 * inceptionBN({ classes: 10, width: 1 / 8 });
 */
export function inceptionBN(given: InceptionBNOptions = {}): Sequential {
  const { classes, inmaps, width, name = 'inceptionBN' } = options.read(given);
  const maps = timesWidth(width);
  const layer = (outmaps: number, size: number, stride = 1) => [
    convForNorm(maps(outmaps), size, { stride, pad: Math.floor(size / 2) }),
    norm(),
    relu(),
  ];
  /** The maps of convolutions of size 3 behind one of size 1, as `64, 96, 96`. */
  const tower = ([first, ...others]: readonly number[], stride = 1) =>
    new Sequential([
      ...layer(first!, 1),
      ...others.flatMap((outmaps, i) => layer(outmaps, 3, i === others.length - 1 ? stride : 1)),
    ]);
  const mixed = (b1: number, b2: readonly number[], b3: readonly number[], b4: number) =>
    branches({
      b1: tower([b1]),
      b2: tower(b2),
      b3: tower(b3),
      b4: new Sequential([new AvgPool2D({ size: 3, stride: 1, pad: 1 }), ...layer(b4, 1)]),
    });
  const shrink = (b1: readonly number[], b2: readonly number[]) =>
    branches({ b1: tower(b1, 2), b2: tower(b2, 2), b3: new MaxPool2D({ size: 3, stride: 2, pad: 1 }) });
  const pool = () => new MaxPool2D({ size: 3, stride: 2, pad: 1 });

  const net = new Sequential(
    {
      conv1: new Sequential(layer(64, 7, 2)),
      pool1: pool(),
      conv2: new Sequential([...layer(64, 1), ...layer(192, 3)]),
      pool2: pool(),
      mixed3a: mixed(64, [64, 64], [64, 96, 96], 32),
      mixed3b: mixed(64, [64, 96], [64, 96, 96], 64),
      mixed3c: shrink([128, 160], [64, 96, 96]),
      mixed4a: mixed(224, [64, 96], [96, 128, 128], 128),
      mixed4b: mixed(192, [96, 128], [96, 128, 128], 128),
      mixed4c: mixed(160, [128, 160], [128, 160, 160], 128),
      mixed4d: mixed(96, [128, 192], [160, 192, 192], 128),
      mixed4e: shrink([128, 192], [192, 256, 256]),
      mixed5a: mixed(352, [192, 320], [160, 224, 224], 128),
      mixed5b: mixed(352, [192, 320], [192, 224, 224], 128),
      pool: new GlobalAvgPool2D(),
      fc: new Linear({ outsize: classes }),
    },
    name,
  );
  return net.build(batchOf(inmaps, 224));
}
