import { option, ValueError, type ModuleOptions, type Option, type Options } from '@tessera-nn/core';
import { shapeText, shownValue } from '@tessera-nn/core/internal';
import { padOption } from './pad.js';
import { Spatial } from './spatial.js';
import {
  brief,
  briefPad,
  placesOf,
  shownExtent,
  windowOf,
  type Along,
  type Window,
  type WindowMade,
} from './window.js';

/** The window of all pooling, to be spread into the declaration of options, by how a space has numbers and padding. */
export const poolingOver = <Extent, Padding>(extentFrom: (least: number) => Option<Extent>, pad: Option<Padding>) => ({
  window: {
    /** Lengths of the window along the axes. Default 2. */
    size: extentFrom(1).or(2 as Extent & number),
    /** Default 2. */
    stride: extentFrom(1).or(2 as Extent & number),
    /** Places around the input; smaller than the window. Default 0. */
    pad: pad.or(0 as Padding & number),
  },
  /** Further options, which come by name. */
  choices: {
    /** Whether a last window that begins on the input counts although it does not end there. Default false. */
    ceilMode: option.flag.or(false),
    /** Distance between the places that a window sees. Default 1. */
    dilation: extentFrom(1).or(1 as Extent & number),
  },
});

/** Those of poolings of images. */
export const imagePooling = poolingOver(option.pairFrom, padOption);

/** Options as they are printed. */
type Printed = Pick<
  Options<ReturnType<typeof poolingOver>['window'] & ReturnType<typeof poolingOver>['choices']>,
  'changes'
>;

/** What poolings by a window share: its shape rule and its checks. */
export abstract class Pooling extends Spatial {
  readonly window: Window;

  constructor(options: ModuleOptions & WindowMade) {
    super(options, options);
    this.window = windowOf(this.space.axes.length, options);
    const { size, pad, dilation } = this.window;
    if (pad !== 'same' && pad.some((sides, axis) => Math.max(...sides) > dilation[axis]! * (size[axis]! - 1))) {
      throw new ValueError(`${this.label}: some windows would see nothing but padding`, {
        path: this.path,
        expected: `a pad smaller than the window of ${this.#windowText}`,
        received: shownValue(briefPad(pad)),
      });
    }
  }

  get #windowText(): string {
    const [size, dilation] = [this.window.size, this.window.dilation].map(shownExtent);
    return dilation === '1' ? size! : `${size} with dilation ${dilation}`;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    this.checkSpace(shape);
    const fit = placesOf(shape.slice(2), this.window);
    if (!fit) {
      const { plural } = this.space;
      throw this.shapeError(`the window is larger than the padded ${plural} of ${shapeText(shape)}`, {
        expected: `${plural} that hold a window of ${this.#windowText}`,
        received: shapeText(shape),
        hint: 'Use a smaller window, a larger pad, or fewer poolings before it',
      });
    }
    return [...shape.slice(0, 2), ...fit.map(({ places }) => places)];
  }

  /** How the window goes over an input of a shape that `dataShapeFrom` takes. */
  protected alongAxes(shape: readonly number[]): Along[] {
    return placesOf(shape.slice(2), this.window)!;
  }

  /** As it is printed: the window, and what is not the preset. */
  protected textWith(options: Printed, more: object = {}): string {
    const { size, stride, pad, dilation, ceilMode } = this.window;
    const changes = options.changes({ pad: briefPad(pad), dilation: brief(dilation), ceilMode, ...more });
    return [`size=${shownExtent(size)}`, `stride=${shownExtent(stride)}`, ...changes].join(', ');
  }
}
