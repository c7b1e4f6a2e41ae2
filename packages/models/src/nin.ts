import { Sequential } from '@tessera-nn/containers';
import { option, optionsOf, type Given } from '@tessera-nn/core';
import { AvgPool2D, Dropout, GlobalAvgPool2D, MaxPool2D } from '@tessera-nn/modules';
import { conv, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('nin', {
  ...classifier,
  /** How many classes there are. Default 10. */
  classes: option.count.or(10),
});
export type NiNOptions = Given<typeof options>;

/**
 * Network in network for CIFAR: after each convolution two of size 1, and the mean of each of the last maps as a score;
 * 966,986 parameters.
 *
 * Shapes: `[batch, 3, height, width]`, of 32 pixels in the paper, to scores `[batch, 10]`. Source: Lin, Chen and Yan 2013.
 *
 * @example
 * nin({ classes: 100 });
 */
export function nin(given: NiNOptions = {}): Sequential {
  const { classes, inmaps, width, name = 'nin' } = options.read(given);
  const maps = timesWidth(width);
  const net = new Sequential(
    {
      conv1: conv(maps(192), 5, { pad: 2 }),
      relu1: relu(),
      cccp1: conv(maps(160), 1),
      relu2: relu(),
      cccp2: conv(maps(96), 1),
      relu3: relu(),
      pool1: new MaxPool2D({ size: 3, stride: 2, ceilMode: true }),
      drop1: new Dropout(),

      conv2: conv(maps(192), 5, { pad: 2 }),
      relu4: relu(),
      cccp3: conv(maps(192), 1),
      relu5: relu(),
      cccp4: conv(maps(192), 1),
      relu6: relu(),
      pool2: new AvgPool2D({ size: 3, stride: 2, ceilMode: true }),
      drop2: new Dropout(),

      conv3: conv(maps(192), 3, { pad: 1 }),
      relu7: relu(),
      cccp5: conv(maps(192), 1),
      relu8: relu(),
      cccp6: conv(classes, 1),
      relu9: relu(),
      pool3: new GlobalAvgPool2D(),
    },
    name,
  );
  return net.build(batchOf(inmaps, 32));
}
