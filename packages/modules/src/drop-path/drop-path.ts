import { PartDropout } from '../chance/part-dropout.js';

/**
 * Dropout of whole samples, for the body of a residual block: in train mode sets all of a sample to 0 with probability p and
 * multiplies the others by 1 / (1 - p); the gradient goes through the same samples. In eval mode y = x. A sample whose body is
 * dropped goes around the block, so that deep networks train as if they were shallow.
 *
 * Shapes: `[batch, ...]` to the same. Source: Huang et al. 2016, where it is called stochastic depth; timm's `DropPath`.
 *
 * @example
 * new Residual(new Sequential([new Linear(8, 8), new DropPath(0.1)]));
 * @throws ValueError when p is not a probability; ShapeError for an input without a batch.
 */
export class DropPath extends PartDropout {
  static override readonly className = 'DropPath';

  protected override get parts() {
    return ['batch'];
  }
}
