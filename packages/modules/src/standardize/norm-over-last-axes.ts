import { Module, option, parameter, type Variable } from '@tessera-nn/core';
import { filled, sameShape, shapeText, sizeOf } from '@tessera-nn/core/internal';

/** The options of norms over the last axes, to be spread into their declarations. */
export const lastAxesOptions = {
  /** The sizes of the axes that are normalised over, or the size of the last one. */
  shape: option.kind<number | readonly number[]>(
    'a size from 1, or a list of them',
    (value) =>
      [value].flat().length > 0 && [value].flat().every((size) => Number.isInteger(size) && (size as number) > 0),
  ),
  /** Added to the mean square. Default 1e-5. */
  epsilon: option.numberAbove(0).or(1e-5),
  /** Whether there is a scale for each place of a row, and what else is learned. Default true. */
  affine: option.flag.or(true),
};

/** Norms of each sample by itself, over its last axes. */
export abstract class NormOverLastAxes extends Module {
  readonly shape: readonly number[];
  readonly epsilon: number;
  scale: Variable | null;

  constructor(options: {
    name?: string | undefined;
    shape: number | readonly number[];
    epsilon: number;
    affine: boolean;
  }) {
    super(options, options);
    this.shape = [options.shape].flat();
    this.epsilon = options.epsilon;
    this.scale = options.affine ? parameter(filled(this.shape, 1), { shape: this.shape, name: 'scale' }) : null;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    if (sameShape(shape.slice(-this.shape.length), this.shape)) return [...shape];
    throw this.shapeError(`input ${shapeText(shape)} does not end in ${shapeText(this.shape)}`, {
      expected: `[..., ${this.shape.join(', ')}]`,
      received: shapeText(shape),
    });
  }

  /** How many rows an input has. */
  protected rowsIn({ size }: Variable): number {
    return size / sizeOf(this.shape);
  }

  override extraRepr(): string {
    const shape = this.shape.length === 1 ? this.shape[0]! : shapeText(this.shape);
    return [`${shape}, epsilon=${this.epsilon}`, ...(this.scale ? [] : ['affine=false'])].join(', ');
  }
}
