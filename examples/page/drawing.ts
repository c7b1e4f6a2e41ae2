/** A point of a line, in any unit: x to the right, y down. */
export interface Point {
  x: number;
  y: number;
}

/** What the pen did between going down and coming up. */
export type Line = Point[];

/** As shares of the side of an image. MNIST fits its digits into 20 of 28 pixels, and so do the synthetic ones. */
const DRAWN = 20 / 28;
/** Half the width of the pen, in the middle of what synthetic digits have. */
const PEN_RADIUS = 1.4 / 28;
/** Width of the line's fading edge, in pixels. */
const SOFTNESS = 1.4;

/**
 * The lines as an image of `side` times `side` values from 0 to 1, as the network knows digits: scaled so that the longer
 * side takes 20 of 28 parts, in the middle, drawn with a pen of fixed width whatever the size of the drawing was.
 */
export function imageOf(lines: readonly Line[], side = 28): Float32Array {
  const image = new Float32Array(side * side);
  const drawSegment = segmentDrawer(image, side);
  for (const line of centred(lines, side)) {
    // A dot is a line from a point to itself.
    const points = line.length === 1 ? [line[0]!, line[0]!] : line;
    for (let i = 1; i < points.length; i++) drawSegment(points[i - 1]!, points[i]!);
  }
  return image;
}

/** Scaled to pixels and moved so that their middle is the middle of the image. */
function centred(lines: readonly Line[], side: number): Line[] {
  const points = lines.flat();
  const [left, right] = extent(points.map(({ x }) => x));
  const [top, bottom] = extent(points.map(({ y }) => y));
  // The pen's own width belongs to what is drawn.
  const scale = (side * (DRAWN - 2 * PEN_RADIUS)) / Math.max(right - left, bottom - top, Number.MIN_VALUE);
  const place = (value: number, low: number, high: number) => side / 2 + finite(scale) * (value - (low + high) / 2);
  return lines.map((line) => line.map(({ x, y }) => ({ x: place(x, left, right), y: place(y, top, bottom) })));
}

function extent(values: number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** A single dot has no size to scale by. */
function finite(scale: number): number {
  return Number.isFinite(scale) ? scale : 1;
}

function segmentDrawer(image: Float32Array, side: number): (from: Point, to: Point) => void {
  const radius = PEN_RADIUS * side;
  const reach = radius + SOFTNESS;
  return (from, to) => {
    const [left, right] = extent([from.x, to.x]);
    const [top, bottom] = extent([from.y, to.y]);
    for (let row = Math.max(0, Math.floor(top - reach)); row < Math.min(side, bottom + reach); row++) {
      for (let column = Math.max(0, Math.floor(left - reach)); column < Math.min(side, right + reach); column++) {
        const distance = distanceTo({ x: column + 0.5, y: row + 0.5 }, from, to);
        const ink = Math.min(1, Math.max(0, (radius + SOFTNESS / 2 - distance) / SOFTNESS));
        const i = row * side + column;
        image[i] = Math.max(image[i]!, ink);
      }
    }
  };
}

/** From a point to the nearest point of a segment. */
function distanceTo(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(point.x - from.x - t * dx, point.y - from.y - t * dy);
}
