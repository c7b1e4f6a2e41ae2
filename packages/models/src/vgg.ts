import { Sequential } from '@tessera-nn/containers';
import { optionsOf, type Given } from '@tessera-nn/core';
import { AdaptiveAvgPool2D, Dropout, Flatten, Linear, MaxPool2D } from '@tessera-nn/modules';
import { conv, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('vgg', classifier);
export type VGGOptions = Given<typeof options>;

/** The maps of each convolution, in the blocks that a pooling ends. */
const blocks = {
  vgg11: [[64], [128], [256, 256], [512, 512], [512, 512]],
  vgg16: [
    [64, 64],
    [128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [512, 512, 512],
  ],
} as const;

/**
 * Eight convolutions of size 3 and three matrices, 132,863,336 parameters; most are in the first matrix.
 *
 * Shapes: `[batch, 3, height, width]` from 32 pixels on, 224 in the paper, to scores `[batch, classes]`. Source: Simonyan and
 * Zisserman 2014; names are those of torchvision's `vgg11`.
 *
 * @example
 * vgg11({ classes: 10, width: 1 / 16 });
 */
export const vgg11 = (given: VGGOptions = {}): Sequential => vgg('vgg11', given);

/** The same with 13 convolutions, 138,357,544 parameters. Names are those of torchvision's `vgg16`. */
export const vgg16 = (given: VGGOptions = {}): Sequential => vgg('vgg16', given);

function vgg(kind: keyof typeof blocks, given: VGGOptions): Sequential {
  const { classes, inmaps, width, name = kind } = options.read(given, kind);
  const maps = timesWidth(width);
  const features = blocks[kind].flatMap((block) => [
    ...block.flatMap((outmaps) => [conv(maps(outmaps), 3, { pad: 1 }), relu()]),
    new MaxPool2D(),
  ]);
  const hidden = () => [new Linear({ outsize: maps(4096), initscheme: 'he' }), relu(), new Dropout()];
  const net = new Sequential(
    {
      features: new Sequential(features),
      avgpool: new AdaptiveAvgPool2D(7),
      flatten: new Flatten(),
      classifier: new Sequential([...hidden(), ...hidden(), new Linear({ outsize: classes })]),
    },
    name,
  );
  return net.build(batchOf(inmaps, 224));
}
