import { option, type ModuleOptions, type Variable } from '@tessera-nn/core';
import { overImages } from '../window/over-images.js';
import { Pooling } from '../window/pooling.js';
import { ALONE, type WindowMade } from '../window/window.js';
import { meanOver } from './mean-over.js';

/** Whether padding counts as zeros; else a window is divided by the places of the input it sees. Default true. */
export const includePad = option.flag.or(true);

/** The mean of each window, along any axes. */
export abstract class AvgPooling extends Pooling {
  readonly includePad: boolean;

  constructor(options: ModuleOptions & WindowMade & { includePad: boolean }) {
    super(options);
    this.includePad = options.includePad;
  }

  protected override updateData(data: Variable): Variable {
    const { includePad } = this;
    return overImages(data, this.alongAxes(data.shape), ALONE, (images, rows, columns) =>
      meanOver(images, rows, columns, includePad),
    );
  }
}
