import { Sequential } from '@tessera-nn/containers';
import { option, optionsOf, type Given } from '@tessera-nn/core';
import { Flatten, Linear, MaxPool2D } from '@tessera-nn/modules';
import { conv, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('leNet', {
  ...classifier,
  /** How many classes there are. Default 10. */
  classes: option.count.or(10),
  /** How many maps the images have. Default 1. */
  inmaps: option.count.or(1),
  /** Height and width of the images. Default 28. */
  size: option.count.or(28),
});
export type LeNetOptions = Given<typeof options>;

/**
 * Two convolutions and two matrices for handwritten digits, 838,858 parameters.
 *
 * Shapes: `[batch, 1, 28, 28]` to scores `[batch, 10]`. Source: LeCun et al. 1998, in the form of PuzzleLib's
 * `loadLeNet`, whose files load.
 *
 * @example
 * leNet().forward(new Variable(new Float32Array(784), { shape: [1, 1, 28, 28] }));
 */
export function leNet(given: LeNetOptions = {}): Sequential {
  const { classes, inmaps, width, size, name = 'lenet-5-like' } = options.read(given);
  const maps = timesWidth(width);
  const net = new Sequential(
    [
      conv(maps(16), 3),
      new MaxPool2D(),
      relu(),
      conv(maps(32), 4),
      new MaxPool2D(),
      relu(),
      new Flatten(),
      new Linear({ outsize: maps(1024), initscheme: 'he' }),
      relu(),
      new Linear({ outsize: classes }),
    ],
    name,
  );
  return net.build(batchOf(inmaps, size));
}
