import { GAP, TYPE } from '../look.js';
import { element, lineThrough, px, textAt, type Box, type Place } from '../marks.js';
import { numberText } from '../number-text.js';
import { ticks, type Range, type Scale } from './ticks.js';

/** One of the two directions of a chart. */
export interface Axis extends Range {
  readonly label: string;
  readonly scale?: Scale;
  /** Only whole numbers count, as of epochs. */
  readonly whole?: boolean;
}

/** Pixels for a tick's text and the label of an axis. */
export const SPACE = { left: 56, bottom: 40 } as const;
const [PIXELS_PER_TICK_X, PIXELS_PER_TICK_Y] = [80, 48];

/** Two axes with their grid, and where in it a pair of numbers lies. */
export class Axes {
  /** @param box what the axes enclose. */
  constructor(
    readonly x: Axis,
    readonly y: Axis,
    readonly box: Box,
  ) {}

  /** The place of a point; undefined where it has none, as 0 on a logarithmic axis. */
  at(x: number, y: number): Place | undefined {
    const [right, up] = [share(this.x, x), share(this.y, y)];
    if (!Number.isFinite(right) || !Number.isFinite(up)) return undefined;
    const { box } = this;
    return { x: box.x + right * box.width, y: box.y + (1 - up) * box.height };
  }

  /** The grid, with numbers and labels at it. */
  frame(): string[] {
    const { box, x, y } = this;
    const bottom = box.y + box.height;
    const columns = ticks(x, Math.max(1, Math.floor(box.width / PIXELS_PER_TICK_X)), x.scale ?? 'linear');
    const rows = ticks(y, Math.max(1, Math.floor(box.height / PIXELS_PER_TICK_Y)), y.scale ?? 'linear');
    const number = { kind: 'tick', colour: 'muted' } as const;
    const marks: string[] = [];
    for (const value of rows) {
      const height = this.at(x.from, value)!.y;
      marks.push(gridLine(`M${px(box.x)} ${px(height)}h${px(box.width)}`));
      marks.push(textAt({ x: box.x - GAP, y: height }, numberText(value), { ...number, anchor: 'end' }));
    }
    for (const value of columns.filter((tick) => !x.whole || Number.isInteger(tick))) {
      const left = this.at(value, y.from)!.x;
      marks.push(gridLine(`M${px(left)} ${px(bottom)}v4`));
      marks.push(
        textAt({ x: left, y: bottom + GAP + TYPE.tick / 2 }, numberText(value), { ...number, anchor: 'middle' }),
      );
    }
    marks.push(
      element('path', { class: 'muted-line', d: `M${px(box.x)} ${px(bottom)}h${px(box.width)}`, fill: 'none' }),
    );
    const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    marks.push(
      textAt({ x: middle.x, y: bottom + SPACE.bottom - TYPE.label / 2 }, x.label, {
        colour: 'muted',
        anchor: 'middle',
      }),
      textAt({ x: box.x - SPACE.left + TYPE.label / 2, y: middle.y }, y.label, {
        colour: 'muted',
        anchor: 'middle',
        turned: true,
      }),
    );
    return marks;
  }

  /** A line through points. */
  line(points: Iterable<readonly [x: number, y: number]>, colour: string, more: Readonly<Record<string, string>> = {}) {
    return lineThrough(
      Array.from(points, ([x, y]) => this.at(x, y)),
      colour,
      { 'stroke-width': '2', ...more },
    );
  }

  /** Dots at points. */
  dots(points: Iterable<readonly [x: number, y: number]>, colour: string): string[] {
    const places = Array.from(points, ([x, y]) => this.at(x, y));
    return places.flatMap((place) =>
      place ? [element('circle', { class: colour, cx: place.x, cy: place.y, r: 3 })] : [],
    );
  }
}

const gridLine = (path: string) => element('path', { class: 'grid-line', d: path, fill: 'none' });

function share({ from, to, scale }: Axis, value: number): number {
  if (scale === 'log') return (Math.log10(value) - Math.log10(from)) / (Math.log10(to) - Math.log10(from));
  return (value - from) / (to - from);
}
