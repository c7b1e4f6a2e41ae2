import { reshape, sumTo, type Variable } from '@tessera-nn/core';

/** One value for each map, [maps], in the shape in which it broadcasts to [batch, maps, height, width]. */
export const overImages = (vector: Variable): Variable => reshape(vector, [1, vector.size, 1, 1]);

/** The sum over batch, rows and columns: [batch, maps, height, width] to [maps]. */
export function sumByMap(images: Variable): Variable {
  const maps = images.shape[1]!;
  return reshape(sumTo(images, [1, maps, 1, 1]), [maps]);
}
