import { encode } from 'fast-png';
import { fitted, GAP, MARGIN, textWidth, TYPE } from '../look.js';
import { element, textAt } from '../marks.js';
import { numberText } from '../number-text.js';
import { Picture } from '../picture.js';
import { NOT_A_NUMBER, type Colour, type Ramp } from './ramps.js';

/** Images of one size, in a grid, row by row. */
export interface Tiles {
  readonly count: number;
  readonly columns: number;
  readonly width: number;
  readonly height: number;
  /** The colour of a pixel of one of them. */
  readonly colourAt: (tile: number, x: number, y: number) => Colour;
}

interface Dressing {
  /** Above the grid, and what it is of for those who do not see it. */
  readonly title: string;
  /** Below each image, where there are any. */
  readonly captions?: readonly string[] | undefined;
  /** Which colour is which number, below the grid. */
  readonly scale?: { readonly ramp: Ramp; readonly low: number; readonly high: number } | undefined;
}

/** About how wide a picture becomes. */
const WIDTH = 640;
const [MOST_ZOOM, CAPTION, SCALE_BAR] = [16, 18, { width: 120, height: 10 }] as const;
/** Images that become narrower than this lie closer to each other. */
const [SMALL_TILE, SMALL_GAP] = [24, 2];
const TITLE = TYPE.title + GAP;

/** A picture of images in a grid; every number of theirs is a square of whole pixels. */
export function tiledPicture(tiles: Tiles, { title, captions, scale }: Dressing): Picture {
  const { count, columns, width, height } = tiles;
  const roomFor = (gap: number) => Math.max(Math.floor((WIDTH - gap * (columns - 1)) / (columns * width)), 1);
  const gap = roomFor(GAP) * width < SMALL_TILE ? SMALL_GAP : GAP;
  const zoom = Math.min(roomFor(gap), MOST_ZOOM);
  const rows = Math.ceil(count / columns);
  const step = { x: zoom * width + gap, y: zoom * height + gap + (captions ? CAPTION : 0) };
  const grid = { width: columns * step.x - gap, height: rows * step.y - gap };
  const top = MARGIN + TITLE;
  const marks = [
    textAt({ x: MARGIN, y: MARGIN + TYPE.title / 2 }, title, { kind: 'title' }),
    element('image', {
      x: MARGIN,
      y: top,
      ...grid,
      'image-rendering': 'optimizeSpeed', // what CSS calls pixelated; resvg knows this name alone
      href: dataUrl(encode({ ...grid, data: painted(tiles, zoom, step, grid), channels: 4 })),
    }),
  ];
  for (const [i, caption] of (captions ?? []).slice(0, count).entries()) {
    const x = MARGIN + (i % columns) * step.x + (zoom * width) / 2;
    const y = top + Math.floor(i / columns) * step.y + zoom * height + CAPTION / 2 + 1;
    marks.push(textAt({ x, y }, fitted(caption, 'tick', step.x), { kind: 'tick', colour: 'muted', anchor: 'middle' }));
  }
  let bottom = top + grid.height + MARGIN;
  if (scale) {
    marks.push(...scaleBar(scale, bottom - MARGIN + GAP));
    bottom += GAP + SCALE_BAR.height;
  }
  const needed = Math.max(grid.width, textWidth(title, 'title'), scale ? 2 * SCALE_BAR.width : 0);
  return new Picture({ title, width: needed + 2 * MARGIN, height: bottom, marks });
}

/** The grid as pixels; what lies between the images is clear. */
function painted(
  { count, columns, width, height, colourAt }: Tiles,
  zoom: number,
  step: { readonly x: number; readonly y: number },
  grid: { readonly width: number; readonly height: number },
): Uint8Array {
  const data = new Uint8Array(4 * grid.width * grid.height);
  for (let tile = 0; tile < count; tile++) {
    const [left, top] = [(tile % columns) * step.x, Math.floor(tile / columns) * step.y];
    for (let y = 0; y < zoom * height; y++) {
      for (let x = 0; x < zoom * width; x++) {
        const colour = colourAt(tile, Math.floor(x / zoom), Math.floor(y / zoom));
        const at = 4 * ((top + y) * grid.width + left + x);
        for (let i = 0; i < 3; i++) data[at + i] = Math.round(colour[i]!);
        data[at + 3] = 255;
      }
    }
  }
  return data;
}

function scaleBar({ ramp, low, high }: NonNullable<Dressing['scale']>, y: number): string[] {
  const { width, height } = SCALE_BAR;
  const data = new Uint8Array(4 * width).fill(255);
  for (let x = 0; x < width; x++) ramp(x / (width - 1)).forEach((part, i) => (data[4 * x + i] = Math.round(part)));
  const [least, most] = [low, high].map((value) => numberText(value, 3)) as [string, string];
  const left = MARGIN + textWidth(least, 'tick') + GAP;
  const middle = y + height / 2;
  const style = { kind: 'tick', colour: 'muted' } as const;
  return [
    textAt({ x: MARGIN, y: middle }, least, style),
    element('image', {
      x: left,
      y,
      width,
      height,
      preserveAspectRatio: 'none',
      href: dataUrl(encode({ width, height: 1, data, channels: 4 })),
    }),
    textAt({ x: left + width + GAP, y: middle }, most, style),
  ];
}

/** A colour by a ramp from `low` to `high`; one in the middle where they are the same. */
export function rampColour(ramp: Ramp, value: number, low: number, high: number): Colour {
  if (Number.isNaN(value)) return NOT_A_NUMBER;
  return ramp(high > low ? (value - low) / (high - low) : 0.5);
}

function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${btoa(Array.from(png, (byte) => String.fromCharCode(byte)).join(''))}`;
}
