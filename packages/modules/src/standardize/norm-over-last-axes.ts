import { Module, option, parameter, type Variable } from '@tessera-nn/core';
import { filled, sameShape, shapeText, sizeOf } from '@tessera-nn/core/internal';

/** The options of norms over the last axes, to be spread into their declarations. */
export const lastAxesOptions = {
  /** The sizes of the axes that are normalised over, or the size of the last one. Default: the last of the first input. */
  shape: option.kind<number | readonly number[]>(
    'a size from 1, or a list of them',
    (value) =>
      [value].flat().length > 0 && [value].flat().every((size) => Number.isInteger(size) && (size as number) > 0),
  ).optional,
  /** Added to the mean square. Default 1e-5. */
  epsilon: option.numberAbove(0).or(1e-5),
  /** Whether there is a scale for each place of a row, and what else is learned. Default true. */
  affine: option.flag.or(true),
};

/** Norms of each sample by itself, over its last axes. */
export abstract class NormOverLastAxes extends Module {
  readonly shape!: readonly number[];
  readonly epsilon: number;
  readonly affine: boolean;
  scale!: Variable | null;
  bias!: Variable | null;

  constructor(
    options: {
      name?: string | undefined;
      shape: number | readonly number[] | undefined;
      epsilon: number;
      affine: boolean;
    },
    hasBias: boolean,
  ) {
    const { epsilon, affine } = options;
    const shape = options.shape === undefined ? undefined : [options.shape].flat();
    super(options, { ...options, shape });
    [this.epsilon, this.affine] = [epsilon, affine];
    this.sized<NormOverLastAxes, readonly number[]>({
      name: 'shape',
      given: shape,
      of: (input) => input.slice(-1),
      makes: {
        scale: (shape) => (affine ? parameter(filled(shape, 1), { shape, name: 'scale' }) : null),
        bias: (shape) => (affine && hasBias ? parameter(filled(shape, 0), { shape, name: 'bias' }) : null),
      },
    });
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
    const sizes: unknown = this.shown('shape');
    const shape = Array.isArray(sizes) && sizes.length > 1 ? shapeText(sizes as number[]) : String(sizes);
    return [`${shape}, epsilon=${this.epsilon}`, ...(this.affine ? [] : ['affine=false'])].join(', ');
  }
}
