import {
  gradients,
  option,
  optionsOf,
  ShapeError,
  ValueError,
  Variable,
  type AnyModule,
  type Given,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import type { Picture } from '../picture.js';
import { chart, DASHES, seriesColour, type LegendEntry } from './chart.js';
import { roundRange, type Range } from './ticks.js';

const options = optionsOf('plotActivation', {
  /** Numbers from minus this to this go in. Default 4. */
  reach: option.numberAbove(0).or(4),
  /** How many maps go in, where they are treated each in its way, as by a PRelu. Default 1. */
  maps: option.count.or(1),
  /** Whether the derivative is shown as well, dashed. Default true. */
  derivative: option.flag.or(true),
  /** In pixels. Default 480. */
  width: option.numberFrom(320).or(480),
  /** In pixels. Default 360. */
  height: option.numberFrom(240).or(360),
  /** What stands above. Default: the module. */
  title: option.text.optional,
});
export type PlotActivationOptions = Given<typeof options>;

const STEPS = 256;

/**
 * What a module makes of each number: the value as a line, its derivative as a dashed one, for each map. The module and its
 * gradients stay as they are.
 *
 * @example
 * import { plotActivation } from '@tessera-nn/visual';
 * const picture = await plotActivation(new Activation('gelu'));
 * const slopes = await plotActivation(new PRelu(3), { maps: 3 });
 * @throws ShapeError for a module that returns another shape than it is given.
 */
export async function plotActivation(module: AnyModule, given: PlotActivationOptions = {}): Promise<Picture> {
  const { reach, maps, derivative, width, height, title } = options.read(given);
  const at = Array.from({ length: STEPS + 1 }, (_, i) => (2 * reach * i) / STEPS - reach);
  const { values, slopes } = await sampled(module, at, maps, derivative);
  const lines = Array.from({ length: maps }, (_, map) => {
    const pick = (all: ArrayLike<number>) => at.map((x, i) => [x, all[i * maps + map]!] as const);
    return { name: maps === 1 ? 'y' : `map ${map}`, colour: seriesColour(map), y: pick(values), slope: pick(slopes) };
  });
  const shown = lines.flatMap(({ y, slope }) => [...y, ...slope].map(([, value]) => value));
  const first = derivative ? [{ name: 'dy/dx', colour: maps === 1 ? seriesColour(1) : 'muted', dashed: true }] : [];
  const legend: LegendEntry[] = [...lines.map(({ name, colour }) => ({ name, colour })), ...first];
  return chart(
    {
      title: title ?? String(module),
      width,
      height,
      x: { from: -reach, to: reach, label: 'x' },
      y: { ...rangeOf(shown, height), label: 'y' },
      legend,
    },
    (axes) => [
      ...zeroLines(axes.x, axes.y).map((line) => axes.line(line, 'muted', { 'stroke-width': '1' })),
      ...lines.flatMap(({ y, slope, colour }) => [
        ...(derivative
          ? [
              axes.line(slope, maps === 1 ? seriesColour(1) : colour, {
                'stroke-width': '1.5',
                'stroke-dasharray': DASHES,
              }),
            ]
          : []),
        axes.line(y, colour),
      ]),
    ],
  );
}

/** Values and slopes at some places, for each map. */
async function sampled(module: AnyModule, at: readonly number[], maps: number, derivative: boolean) {
  if (typeof (module as Partial<AnyModule> | null)?.forward !== 'function') {
    throw new ValueError('plotActivation takes a module', { path: 'plotActivation', expected: 'a module' });
  }
  const values = at.flatMap((x) => Array.from({ length: maps }, () => x));
  const x = new Variable(values, { shape: [at.length, maps], requiresGrad: true });
  const y = module.forward(x) as Variable;
  if (y.shape.join() !== x.shape.join()) {
    throw new ShapeError('plotActivation shows modules that act on each number', {
      path: 'plotActivation',
      expected: shapeText(x.shape),
      received: shapeText(y.shape),
    });
  }
  if (!derivative) return { values: await y.values(), slopes: [] };
  const [slope] = gradients(y, [x], { seed: at.map(() => new Array<number>(maps).fill(1)), allowUnused: true });
  return { values: await y.values(), slopes: await slope!.values() };
}

const rangeOf = (values: readonly number[], height: number): Range =>
  roundRange([0, 1, ...values], 'linear', Math.floor(height / 60));

function zeroLines(x: Range, y: Range): (readonly [number, number])[][] {
  const across = [[x.from, 0] as const, [x.to, 0] as const];
  const up = [[0, y.from] as const, [0, y.to] as const];
  return [across, up];
}
