import { option, optionsOf, ValueError, Variable, type Given, type VariableSource } from '@tessera-nn/core';
import { extent } from '../images/read-images.js';
import { rectangle } from '../marks.js';
import { numberText } from '../number-text.js';
import type { Picture } from '../picture.js';
import { chart } from './chart.js';
import { roundRange } from './ticks.js';

const options = optionsOf('plotHistogram', {
  /** How many bars there are. Default 32. */
  bins: option.count.or(32),
  /** In pixels. Default 480. */
  width: option.numberFrom(320).or(480),
  /** In pixels. Default 280. */
  height: option.numberFrom(240).or(280),
  /** What stands above. Default: how many numbers there are, their mean and their standard deviation. */
  title: option.text.optional,
});
export type PlotHistogramOptions = Given<typeof options>;

/**
 * How often numbers lie where: of weights, gradients, or what a layer returns. What is not finite is counted in the title.
 *
 * @example
 * import { plotHistogram } from '@tessera-nn/visual';
 * const picture = await plotHistogram(new Linear(64, 64).getVar('W'), { title: 'fc.W' });
 * @throws ValueError where there are no finite numbers.
 */
export async function plotHistogram(
  source: Variable | VariableSource,
  given: PlotHistogramOptions = {},
): Promise<Picture> {
  const { bins, width, height, title } = options.read(given);
  const variable = source instanceof Variable ? source : new Variable(source);
  const all = Array.from(await variable.values(), Number);
  if (variable !== source) variable.dispose();
  const finite = all.filter(Number.isFinite);
  if (finite.length === 0) {
    throw new ValueError('plotHistogram: there is nothing to count', {
      path: 'plotHistogram',
      expected: 'finite numbers',
      received: `${all.length} that are not`,
    });
  }
  const { from, counts, step } = countsOf(finite, bins);
  const y = roundRange([0, ...counts], 'linear', Math.floor(height / 60));
  return chart(
    {
      title: (title ?? summary(finite)) + lost(all.length - finite.length),
      width,
      height,
      x: { from, to: from + bins * step, label: 'value' },
      y: { ...y, label: 'count' },
    },
    (axes) =>
      counts.map((count, i) => {
        const [left, right] = [axes.at(from + i * step, count)!, axes.at(from + (i + 1) * step, 0)!];
        const box = {
          x: left.x + 0.5,
          y: left.y,
          width: Math.max(right.x - left.x - 1, 0.5),
          height: right.y - left.y,
        };
        return rectangle(box, 'series0');
      }),
  );
}

function countsOf(values: readonly number[], bins: number) {
  const [low, high] = extent(values);
  const [from, to] = low < high ? [low, high] : [low - 0.5, high + 0.5];
  const step = (to - from) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) counts[Math.min(Math.floor((value - from) / step), bins - 1)]!++;
  return { from, step, counts };
}

function summary(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const short = (value: number) => numberText(value, 3);
  return `${values.length} numbers, mean ${short(mean)}, deviation ${short(Math.sqrt(variance))}`;
}

const lost = (count: number) => (count > 0 ? ` (${count} not finite)` : '');
