import {
  concat,
  named,
  option,
  optionsOf,
  slice,
  type Arguments,
  type Given,
  type Pair,
  type Variable,
} from '@tessera-nn/core';
import { Spatial } from './spatial.js';
import type { PoolGeometry } from './pool-geometry.js';
import { shownExtent } from './window.js';

const options = optionsOf('An adaptive pooling', {
  /** Height and width of the result. */
  size: option.pairFrom(1),
  ...named,
});
export type AdaptivePoolingOptions = Given<typeof options>;

/** Some pixels along an axis. */
interface Span {
  from: number;
  count: number;
}

/** The windows along an axis: from floor(i length / count) to ceil((i + 1) length / count). */
const spansOf = (length: number, count: number): Span[] =>
  Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * length) / count);
    return { from, count: Math.ceil(((i + 1) * length) / count) - from };
  });

/** The stride at which windows of one size stand, if they do. */
function strideOf(spans: readonly Span[]): number | undefined {
  const stride = spans.length > 1 ? spans[1]!.from : 1;
  const isEven = stride > 0 && spans.every(({ from, count }, i) => from === i * stride && count === spans[0]!.count);
  return isEven ? stride : undefined; // one pixel in every window is no stride
}

/** Poolings whose windows follow from the size of their result. */
export abstract class AdaptivePooling extends Spatial {
  readonly size: readonly [number, number];

  constructor(...given: Arguments<[size: Pair, name?: string], AdaptivePoolingOptions>) {
    const read = options.arguments(given, new.target.className);
    super(read, read);
    this.size = typeof read.size === 'number' ? [read.size, read.size] : read.size;
  }

  /** One value for each window, all of them on the image. */
  protected abstract pool(x: Variable, geometry: PoolGeometry): Variable;

  override dataShapeFrom(shape: readonly number[]): number[] {
    const [batch, maps] = this.checkImages(shape);
    return [batch, maps, ...this.size];
  }

  protected override updateData(data: Variable): Variable {
    const [, , height, width] = this.checkImages(data.shape);
    const [rows, columns] = [spansOf(height, this.size[0]), spansOf(width, this.size[1])];
    const strides = [strideOf(rows), strideOf(columns)] as const;
    const whole = (x: Variable, size: readonly [number, number], [down = 1, across = 1] = strides) =>
      this.pool(x, { size, strides: [down, across], pads: [0, 0, 0, 0], dilations: [1, 1] });
    if (strides[0] !== undefined && strides[1] !== undefined) {
      return whole(data, [rows[0]!.count, columns[0]!.count]);
    }
    // Windows of several sizes: each by itself, since they are few.
    const windows = rows.map((row) => {
      const line = slice(data, [0, 0, row.from, 0], [-1, -1, row.count, -1]);
      return concat(
        columns.map((column) =>
          whole(slice(line, [0, 0, 0, column.from], [-1, -1, -1, column.count]), [row.count, column.count], [1, 1]),
        ),
        3,
      );
    });
    return concat(windows, 2);
  }

  override extraRepr(): string {
    return shownExtent(this.size);
  }
}
