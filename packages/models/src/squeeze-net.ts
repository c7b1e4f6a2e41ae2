import { Sequential } from '@tessera-nn/containers';
import { optionsOf, type Given } from '@tessera-nn/core';
import { Dropout, GlobalAvgPool2D, MaxPool2D } from '@tessera-nn/modules';
import { branches, conv, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const options = optionsOf('squeezeNet', classifier);
export type SqueezeNetOptions = Given<typeof options>;

/**
 * AlexNet's accuracy with fifty times fewer parameters, 1,235,496; version 1.1.
 *
 * Shapes: `[batch, 3, height, width]`, of 224 pixels in the paper, to scores `[batch, classes]`. Source: Iandola et al. 2016;
 * files of torchvision's `squeezenet1_1` load with `torchvisionNames.squeezeNet`.
 *
 * @example
 * squeezeNet({ classes: 10 });
 */
export function squeezeNet(given: SqueezeNetOptions = {}): Sequential {
  const { classes, inmaps, width, name = 'squeezeNet' } = options.read(given);
  const maps = timesWidth(width);
  const pool = () => new MaxPool2D({ size: 3, stride: 2, ceilMode: true });
  const fire = (squeezed: number, expanded: number) =>
    new Sequential({
      squeeze: conv(maps(squeezed), 1),
      squeezeRelu: relu(),
      expand: branches({ expand1x1: conv(maps(expanded), 1), expand3x3: conv(maps(expanded), 3, { pad: 1 }) }),
      expandRelu: relu(),
    });
  const net = new Sequential(
    {
      features: new Sequential([
        conv(maps(64), 3, { stride: 2 }),
        relu(),
        pool(),
        fire(16, 64),
        fire(16, 64),
        pool(),
        fire(32, 128),
        fire(32, 128),
        pool(),
        fire(48, 192),
        fire(48, 192),
        fire(64, 256),
        fire(64, 256),
      ]),
      classifier: new Sequential([new Dropout(), conv(classes, 1), relu(), new GlobalAvgPool2D()]),
    },
    name,
  );
  return net.build(batchOf(inmaps, 224));
}
