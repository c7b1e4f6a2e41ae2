/** A point of a line, in any unit: x to the right, y down. */
export interface Point {
  x: number;
  y: number;
}

/** What the pen did between going down and coming up. */
export type Line = Point[];

const SIDE = 28;
/** MNIST fits its digits into 20 of the 28 pixels, and so do the synthetic ones. */
const DIGIT_SIDE = 20;
/** Half the width of the pen, in the middle of what synthetic digits have. */
const PEN_RADIUS = 1.4;
/** Width of the line's fading edge. */
const SOFTNESS = 1.4;

/**
 * The lines as an image of 28 x 28 values from 0 to 1, as the network knows digits: scaled so that the longer side takes
 * 20 pixels, in the middle, drawn with a pen of fixed width whatever the size of the drawing was.
 */
export function imageOf(lines: readonly Line[]): Float32Array {
  const image = new Float32Array(SIDE * SIDE);
  for (const line of centred(lines)) {
    // A dot is a line from a point to itself.
    const segments = line.length === 1 ? [line[0]!, line[0]!] : line;
    for (let i = 1; i < segments.length; i++) drawSegment(image, segments[i - 1]!, segments[i]!);
  }
  return image;
}

/** Scaled and moved so that their middle is the middle of the image. */
function centred(lines: readonly Line[]): Line[] {
  const points = lines.flat();
  const [left, right] = extent(points.map(({ x }) => x));
  const [top, bottom] = extent(points.map(({ y }) => y));
  // The pen's own width belongs to the 20 pixels.
  const scale = (DIGIT_SIDE - 2 * PEN_RADIUS) / Math.max(right - left, bottom - top, Number.MIN_VALUE);
  const place = (value: number, low: number, high: number) => SIDE / 2 + finite(scale) * (value - (low + high) / 2);
  return lines.map((line) => line.map(({ x, y }) => ({ x: place(x, left, right), y: place(y, top, bottom) })));
}

function extent(values: number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** A single dot has no size to scale by. */
function finite(scale: number): number {
  return Number.isFinite(scale) ? scale : 1;
}

function drawSegment(image: Float32Array, from: Point, to: Point): void {
  const reach = PEN_RADIUS + SOFTNESS;
  const [left, right] = extent([from.x, to.x]);
  const [top, bottom] = extent([from.y, to.y]);
  for (let row = Math.max(0, Math.floor(top - reach)); row < Math.min(SIDE, bottom + reach); row++) {
    for (let column = Math.max(0, Math.floor(left - reach)); column < Math.min(SIDE, right + reach); column++) {
      const distance = distanceTo({ x: column + 0.5, y: row + 0.5 }, from, to);
      const ink = Math.min(1, Math.max(0, (PEN_RADIUS + SOFTNESS / 2 - distance) / SOFTNESS));
      const i = row * SIDE + column;
      image[i] = Math.max(image[i]!, ink);
    }
  }
}

/** From a point to the nearest point of a segment. */
function distanceTo(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(point.x - from.x - t * dx, point.y - from.y - t * dy);
}
