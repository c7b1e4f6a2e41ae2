import { repeat } from './launcher.js';

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

/** How a pattern of repeated axes is called in names and keys. */
export const patternName = (repeated: readonly boolean[]): string => repeated.map((r) => (r ? 'r' : 'k')).join('');

/** GLSL: `placeP(i)` is where element i of the result lies in an input that is repeated by pattern P. */
export function placeOf(repeated: readonly boolean[]): string {
  const pattern = patternName(repeated);
  const outermost = repeated.indexOf(false);
  const innermost = repeated.lastIndexOf(false);
  const axes = repeated.map((_, axis) => axis).filter((axis) => axis >= outermost);
  const step = (axis: number) => (axis === innermost ? '' : ` * step${pattern}${axis}`);
  return `int place${pattern}(int i) {
  int place = 0;
  int outer;
${axes
  .reverse()
  .map((axis) => {
    if (axis === 0) return `  place += i${step(axis)};`;
    if (repeated[axis]) return `  i /= length${axis};`;
    return `  outer = i / length${axis};\n  place += (i - outer * length${axis})${step(axis)};\n  i = outer;`;
  })
  .join('\n')}
  return place;
}`;
}

/** The numbers that `placeOf` reads, for all patterns. */
export function placeUniforms({ lengths, repeated }: Broadcast): Record<string, number> {
  const uniforms = Object.fromEntries(lengths.map((length, axis) => [`length${axis}`, length]));
  for (const pattern of repeated) {
    let step = 1;
    for (let axis = lengths.length - 1; axis >= 0; axis--) {
      if (pattern[axis]) continue;
      uniforms[`step${patternName(pattern)}${axis}`] = step;
      step *= lengths[axis]!;
    }
  }
  return uniforms;
}

/** Four floats, one for each lane. */
export const lanesOf = (lanes: number, value: (lane: number) => string): string =>
  `vec4(${repeat(lanes, value, ', ')})`;
