// The pictures of README.md.
import { drawGraph } from '@tessera-nn/visual';
import { Activation, Conv2D, Flatten, Linear, MaxPool2D, Sequential } from 'tessera-nn';

/** The network of README.md's sample, by the file of its picture. */
export function pictures(): Readonly<Record<string, string>> {
  const net = new Sequential([
    new Conv2D(1, 8, 3),
    new MaxPool2D(2),
    new Activation('relu'),
    new Flatten(),
    new Linear(8 * 13 * 13, 10),
  ]);
  return {
    'docs/pictures/network.svg': drawGraph(net, { shape: [64, 1, 28, 28], direction: 'right', title: 'net' }).toSvg(),
  };
}
