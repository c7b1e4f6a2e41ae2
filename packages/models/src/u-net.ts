import { Sequential } from '@tessera-nn/containers';
import { option, optionsOf, type AnyModule, type Given } from '@tessera-nn/core';
import { BatchNorm2D, Deconv2D, Identity, MaxPool2D } from '@tessera-nn/modules';
import { branches, conv, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('uNet', {
  ...classifier,
  /** How many classes a pixel may be of; for two, one score will do. Default 1. */
  classes: option.count.or(1),
  /** How many maps the images have. Default 1. */
  inmaps: option.count.or(1),
  /** How often images become half as large and twice as deep. Default 4. */
  depth: option.count.or(4),
  /** Whether a batch normalisation stands behind each convolution, which the paper has not. Default false. */
  normalizes: option.flag.or(false),
});
export type UNetOptions = Given<typeof options>;

/**
 * A score of each class for each pixel: down to small images of many maps and up again, beside the images of the way down;
 * 31,030,593 parameters.
 *
 * Shapes: `[batch, inmaps, height, width]`, both a multiple of 2^depth, to `[batch, classes, height, width]`: convolutions are
 * padded, so that nothing is cropped. Source: Ronneberger, Fischer and Brox 2015.
 *
 * @example
 * uNet({ width: 1 / 8, depth: 3 });
 */
export function uNet(given: UNetOptions = {}): Sequential {
  const { classes, inmaps, width, depth, normalizes, name = 'uNet' } = options.read(given);
  const maps = timesWidth(width);
  const twice = (outmaps: number) =>
    [1, 2].flatMap(() => [conv(outmaps, 3, { pad: 1 }), ...(normalizes ? [new BatchNorm2D()] : []), relu()]);
  /** From here down and back; each level begins and ends with as many maps, the deepest stays there. */
  const level = (depthLeft: number): AnyModule => {
    const outmaps = maps(64) * 2 ** (depth - depthLeft);
    if (depthLeft === 0) return new Sequential(twice(outmaps));
    const below = new Sequential({
      pool: new MaxPool2D(),
      level: level(depthLeft - 1),
      up: new Deconv2D({ outmaps, size: 2, stride: 2, initscheme: 'he' }),
    });
    return new Sequential({
      down: new Sequential(twice(outmaps)),
      both: branches({ across: new Identity(), below }),
      up: new Sequential(twice(outmaps)),
    });
  };
  const net = new Sequential({ level: level(depth), score: conv(classes, 1) }, name);
  return net.build(batchOf(inmaps, 2 ** (depth + 1)));
}
