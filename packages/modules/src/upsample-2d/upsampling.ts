import { option, type ModuleOptions, type Options, type Variable } from '@tessera-nn/core';
import { overImages } from '../window/over-images.js';
import { Spatial } from '../window/spatial.js';
import { onAxes, shownExtent, type Extent } from '../window/window.js';
import { upsample, type Placing } from './upsample-2d.op.js';

/** Options of all upsampling that come by name. */
export const upsamplingChoices = {
  /** For linear: whether corners lie on corners, or pixels are squares of which the middles count. Default true. */
  alignCorners: option.flag.or(true),
};

/** What makes an upsampling. */
interface Made extends ModuleOptions {
  scale: Extent;
  mode: string;
  alignCorners: boolean;
}

/** Larger inputs of the same maps, along any axes. */
export abstract class Upsampling extends Spatial {
  readonly scale: readonly number[];
  readonly placing: Placing;

  constructor(options: Made) {
    super(options, options);
    const { scale, mode, alignCorners } = options;
    this.scale = onAxes(this.space.axes.length, scale);
    this.placing = mode === 'nearest' ? mode : alignCorners ? 'corners' : 'middles';
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    this.checkSpace(shape);
    return [...shape.slice(0, 2), ...this.scale.map((times, axis) => shape[axis + 2]! * times)];
  }

  protected override updateData(data: Variable): Variable {
    const { placing } = this;
    return overImages(data, this.scale, 1, (images, down, across) =>
      upsample(images, { scale: [down, across], placing }),
    );
  }

  /** As it is printed, with what the space calls linear. */
  protected textWith(options: Pick<Options<typeof upsamplingChoices>, 'changes'>, linear: string): string {
    const { placing } = this;
    const changes = options.changes({
      mode: placing === 'nearest' ? placing : linear,
      alignCorners: placing !== 'middles',
    });
    return [`scale=${shownExtent(this.scale)}`, ...changes].join(', ');
  }
}
