import { PartDropout } from '../chance/part-dropout.js';

/**
 * Dropout of whole maps: in train mode sets all of a map of a sample to 0 with probability p and multiplies the others by
 * 1 / (1 - p); the gradient goes through the same maps. In eval mode y = x. Neighbouring pixels say much the same, so that
 * dropping them one by one drops little.
 *
 * Shapes: `[batch, maps, ...]` to the same. Source: Tompson et al. 2015; PuzzleLib's `Dropout2D`, PyTorch's `Dropout2d`.
 *
 * @example
 * new Dropout2D(0.2);
 * @throws ValueError when p is not a probability; ShapeError for an input without maps.
 */
export class Dropout2D extends PartDropout {
  static override readonly className: string = 'Dropout2D';

  protected override get parts() {
    return ['batch', 'maps'];
  }
}
