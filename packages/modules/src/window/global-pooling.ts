import { named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { Spatial } from './spatial.js';

const options = optionsOf('A global pooling', {
  /** Whether the result is a pixel for each map rather than a number. Default false. */
  keepDims: option.flag.or(false),
  ...named,
});
export type GlobalPoolingOptions = Given<typeof options>;

/** What poolings over whole maps share. */
export abstract class GlobalPooling extends Spatial {
  readonly keepDims: boolean;

  constructor(...given: Arguments<[keepDims?: boolean, name?: string], GlobalPoolingOptions>) {
    const read = options.arguments(given, new.target.className);
    super(read, read);
    this.keepDims = read.keepDims;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const [batch, maps] = this.checkImages(shape);
    return this.keepDims ? [batch, maps, 1, 1] : [batch, maps];
  }

  override extraRepr(): string {
    return options.changes({ keepDims: this.keepDims }).join(', ');
  }
}
