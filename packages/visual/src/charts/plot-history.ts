import { option, optionsOf, ValueError, type Given } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { numberText } from '../number-text.js';
import type { Picture } from '../picture.js';
import { chart, DASHES } from './chart.js';
import { roundRange } from './ticks.js';

/** How a run went: a Trainer's `history`, or what looks like it. */
export interface HistoryToPlot {
  /** The losses of all steps. */
  readonly losses: readonly number[];
  readonly epochs: readonly {
    readonly epoch: number;
    readonly loss: number;
    readonly validationLoss?: number | undefined;
  }[];
}

const options = optionsOf('plotHistory', {
  /** How the axis of losses counts: `linear`, or `log` for powers of ten. Default `linear`. */
  scale: option.oneOf('linear', 'log').or('linear'),
  /** In pixels. Default 640. */
  width: option.numberFrom(320).or(640),
  /** In pixels. Default 360. */
  height: option.numberFrom(240).or(360),
  /** What stands above. Default `Loss`. */
  title: option.text.or('Loss'),
});
export type PlotHistoryOptions = Given<typeof options>;

/** Steps that are drawn one by one; of more, the means of as many groups. */
const MOST_POINTS = 400;

/**
 * The losses of a run over its epochs: of the steps as a thin line, of the epochs and of their validation as thick ones.
 *
 * @example
 * import { plotHistory } from '@tessera-nn/visual';
 * const trainer = new Trainer(net, cost, optimizer, { batchSize: 4 });
 * await trainer.train(digits.train, undefined, { epochs: 2, validation: digits.test });
 * const picture = plotHistory(trainer.history);
 * @throws ValueError for what is not a history, or one of a run without a step.
 */
export function plotHistory(history: HistoryToPlot, given: PlotHistoryOptions = {}): Picture {
  const { scale, width, height, title } = options.read(given);
  checkHistory(history);
  const { losses, epochs } = history;
  const steps = grouped(losses, epochs.at(-1)?.epoch ?? 1);
  const trained = epochs.map(({ epoch, loss }) => [epoch, loss] as const);
  const validated = epochs.flatMap(({ epoch, validationLoss }) =>
    validationLoss === undefined ? [] : [[epoch, validationLoss] as const],
  );
  const values = [...steps, ...trained, ...validated].map(([, loss]) => loss);
  const y = roundRange(values, scale, Math.floor(height / 60));
  return chart(
    {
      title,
      width,
      height,
      x: { from: 0, to: Math.max(1, epochs.at(-1)?.epoch ?? 1), label: 'epoch', whole: true },
      y: { ...y, label: 'loss', scale },
      legend: [
        ...(trained.length > 0 ? [{ name: `epochs${ending(trained)}`, colour: 'series0' }] : []),
        ...(validated.length > 0 ? [{ name: `validation${ending(validated)}`, colour: 'series1', dashed: true }] : []),
        { name: 'steps', colour: 'muted' },
      ],
    },
    (axes) => [
      axes.line(steps, 'muted', { 'stroke-width': '1', 'stroke-opacity': '0.55' }),
      axes.line(trained, 'series0'),
      ...axes.dots(trained, 'series0'),
      axes.line(validated, 'series1', { 'stroke-dasharray': DASHES }),
      ...axes.dots(validated, 'series1'),
    ],
  );
}

const ending = (points: readonly (readonly [number, number])[]) => `: ${numberText(points.at(-1)![1], 3)} at the end`;

/** Means of steps that follow each other, over the epochs: they need not be of one length, but are drawn so. */
function grouped(losses: readonly number[], epochs: number): (readonly [epoch: number, loss: number])[] {
  const size = Math.max(1, Math.ceil(losses.length / MOST_POINTS));
  return Array.from({ length: Math.ceil(losses.length / size) }, (_, i) => {
    const group = losses.slice(i * size, (i + 1) * size);
    const end = Math.min((i + 1) * size, losses.length);
    return [(end / losses.length) * epochs, group.reduce((sum, loss) => sum + loss, 0) / group.length] as const;
  });
}

function checkHistory(value: HistoryToPlot): void {
  const { losses, epochs } = (value ?? {}) as Partial<HistoryToPlot>;
  if (Array.isArray(losses) && Array.isArray(epochs) && losses.length + epochs.length > 0) return;
  throw new ValueError('plotHistory takes how a run went', {
    path: 'plotHistory',
    expected: "a Trainer's history of at least one step",
    received: Array.isArray(losses) ? 'one of none' : shownValue(value),
  });
}
