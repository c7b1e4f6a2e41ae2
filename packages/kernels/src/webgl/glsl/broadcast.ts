import type { Broadcast } from '../../broadcast.js';
import { repeat } from '../drawing/shader-text.js';

/** How a pattern of repeated axes is called in names and keys. */
export const patternName = (repeated: readonly boolean[]): string => repeated.map((r) => (r ? 'r' : 'k')).join('');

/** GLSL: `indexP(i)` is the index of element i of the result in an input that is repeated by pattern P. */
export function repeatedIndex(repeated: readonly boolean[]): string {
  const pattern = patternName(repeated);
  const outermost = repeated.indexOf(false);
  const innermost = repeated.lastIndexOf(false);
  const axes = repeated.map((_, axis) => axis).filter((axis) => axis >= outermost);
  const step = (axis: number) => (axis === innermost ? '' : ` * step${pattern}${axis}`);
  return `int index${pattern}(int i) {
  int index = 0;
  int outer;
${axes
  .reverse()
  .map((axis) => {
    if (axis === 0) return `  index += i${step(axis)};`;
    if (repeated[axis]) return `  i /= length${axis};`;
    return `  outer = i / length${axis};\n  index += (i - outer * length${axis})${step(axis)};\n  i = outer;`;
  })
  .join('\n')}
  return index;
}`;
}

/** The numbers that `repeatedIndex` reads, for all patterns. */
export function repeatUniforms({ lengths, repeated }: Broadcast): Record<string, number> {
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
