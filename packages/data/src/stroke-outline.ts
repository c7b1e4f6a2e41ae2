import type { Stroke } from './digit-strokes.js';

/** Straight pieces per curved stretch between two points: at 28 pixels their corners are below a tenth of a pixel. */
const PIECES = 5;

/**
 * Turns a stroke into the corners of a polyline, as x, y, x, y ...
 *
 * Between two points runs a cubic whose slopes are those of a Catmull-Rom spline; at a corner, and at the ends, each
 * side heads straight for its other end, so that a stretch between two corners is straight.
 */
export function strokeOutline(stroke: Stroke): number[] {
  const outline = [stroke[0]!.x, stroke[0]!.y];
  for (let i = 1; i < stroke.length; i++) {
    const from = stroke[i - 1]!;
    const to = stroke[i]!;
    const before = from.corner ? from : (stroke[i - 2] ?? from);
    const after = to.corner ? to : (stroke[i + 1] ?? to);
    if (before === from && after === to) {
      outline.push(to.x, to.y);
      continue;
    }
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES;
      outline.push(
        hermite(t, from.x, to.x, (to.x - before.x) / 2, (after.x - from.x) / 2),
        hermite(t, from.y, to.y, (to.y - before.y) / 2, (after.y - from.y) / 2),
      );
    }
  }
  return outline;
}

/** The cubic with these values and slopes at t = 0 and t = 1. */
function hermite(t: number, from: number, to: number, slopeFrom: number, slopeTo: number): number {
  const s = 1 - t;
  return s * s * ((1 + 2 * t) * from + t * slopeFrom) + t * t * ((1 + 2 * s) * to - s * slopeTo);
}
