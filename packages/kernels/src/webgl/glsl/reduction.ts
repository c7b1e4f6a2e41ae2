import { util } from '@tensorflow/tfjs-core';

/** Neighbouring axes that are all summed, or all remaining, as one. */
interface Axis {
  readonly length: number;
  /** From one position on it to the next, in values. */
  readonly step: number;
}

/**
 * How the values of a tensor fall into sums. A group is what one fragment sums up: four neighbouring results where the
 * innermost axis remains, one result where it is summed, four values to a term in both.
 */
export interface Reduction {
  readonly remaining: readonly Axis[];
  readonly summed: readonly Axis[];
  /** Whether the innermost axis is summed. */
  readonly along: boolean;
  /** Whether the innermost axis fills its texels. */
  readonly whole: boolean;
  readonly results: number;
  readonly groups: number;
  /** Terms of one group. */
  readonly terms: number;
}

/** How a sum over these axes walks over memory: axes that lie next to each other become one. */
export function reductionOf(shape: readonly number[], axes: readonly number[]): Reduction {
  const merged: { length: number; step: number; summed: boolean }[] = [];
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const length = shape[axis]!;
    const summed = axes.includes(axis);
    if (length !== 1) {
      if (merged[0]?.summed === summed) merged[0].length *= length;
      else merged.unshift({ length, step, summed });
    }
    step *= length;
  }
  const innermost = merged.at(-1) ?? { length: 1, step: 1, summed: true };
  const remaining = merged.filter(({ summed }) => !summed);
  const summed = merged.filter(({ summed }) => summed);
  // An axis of size 1 is summed as a longer one is, by the same program.
  if (summed.length === 0) summed.push(innermost.summed ? innermost : { length: 1, step, summed: true });
  const along = innermost.summed;
  const whole = innermost.length % 4 === 0;
  // A row that starts inside a texel may end inside one more.
  const texels = whole ? innermost.length / 4 : along ? (innermost.length + 6) >> 2 : Math.ceil(innermost.length / 4);
  const count = (list: readonly Axis[]) => util.sizeFromShape(list.map(({ length }) => length));
  const inTexels = (list: readonly Axis[]) => (count(list) / innermost.length) * texels;
  return {
    remaining,
    summed,
    along,
    whole,
    results: count(remaining),
    groups: along ? count(remaining) : inTexels(remaining),
    terms: along ? inTexels(summed) : count(summed),
  };
}

/** What programs for reductions of the same form have in common. */
export const formOf = ({ remaining, summed, along, whole }: Reduction): string =>
  [remaining.length, summed.length, along ? 'along' : 'across', whole ? 'whole' : ''].join(' ');

/** The numbers that `termsOf` reads. */
export function reductionUniforms({
  remaining,
  summed,
  along,
  groups,
  terms,
  whole,
}: Reduction): Record<string, number> {
  const lengths = (name: string, list: readonly Axis[]) =>
    list.flatMap(({ length, step }, i) => [
      [`${name}Length${i}`, length],
      [`${name}Step${i}`, step],
    ]);
  const row = (along ? summed : remaining).at(-1)!.length;
  const rowTexels = whole ? row / 4 : along ? (row + 6) >> 2 : Math.ceil(row / 4);
  return Object.fromEntries([
    ...lengths('remaining', remaining),
    ...lengths('summed', summed),
    ['groups', groups],
    ['terms', terms],
    ['rowTexels', rowTexels],
  ]) as Record<string, number>;
}

/**
 * GLSL: `firstResult(group)`; `groupOf(result)`; `originOf(result)`, where its first value lies; `startOf(origin, term)`,
 * where the four values of a term begin; `insideOf(start, term)`, which of them count when whole texels are read.
 */
export function termsOf({ remaining, summed, along, whole }: Reduction): string {
  const inner = `remainingLength${remaining.length - 1}`;
  const firstResult = along
    ? 'group'
    : whole
      ? 'group * 4'
      : `(group / rowTexels) * ${inner} + (group % rowTexels) * 4`;
  const groupOf = along
    ? 'result'
    : whole
      ? 'result >> 2'
      : `(result / ${inner}) * rowTexels + ((result % ${inner}) >> 2)`;
  const outer = along ? summed.length - 1 : summed.length;
  const column = outer ? 'term % rowTexels' : 'term';
  const row = along ? `  origin += (${column}) * 4;\n${outer ? '  term /= rowTexels;\n' : ''}` : '';
  return `int firstResult(int group) { return ${firstResult}; }
int groupOf(int result) { return ${groupOf}; }
int originOf(int result) {
  int origin = 0;
${steps('remaining', 'result', remaining.length)}
  return origin;
}
int startOf(int origin, int term) {
${row}${steps('summed', 'term', outer)}
  return origin;
}
${
  along && !whole
    ? `bvec4 insideOf(int start, int term) {
  ivec4 position = (${column}) * 4 - (start & 3) + ivec4(0, 1, 2, 3);
  uvec4 inside = uvec4(greaterThanEqual(position, ivec4(0))) & uvec4(lessThan(position, ivec4(summedLength${summed.length - 1})));
  return bvec4(inside);
}`
    : ''
}`;
}

/** Adds to `origin` the position of a number counted over some axes. */
function steps(name: string, number: string, axes: number): string {
  return Array.from({ length: axes }, (_, i) => axes - 1 - i)
    .map((axis) =>
      axis === 0
        ? `  origin += ${number} * ${name}Step0;`
        : `  origin += (${number} % ${name}Length${axis}) * ${name}Step${axis};\n  ${number} /= ${name}Length${axis};`,
    )
    .join('\n');
}
