import { Module, named, option, optionsOf, type Arguments, type Given } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';

const options = optionsOf('A module over an axis', {
  /** Counted from the end where negative. Default 1, the maps. */
  axis: option.whole.or(1),
  ...named,
});
export type OverAxisOptions = Given<typeof options>;

/** A function of the values along one axis, of the same shape. */
export abstract class OverAxis extends Module {
  readonly axis: number;

  constructor(...given: Arguments<[axis?: number, name?: string], OverAxisOptions>) {
    const read = options.arguments(given, new.target.className);
    super(read, read);
    this.axis = read.axis;
  }

  override get gradUsesOutData(): boolean {
    return true;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (this.axis >= -shape.length && this.axis < shape.length) return [...shape];
    throw this.shapeError(`input ${shapeText(shape)} has no axis ${this.axis}`, {
      expected: `at least ${this.axis < 0 ? -this.axis : this.axis + 1} axes`,
      received: shapeText(shape),
    });
  }

  override extraRepr(): string {
    return options.changes({ axis: this.axis }).join(', ');
  }
}
