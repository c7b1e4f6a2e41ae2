import { option, pad, type ModuleOptions, type Variable } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { Spatial } from '../window/spatial.js';
import type { Sides } from '../window/pad.js';

/** How there is more around an input, to be spread into the declaration of options. */
export const paddingOptions = {
  /** A number; the inside mirrored at its last values; these values (PyTorch: replicate); or its other end. Default `constant`. */
  mode: option.oneOf('constant', 'reflect', 'edge', 'circular').or('constant'),
  /** The number of `constant`. Default 0. */
  fillValue: option.number.or(0),
};

type Mode = 'constant' | 'reflect' | 'edge' | 'circular';

/** More around each map, along any axes. */
export abstract class Padding extends Spatial {
  readonly sides: readonly Sides[];
  readonly mode: Mode;
  readonly fillValue: number;

  constructor(options: ModuleOptions & { mode: Mode; fillValue: number }, sides: readonly Sides[]) {
    super(options, options);
    [this.sides, this.mode, this.fillValue] = [sides, options.mode, options.fillValue];
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    this.checkSpace(shape);
    const [batch, maps, ...lengths] = shape as [number, number, ...number[]];
    const found = {
      constant: () => Infinity,
      reflect: (n: number) => n - 1,
      edge: () => Infinity,
      circular: (n: number) => n,
    };
    if (lengths.some((length, axis) => Math.max(...this.sides[axis]!) > found[this.mode](length))) {
      throw this.shapeError(`there is not as much inside ${shapeText(shape)} as goes around it`, {
        expected: `${this.space.plural} larger than the pad`,
        received: shapeText(shape),
        hint: "Use the mode 'edge', or a smaller pad",
      });
    }
    return [batch, maps, ...lengths.map((length, axis) => length + this.sides[axis]![0] + this.sides[axis]![1])];
  }

  protected override updateData(data: Variable): Variable {
    return pad(data, [[0, 0], [0, 0], ...this.sides], { mode: this.mode, value: this.fillValue });
  }
}
