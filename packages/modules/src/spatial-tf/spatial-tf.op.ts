import {
  add,
  affine,
  arange,
  clip,
  concat,
  floor,
  full,
  gather,
  linspace,
  matmul,
  mul,
  pad,
  reshape,
  sub,
  transpose,
  type Variable,
} from '@tessera-nn/core';
import { imageShape } from '@tessera-nn/core/internal';
import { numbersAs } from '../cast/index.js';

/** The places of a grid from -1 to 1 in both directions, row by row, as columns (x, y, 1): [3, height width]. */
function regularGrid(height: number, width: number): Variable {
  const columns = (length: number) => (length === 1 ? full([1], -1) : linspace(-1, 1, length));
  const across = add(reshape(columns(width), [1, width]), full([height, 1], 0));
  const down = add(reshape(columns(height), [height, 1]), full([1, width], 0));
  return concat(
    [across, down, full([height, width], 1)].map((part) => reshape(part, [1, height * width])),
    0,
  );
}

/** Between which two places a coordinate lies, -1 and the size being the nearest that are outside, and how near the second. */
function between(coordinate: Variable, size: number): { low: Variable; share: Variable } {
  const place = clip(affine(coordinate, (size - 1) / 2, (size - 1) / 2), -1, size);
  const low = clip(floor(place), -1, size - 1);
  return { low, share: sub(place, low) };
}

/**
 * Images as they look through a grid that an affine map has moved: theta [batch, 2, 3] takes each place (x, y, 1) of the result
 * to the place in the image that is seen there, both from -1 to 1; between pixels the four around, outside zeros.
 */
export function throughGrid(x: Variable, theta: Variable, height: number, width: number): Variable {
  const [batch, maps, tall, wide] = imageShape(x.shape);
  const places = matmul(theta, regularGrid(height, width)); // [batch, 2, height width]
  const coordinate = (which: number) => reshape(places.slice([0, which, 0], [-1, 1, -1]), [batch, height * width]);
  const [across, down] = [between(coordinate(0), wide), between(coordinate(1), tall)];
  const border = [1, 1];
  const pixels = reshape(transpose(pad(x, [[0, 0], [0, 0], border, border]), [0, 2, 3, 1]), [-1, maps]);
  // Counted with the border around: the first pixel of the image is in row 1 and column 1.
  const image = reshape(affine(arange(0, batch), (tall + 2) * (wide + 2), 0), [batch, 1]);
  const first = add(add(affine(down.low, wide + 2, wide + 2), affine(across.low, 1, 1)), image);
  const corner = (step: number) => gather(pixels, numbersAs(affine(first, 1, step), 'int32'));
  const [right, below] = [across, down].map(({ share }) => reshape(share, [batch, height * width, 1])) as [
    Variable,
    Variable,
  ];
  const mixed = (a: Variable, b: Variable, share: Variable) => add(a, mul(sub(b, a), share));
  const upper = mixed(corner(0), corner(1), right);
  const lower = mixed(corner(wide + 2), corner(wide + 3), right);
  const rows = reshape(mixed(upper, lower, below), [batch, height, width, maps]);
  return transpose(rows, [0, 3, 1, 2]);
}
