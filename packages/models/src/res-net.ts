import { Sequential } from '@tessera-nn/containers';
import { option, optionsOf, type Given } from '@tessera-nn/core';
import { GlobalAvgPool2D, Identity, Linear, MaxPool2D, Residual } from '@tessera-nn/modules';
import { convForNorm, norm, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('resNet', {
  ...classifier,
  /**
   * How it begins: `imagenet` with a convolution of size 7 and a pooling, which together make images four times smaller;
   * `cifar`, for small images, with a convolution of size 3. Default `imagenet`.
   */
  stem: option.oneOf('imagenet', 'cifar').or('imagenet'),
});
export type ResNetOptions = Given<typeof options>;

/** A stage: the maps of its blocks, and how many there are. Each but the first halves the images. */
type Stage = readonly [maps: number, blocks: number];
type Block = (maps: number, stride: number, shortcut: Sequential | null) => Residual;

const basic: Block = (maps, stride, shortcut) =>
  new Residual(
    new Sequential({
      conv1: convForNorm(maps, 3, { stride, pad: 1 }),
      bn1: norm(),
      relu: relu(),
      conv2: convForNorm(maps, 3, { pad: 1 }),
      bn2: norm(),
    }),
    { shortcut, activation: relu() },
  );

/** How many times more maps a bottleneck returns. */
const EXPANSION = 4;

const bottleneck: Block = (maps, stride, shortcut) =>
  new Residual(
    new Sequential({
      conv1: convForNorm(maps, 1),
      bn1: norm(),
      relu1: relu(),
      conv2: convForNorm(maps, 3, { stride, pad: 1 }),
      bn2: norm(),
      relu2: relu(),
      conv3: convForNorm(maps * EXPANSION, 1),
      bn3: norm(),
    }),
    { shortcut, activation: relu() },
  );

/**
 * Eight residual blocks of two convolutions, 11,689,512 parameters.
 *
 * Shapes: `[batch, 3, height, width]`, of 224 pixels in the paper, to scores `[batch, classes]`. Source: He et al. 2015; files of
 * torchvision's `resnet18` load with `torchvisionNames.resNet`.
 *
 * @example
 * resNet18({ classes: 10, width: 1 / 4, stem: 'cifar' });
 */
export const resNet18 = (given: ResNetOptions = {}): Sequential =>
  resNet('resNet18', given, basic, [
    [64, 2],
    [128, 2],
    [256, 2],
    [512, 2],
  ]);

/**
 * Sixteen residual blocks of three convolutions, 25,557,032 parameters. As in torchvision's `resnet50` the convolution of size
 * 3 has the stride, which in the paper and in PuzzleLib the first of size 1 has.
 */
export const resNet50 = (given: ResNetOptions = {}): Sequential =>
  resNet('resNet50', given, bottleneck, [
    [64, 3],
    [128, 4],
    [256, 6],
    [512, 3],
  ]);

function resNet(kind: string, given: ResNetOptions, block: Block, stages: readonly Stage[]): Sequential {
  const { classes, inmaps, width, stem, name = kind } = options.read(given, kind);
  const maps = timesWidth(width);
  const forSmall = stem === 'cifar';
  const layers = stages.map(([count, blocks], stage) => {
    const stride = stage === 0 ? 1 : 2;
    const outmaps = maps(count) * (block === bottleneck ? EXPANSION : 1);
    const changes = stride > 1 || block === bottleneck;
    const shortcut = changes ? new Sequential([convForNorm(outmaps, 1, { stride }), norm()]) : null;
    const rest = Array.from({ length: blocks - 1 }, () => block(maps(count), 1, null));
    return [`layer${stage + 1}`, new Sequential([block(maps(count), stride, shortcut), ...rest])] as const;
  });
  const net = new Sequential(
    {
      conv1: forSmall ? convForNorm(maps(64), 3, { pad: 1 }) : convForNorm(maps(64), 7, { stride: 2, pad: 3 }),
      bn1: norm(),
      relu: relu(),
      maxpool: forSmall ? new Identity() : new MaxPool2D({ size: 3, stride: 2, pad: 1 }),
      ...Object.fromEntries(layers),
      avgpool: new GlobalAvgPool2D(),
      fc: new Linear({ outsize: classes }),
    },
    name,
  );
  return net.build(batchOf(inmaps, forSmall ? 32 : 224));
}
