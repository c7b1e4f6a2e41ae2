import { Module, ValueError, type ModuleOptions } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { pair, shownPair, windowGeometry, windowPositions, type Pair, type Window } from './window.js';

export interface PoolingOptions extends ModuleOptions {
  /** Height and width of the window. Default 2. */
  size?: Pair;
  /** Default 2. */
  stride?: Pair;
  /** Rows and columns around the image; smaller than the window. Default 0. */
  pad?: Pair;
}

/** What max and average pooling share: the window, its shape rule and its checks. */
export abstract class Pooling extends Module {
  readonly window: Window;

  constructor(options: PoolingOptions, blueprint: Record<string, unknown> = {}) {
    const { size = 2, stride = 2, pad = 0 } = options;
    super(options, { size, stride, pad, ...blueprint });
    this.window = {
      size: pair(this, 'size', size, 1),
      stride: pair(this, 'stride', stride, 1),
      pad: pair(this, 'pad', pad, 0),
      dilation: [1, 1],
    };
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
      throw this.shapeError(`input ${shown} is no batch of images`, {
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
    const parts = [`size=${shownPair(size)}, stride=${shownPair(stride)}`];
    if (pad.some((n) => n !== 0)) parts.push(`pad=${shownPair(pad)}`);
    return parts.join(', ');
  }
}
