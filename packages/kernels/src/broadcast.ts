/** Where the inputs of a broadcast lie, over as few axes as tell them apart. */
export interface Broadcast {
  /** The lengths of the axes of the result, outermost first. */
  readonly lengths: readonly number[];
  /** For each input, along which of these axes it is repeated. */
  readonly repeated: readonly (readonly boolean[])[];
}

/** Neighbouring axes along which the same inputs are repeated count as one. Undefined where shapes do not broadcast. */
export function broadcastOf(shapes: readonly (readonly number[])[], result: readonly number[]): Broadcast | undefined {
  const sizes = shapes.map((shape) => [
    ...new Array<number>(Math.max(0, result.length - shape.length)).fill(1),
    ...shape,
  ]);
  const fits = (shape: readonly number[]) => shape.every((size, axis) => size === 1 || size === result[axis]);
  if (!sizes.every(fits)) return undefined;
  const lengths: number[] = [];
  const patterns: boolean[][] = [];
  result.forEach((length, axis) => {
    if (length === 1) return;
    const pattern = sizes.map((shape) => shape[axis] === 1);
    if (patterns.at(-1)?.join() === pattern.join()) lengths[lengths.length - 1]! *= length;
    else {
      lengths.push(length);
      patterns.push(pattern);
    }
  });
  return { lengths, repeated: shapes.map((_, i) => patterns.map((pattern) => pattern[i]!)) };
}

/** For each input, how many elements on it goes with each step along an axis: none where it is repeated. */
export const stridesOf = ({ lengths, repeated }: Broadcast): number[][] =>
  repeated.map((pattern) => {
    const strides = new Array<number>(lengths.length).fill(0);
    let step = 1;
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      if (pattern[axis]) continue;
      strides[axis] = step;
      step *= lengths[axis]!;
    }
    return strides;
  });

/** Calls `visit` for every place on these axes, in order, with where each input has got to. */
export function eachIndex(
  lengths: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (places: readonly number[]) => void,
): void {
  const start = strides.map(() => 0);
  if (lengths.length === 0) return visit(start);
  const go = (axis: number, places: readonly number[]): void => {
    if (axis === lengths.length) return visit(places);
    for (let i = 0; i < lengths[axis]!; i++) {
      go(
        axis + 1,
        places.map((place, input) => place + i * strides[input]![axis]!),
      );
    }
  };
  go(0, start);
}
