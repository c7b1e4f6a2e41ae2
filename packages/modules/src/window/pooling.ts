import { option, ValueError, type ModuleOptions, type Pair, type Variable } from '@tessera-nn/core';
import { shapeText, shownValue } from '@tessera-nn/core/internal';
import { OfImages } from './of-images.js';
import { padOption, type Pad } from './pad.js';
import { briefPad, placesOf, shownPair, windowOf, type Window } from './window.js';

/** The window of all pooling, to be spread into the declaration of options. */
export const poolingWindow = {
  /** Height and width of the window. Default 2. */
  size: option.pairFrom(1).or(2),
  /** Default 2. */
  stride: option.pairFrom(1).or(2),
  /** Rows and columns around the image; smaller than the window. Default 0. */
  pad: padOption.or(0),
};

/** Further options of all pooling, which come by name. */
export const poolingChoices = {
  /** Whether a last window that begins on the image counts although it does not end there. Default false. */
  ceilMode: option.flag.or(false),
};

/** What max and average pooling share: the window, its shape rule and its checks. */
export abstract class Pooling extends OfImages {
  readonly window: Window;

  constructor(options: ModuleOptions & { size: Pair; stride: Pair; pad: Pad; ceilMode: boolean }) {
    super(options, options);
    this.window = windowOf(options);
    const { size, pad } = this.window;
    if (pad !== 'same' && pad.some((sides, axis) => Math.max(...sides) >= size[axis]!)) {
      throw new ValueError(`${this.label}: some windows would see nothing but padding`, {
        path: this.path,
        expected: `a pad smaller than the window of ${shownPair(size)}`,
        received: shownValue(briefPad(pad)),
      });
    }
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const [batch, maps] = this.checkImages(shape);
    const fit = placesOf(shape, this.window);
    if (!fit) {
      throw this.shapeError(`the window is larger than the padded images of ${shapeText(shape)}`, {
        expected: `images that hold a window of ${shownPair(this.window.size)}`,
        received: shapeText(shape),
        hint: 'Use a smaller window, a larger pad, or fewer poolings before it',
      });
    }
    return [batch, maps, ...fit.places];
  }

  /** How the window goes over images that `dataShapeFrom` takes. */
  protected geometryFor({ shape }: Variable) {
    const { strides, pads, dilations, beyond } = placesOf(shape, this.window)!;
    return { geometry: { strides, pads, dilations, size: this.window.size }, beyond };
  }

  override extraRepr(): string {
    const { size, stride, pad, ceilMode } = this.window;
    const parts = [`size=${shownPair(size)}`, `stride=${shownPair(stride)}`];
    if (briefPad(pad) !== 0) parts.push(`pad=${shownValue(briefPad(pad))}`);
    if (ceilMode) parts.push('ceilMode=true');
    return parts.join(', ');
  }
}
