import { GAP, MARGIN, textWidth, TYPE } from '../look.js';
import { element, px, textAt } from '../marks.js';
import { Picture } from '../picture.js';
import { Axes, SPACE, type Axis } from './axes.js';

/** What a chart is beside what it shows. */
export interface Frame {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
  /** Names of lines, with their colours. */
  readonly legend?: readonly LegendEntry[];
}

export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
  readonly dashed?: boolean;
}

export const DASHES = '5 4';
const [SWATCH, LEGEND_LINE] = [18, 20];

/** A chart of one pair of axes: a title, a legend below it, and what `draw` puts between the axes. */
export function chart({ title, width, height, x, y, legend = [] }: Frame, draw: (axes: Axes) => string[]): Picture {
  const [names, lines] = legendOf(legend, width, MARGIN + TYPE.title + GAP);
  const top = MARGIN + TYPE.title + 2 * GAP + lines * LEGEND_LINE;
  const left = MARGIN + SPACE.left;
  const axes = new Axes(x, y, {
    x: left,
    y: top,
    width: width - left - MARGIN,
    height: height - top - SPACE.bottom - GAP,
  });
  return new Picture({
    title,
    width,
    height,
    marks: [
      textAt({ x: MARGIN, y: MARGIN + TYPE.title / 2 }, title, { kind: 'title' }),
      ...names,
      ...axes.frame(),
      ...draw(axes),
    ],
  });
}

/** Names with their colours in as many lines as they need, and how many these are. */
function legendOf(entries: readonly LegendEntry[], width: number, top: number): [marks: string[], lines: number] {
  let [left, line] = [MARGIN, 0];
  const marks = entries.flatMap(({ name, colour, dashed }) => {
    const needed = SWATCH + GAP + textWidth(name, 'label');
    if (left > MARGIN && left + needed > width - MARGIN) [left, line] = [MARGIN, line + 1];
    const y = top + (line + 0.5) * LEGEND_LINE;
    const swatch = element('path', {
      class: `${colour}-line`,
      d: `M${px(left)} ${px(y)}h${SWATCH}`,
      'stroke-width': '2.5',
      'stroke-dasharray': dashed ? DASHES : undefined,
    });
    const text = textAt({ x: left + SWATCH + GAP, y }, name, { colour: 'muted' });
    left += needed + 2 * GAP;
    return [swatch, text];
  });
  return [marks, entries.length > 0 ? line + 1 : 0];
}

/** The colour of a line by its number, beginning again when there are no more. */
export const seriesColour = (i: number): string => `series${i % SERIES}`;
const SERIES = 6;
