import type { WindowGeometry } from './geometry.js';

/** How the taps of a window meet the pixels they read, along rows and columns: what a shader writes out. */
export interface Slide {
  readonly key: string;
  readonly kernel: readonly [number, number];
  readonly gradient: boolean;
  /** The row that row p + 1 reads through a tap is what row p reads through the next one; turned around in a gradient. */
  readonly rowsFollow: boolean;
  /** Some taps meet no row. */
  readonly skipsRows: boolean;
  /** Whether a row can lie outside the image. */
  readonly paddedRows: boolean;
  /** Whether a column can lie outside the image. */
  readonly padded: boolean;
  /** Statements that give the row read by row `row + p` through tap `i`, and whether there is one. */
  rowOf(row: string, p: number, tap: string, seen: string, from: string): string;
  /** How far the first column read moves from tile to tile of `columns`. */
  step(columns: number): number;
  /** The column read by column q of a tile through tap j, counted from there; undefined when there is none. */
  offset(q: number, j: number): number | undefined;
  /** All of these, ascending. */
  offsets(columns: number): number[];
  /** Tiles are multiples of this many columns. */
  readonly unit: number;
}

interface SlideRule extends WindowGeometry {
  kernel: readonly [number, number];
  /** Pixels of the image collect from results, instead of the other way round. */
  gradient: boolean;
}

/** A result at o reads pixel o stride + tap dilation - pad; turned around, pixel p collects from (p + pad - tap dilation) / stride. */
export function slideOf({ kernel, strides, pads, dilations, gradient }: SlideRule): Slide {
  const [sh, sw] = strides;
  const [dh, dw] = dilations;
  const [top, , left] = pads;
  const offset = (q: number, j: number): number | undefined => {
    if (!gradient) return q * sw + j * dw - left;
    const place = q + left - j * dw;
    return place % sw === 0 ? place / sw : undefined;
  };
  return {
    key: `${gradient ? 'gradient' : 'forward'} ${[kernel, strides, pads, dilations].map((part) => part.join()).join(' ')}`,
    kernel,
    gradient,
    skipsRows: gradient && sh > 1,
    rowsFollow: sh === 1 && dh === 1,
    paddedRows: gradient || pads[0] > 0 || pads[1] > 0,
    padded: gradient || pads[2] > 0 || pads[3] > 0,
    unit: gradient ? sw : 1,
    rowOf: (row, p, tap, seen, from) => {
      if (!gradient) return `bool ${seen} = true; int ${from} = (${row} + ${p}) * ${sh} + ${tap} * ${dh} - ${top};`;
      const collected = `${row} + ${p + top} - ${tap} * ${dh}`;
      if (sh === 1) return `bool ${seen} = true; int ${from} = ${collected};`;
      return `int ${from}Long = ${collected}; bool ${seen} = ${from}Long >= 0 && ${from}Long % ${sh} == 0; int ${from} = ${from}Long / ${sh};`;
    },
    step: (columns) => (gradient ? columns / sw : columns * sw),
    offset,
    offsets: (columns) => {
      const all = new Set<number>();
      for (let q = 0; q < columns; q++) {
        for (let j = 0; j < kernel[1]; j++) {
          const at = offset(q, j);
          if (at !== undefined) all.add(at);
        }
      }
      return [...all].sort((a, b) => a - b);
    },
  };
}

/** Nanoseconds on SwiftShader: of a read, and of a matrix times a texel. */
const READ = 1.6;
const PRODUCT = 1;

/**
 * The tile of at most `targets` pixels that reads least for a result of this size: wide ones share more reads, but
 * what reaches past the edge is wasted.
 */
export function tileOf(
  slide: Slide,
  [height, width]: readonly [number, number],
  targets: number,
): { rows: number; columns: number } {
  let best = { rows: 1, columns: slide.unit };
  let least = Infinity;
  for (const rows of [1, 2]) {
    for (let columns = slide.unit; columns * rows <= targets; columns += slide.unit) {
      const read = slide.rowsFollow ? 1 : rows;
      const reads = read * slide.offsets(columns).length + 4 * slide.kernel[1];
      const products = rows * columns * slide.kernel[1];
      const cost = Math.ceil(height / rows) * Math.ceil(width / columns) * (READ * reads + PRODUCT * products);
      if (cost < least) [least, best] = [cost, { rows, columns }];
    }
  }
  return best;
}
