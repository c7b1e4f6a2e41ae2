import { broadcastTo, reshape, ShapeError, ValueError, type AnyModule, type Variable } from '@tessera-nn/core';
import { fromFront, shapeText } from '@tessera-nn/core/internal';

/** A vector of slopes in the shape in which it lies along an axis of data; a single one lies nowhere. */
export function alongAxis(slopes: Variable, axis: number, rank: number): Variable {
  const place = fromFront(axis, rank);
  return reshape(
    slopes,
    Array.from({ length: rank }, (_, at) => (at === place ? slopes.size : 1)),
  );
}

/** @throws ShapeError where the axis of an input has another size than there are slopes. */
export function checkAxis(
  module: AnyModule,
  shape: readonly number[],
  {
    axis: given,
    count,
    shared,
    sized,
  }: { axis: number; count: number; shared: string; sized: (maps: number) => string },
): void {
  const shown = shapeText(shape);
  const axis = fromFront(given, shape.length);
  if (shape.length < 2 || axis < 0 || axis >= shape.length) {
    throw new ShapeError(`${module.label}: input ${shown} has no axis ${given} for the slopes`, {
      path: module.path,
      expected: 'rank 2 or more, [batch, maps, ...]',
      received: shown,
      hint: `Use ${shared} for one slope on everything`,
    });
  }
  if (shape[axis] === count) return;
  const fitting = shape.findIndex((length, at) => at > 0 && length === count);
  const elsewhere = fitting < 0 ? '' : `, or axis: ${fitting} if the maps lie there`;
  throw new ShapeError(
    `${module.label}: input ${shown} has ${shape[axis]} maps on axis ${axis}, slopes were built for ${count}`,
    {
      path: module.path,
      expected: `${count} on axis ${axis}`,
      received: `${shape[axis]}`,
      hint: `Use ${sized(shape[axis]!)}${elsewhere}`,
    },
  );
}

/** A slope for each element of a sample, or for each along the axes that are not shared. */
export class SlopeTable {
  /** The shape of the slopes: that of a sample, with 1 for shared axes. */
  readonly shape: readonly number[];
  readonly #shared: readonly boolean[];

  /**
   * @param sample the shape of a sample, without the batch.
   * @param sharedAxes axes of the input, in which the batch is axis 0.
   * @throws ValueError for an axis that is none of a sample.
   */
  constructor(
    module: AnyModule,
    readonly sample: readonly number[],
    sharedAxes: readonly number[],
  ) {
    const rank = sample.length + 1;
    const axes = sharedAxes.map((axis) => fromFront(axis, rank));
    if (axes.some((axis) => axis < 1 || axis >= rank)) {
      throw new ValueError(`${module.label}: sharedAxes name axes of the input behind the batch`, {
        path: module.path,
        expected: `axes from 1 to ${rank - 1}, or negative ones from the end`,
        received: `[${sharedAxes.join(', ')}]`,
      });
    }
    this.#shared = sample.map((_, i) => axes.includes(i + 1));
    this.shape = sample.map((size, i) => (this.#shared[i] ? 1 : size));
  }

  /** @throws ShapeError where samples have another size along an axis that is not shared. */
  check(module: AnyModule, shape: readonly number[]): void {
    const [, ...sample] = shape;
    const fits =
      sample.length === this.sample.length && sample.every((size, i) => this.#shared[i] || size === this.shape[i]);
    if (fits) return;
    const sizes = this.sample.map((size, i) => (this.#shared[i] ? 'any' : size));
    throw new ShapeError(
      `${module.label}: input ${shapeText(shape)} has samples of another shape than the slopes were built for`,
      {
        path: module.path,
        expected: `[batch, ${sizes.join(', ')}]`,
        received: shapeText(shape),
        hint: 'Share the axes that vary: sharedAxes, or one slope for each map',
      },
    );
  }

  /** The slopes as they meet data: the op wants the axes that they lie along to be neighbours in memory, or only one. */
  forData(slopes: Variable, data: Variable): Variable {
    const [, ...sample] = data.shape;
    const axes = slopes.shape.filter((size) => size > 1).length;
    const table = axes > 1 ? broadcastTo(slopes, sample) : slopes;
    return reshape(table, [1, ...table.shape]);
  }
}
