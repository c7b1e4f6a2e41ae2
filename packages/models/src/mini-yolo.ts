import { Sequential } from '@tessera-nn/containers';
import { option, optionsOf, type AnyModule, type Given } from '@tessera-nn/core';
import { Activation, Flatten, Linear, MaxPool2D } from '@tessera-nn/modules';
import { conv, relu } from './layers.js';
import { batchOf, classifier, timesWidth } from './model-options.js';

const { inmaps, width, name } = classifier;
const options = optionsOf('miniYolo', {
  /** How many numbers it returns: 7 times 7 places with two boxes of 5 numbers and 20 classes are 1470. Default 1470. */
  outsize: option.count.or(1470),
  inmaps,
  width,
  /** Height and width of the images. Default 448. */
  size: option.count.or(448),
  name,
});
export type MiniYoloOptions = Given<typeof options>;

/** Sizes and maps of the convolutions of each part, and of a stride where it is not 1; a pooling ends all but the last two. */
const parts: readonly (readonly (readonly [size: number, maps: number, stride?: number])[])[] = [
  [[7, 64, 2]],
  [[3, 192]],
  [
    [1, 128],
    [3, 256],
    [1, 256],
    [3, 512],
  ],
  [...Array.from({ length: 4 }, () => [[1, 256], [3, 512]] as const).flat(), [1, 512], [3, 1024]], // prettier-ignore
  [
    ...Array.from({ length: 2 }, () => [[1, 512], [3, 1024]] as const).flat(), // prettier-ignore
    [3, 1024],
    [3, 1024, 2],
    [3, 1024],
    [3, 1024],
  ],
];

/**
 * Twenty-four convolutions and three matrices that say at once what is where in an image, 93,970,430 parameters.
 *
 * Shapes: `[batch, 3, 448, 448]` to `[batch, outsize]`. Source: Redmon et al. 2015; layers and names of PuzzleLib's
 * `loadMiniYolo`.
 *
 * @example
 * miniYolo({ outsize: 49 * 7, width: 1 / 16, size: 128 });
 */
export function miniYolo(given: MiniYoloOptions = {}): Sequential {
  const { outsize, inmaps, width, size, name = 'miniYolo' } = options.read(given);
  const maps = timesWidth(width);
  const layers: [string, AnyModule][] = [];
  let count = 0;
  for (const [place, part] of parts.entries()) {
    for (const [window, outmaps, stride = 1] of part) {
      count++;
      layers.push(
        [`conv${count}`, conv(maps(outmaps), window, { stride, pad: Math.floor(window / 2) })],
        [`relu${count}`, new Activation('leakyRelu')],
      );
    }
    if (place < parts.length - 1) layers.push([`pool${place + 1}`, new MaxPool2D()]);
  }
  const matrix = (outsize: number) => new Linear({ outsize, initscheme: 'he' });
  const net = new Sequential(
    {
      ...Object.fromEntries(layers),
      flatten: new Flatten(),
      fc25: matrix(maps(512)),
      relu25: relu(),
      fc26: matrix(maps(4096)),
      relu26: relu(),
      fc27: new Linear({ outsize }),
    },
    name,
  );
  return net.build(batchOf(inmaps, size));
}
