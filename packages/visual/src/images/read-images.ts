import { ShapeError, ValueError, Variable, type VariableSource } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';

/** Images of one size with one or several maps each, on the host. */
export interface Images {
  readonly values: ArrayLike<number>;
  readonly shape: readonly [count: number, maps: number, height: number, width: number];
}

/** The values of what is `[count, maps, height, width]`. @throws ShapeError for other ranks, ValueError for none. */
export async function readImages(source: Variable | VariableSource, who: string, axes: string): Promise<Images> {
  const given = source instanceof Variable ? source : new Variable(source);
  try {
    const { shape } = given;
    if (shape.length !== 4) {
      throw new ShapeError(`${who} takes images`, { path: who, expected: axes, received: shapeText(shape) });
    }
    if (given.size === 0) {
      throw new ValueError(`${who}: there is nothing to show`, { path: who, received: shapeText(shape) });
    }
    return { values: await given.values(), shape: [...shape] as unknown as Images['shape'] };
  } finally {
    if (given !== source) given.dispose();
  }
}

/** The least and the greatest of those from `from` to `to` that are finite; 0 and 0 where there are none. */
export function extent(values: ArrayLike<number>, from = 0, to = values.length): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low > high ? [0, 0] : [low, high];
}
