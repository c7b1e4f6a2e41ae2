import { ArrayDataset, RandomStream } from 'tessera-nn';
import { shapeNames } from './data-kinds.js';

/** How far a point lies outside of a shape of size 1 around the middle; negative inside. */
type Distance = (x: number, y: number) => number;

const THICKNESS = 0.3;
const box = (x: number, y: number, width: number, height: number) =>
  Math.max(Math.abs(x) - width, Math.abs(y) - height);

const distances: Readonly<Record<(typeof shapeNames)[number], Distance>> = {
  circle: (x, y) => Math.hypot(x, y) - 0.9,
  square: (x, y) => box(x, y, 0.75, 0.75),
  triangle: (x, y) => Math.max(y - 0.55, Math.abs(x) * Math.sin(Math.PI / 3) - y / 2 - 0.5),
  cross: (x, y) => Math.min(box(x, y, 0.95, THICKNESS), box(x, y, THICKNESS, 0.95)),
  ring: (x, y) => Math.abs(Math.hypot(x, y) - 0.75) - THICKNESS / 1.5,
};

/** Half the size of a shape, as a share of the image. */
const SIZE = [0.22, 0.4] as const;
const INK = [0.6, 1] as const;
const NOISE = 0.05;

/** Shapes of random size, place, turn and brightness: data `[count, 1, side, side]` in [0, 1], each class as often. */
export function syntheticShapes(count: number, stream: RandomStream, side = 28): ArrayDataset {
  const data = new Float32Array(count * side * side);
  const labels = Int32Array.from(stream.permutation(count), (place) => place % shapeNames.length);
  labels.forEach((label, i) => draw(data.subarray(i * side * side, (i + 1) * side * side), label, stream, side));
  return new ArrayDataset({ data, shape: [count, 1, side, side], labels, checkFinite: false });
}

function draw(image: Float32Array, label: number, stream: RandomStream, side: number): void {
  const between = (low: number, high: number) => low + (high - low) * stream.uniform();
  const [size, turn, ink] = [side * between(...SIZE), between(0, 2 * Math.PI), between(...INK)];
  const room = side / 2 - size;
  const [cx, cy] = [side / 2 + between(-room, room), side / 2 + between(-room, room)];
  const [cos, sin] = [Math.cos(turn) / size, Math.sin(turn) / size];
  const distance = distances[shapeNames[label]!];
  for (let i = 0; i < image.length; i++) {
    const [dx, dy] = [(i % side) + 0.5 - cx, Math.floor(i / side) + 0.5 - cy];
    const edge = size * distance(cos * dx + sin * dy, cos * dy - sin * dx);
    const covered = Math.min(1, Math.max(0, 0.5 - edge));
    image[i] = Math.min(1, Math.max(0, ink * covered + between(-NOISE, NOISE)));
  }
}
