import { Module, option, ValueError, type ModuleOptions, type Pair } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { brief, shownPair, windowGeometry, windowOf, windowPositions, type Window } from './window.js';

/** The window of all pooling, to be spread into the declaration of options. */
export const poolingWindow = {
  /** Height and width of the window. Default 2. */
  size: option.pairFrom(1).or(2),
  /** Default 2. */
  stride: option.pairFrom(1).or(2),
  /** Rows and columns around the image; smaller than the window. Default 0. */
  pad: option.pairFrom(0).or(0),
};

/** What max and average pooling share: the window, its shape rule and its checks. */
export abstract class Pooling extends Module {
  readonly window: Window;

  constructor(options: ModuleOptions & { size: Pair; stride: Pair; pad: Pair }) {
    super(options, options);
    this.window = windowOf(options);
    if (this.window.pad.some((width, axis) => width >= this.window.size[axis]!)) {
      throw new ValueError(`${this.label}: some windows would see nothing but padding`, {
        path: this.path,
        expected: `a pad smaller than the window of ${shownPair(this.window.size)}`,
        received: shownPair(this.window.pad),
      });
    }
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const shown = shapeText(shape);
    if (shape.length !== 4) {
      throw this.shapeError(`input ${shown} is not a batch of images`, {
        expected: '[batch, maps, height, width]',
        received: shown,
      });
    }
    const fit = windowPositions(shape, this.window);
    if (!fit) {
      throw this.shapeError(`the window is larger than the padded images of ${shown}`, {
        expected: `images that hold a window of ${shownPair(this.window.size)}`,
        received: shown,
        hint: 'Use a smaller window, a larger pad, or fewer poolings before it',
      });
    }
    return [shape[0]!, shape[1]!, ...fit];
  }

  protected geometry() {
    return { ...windowGeometry(this.window), size: this.window.size };
  }

  override extraRepr(): string {
    const { size, stride, pad } = this.window;
    const shown = `size=${shownPair(size)}, stride=${shownPair(stride)}`;
    return brief(pad) === 0 ? shown : `${shown}, pad=${shownPair(pad)}`;
  }
}
