import { Dropout2D } from '../dropout-2d/dropout-2d.js';

/**
 * Dropout of whole maps of volumes; what `Dropout2D` does, under the name that goes with them.
 *
 * Shapes: `[batch, maps, depth, height, width]` to the same. Source: Tompson et al. 2015; PyTorch's `Dropout3d`.
 *
 * @example
 * new Dropout3D(0.2);
 * @throws ValueError when p is not a probability; ShapeError for an input without maps.
 */
export class Dropout3D extends Dropout2D {
  static override readonly className = 'Dropout3D';
}
