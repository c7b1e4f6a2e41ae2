import {
  initialise,
  initscheme,
  matmul,
  Module,
  named,
  option,
  optionsOf,
  parameter,
  reshape,
  type Arguments,
  type Given,
  type InitScheme,
  type Variable,
} from '@tessera-nn/core';
import { shapeText, sizeOf } from '@tessera-nn/core/internal';

const options = optionsOf(
  'Linear',
  {
    /** Default: that of the first input. */
    insize: option.count.optional,
    outsize: option.count,
    /** Spread of the schemes `gaussian` and `uniform`. Default 1. */
    wscale: option.number.or(1),
    /** Default true. */
    useBias: option.flag.or(true),
    /** Default `xavier_uniform`, scaled by the inputs. */
    initscheme: initscheme.or(null),
    ...named,
  },
  {
    /** Keeps W as [outsize, insize], PyTorch's layout, and multiplies by its transpose. Default false. */
    transpose: option.flag.or(false),
  },
);
export type LinearOptions = Given<typeof options>;

/**
 * Fully connected layer: y = x W + b.
 *
 * dx = g W^T, dW = x^T g, db = the column sums of g. Initially W by `initscheme`, b zeros.
 *
 * Shapes: `[batch, ..., insize]` to `[batch, ..., outsize]`: axes in between are as more samples. W is `[insize, outsize]` (PuzzleLib's; `transpose` gives PyTorch's),
 * b is `[outsize]`. Only W decays under weight decay. Source: PuzzleLib's and
 * PyTorch's `Linear`; Keras' `Dense`.
 *
 * @example
 * new Linear(784, 10);
 * @throws ShapeError when the input has no batch axis, or another count of columns.
 */
export class Linear extends Module {
  static override readonly className = 'Linear';

  readonly insize!: number;
  readonly outsize: number;
  readonly transpose: boolean;
  readonly useBias: boolean;
  W!: Variable;
  b!: Variable | null;

  constructor(
    ...given: Arguments<
      [insize: number, outsize: number, wscale?: number, useBias?: boolean, initscheme?: InitScheme, name?: string],
      LinearOptions
    >
  ) {
    const read = options.arguments(given);
    super(read, read);
    const { outsize, transpose, useBias, wscale, initscheme: scheme } = read;
    [this.outsize, this.transpose, this.useBias] = [outsize, transpose, useBias];
    this.sized<Linear>({
      name: 'insize',
      given: read.insize,
      of: (shape) => shape.at(-1),
      makes: {
        W: (insize) => {
          const shape = transpose ? [outsize, insize] : [insize, outsize];
          const values = initialise(shape, { scheme, wscale }, { in: insize, out: outsize });
          return parameter(values, { shape, name: 'W', wc: 1 });
        },
        b: () => (useBias ? parameter(new Float32Array(outsize), { name: 'b' }) : null),
      },
    });
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const [received, expected] = [shapeText(shape), `[batch, ${this.insize}]`];
    if (shape.length < 2) {
      throw this.shapeError(`input ${received} is not a matrix`, { expected, received, hint: 'Add the batch axis' });
    }
    if (shape.at(-1) !== this.insize) {
      const fitsFlattened = shape.length > 2 && sizeOf(shape.slice(1)) === this.insize;
      throw this.shapeError(`input ${received} has ${shape.at(-1)} columns, W was built for ${this.insize}`, {
        expected,
        received,
        hint: fitsFlattened ? 'Put a Flatten before it' : `Use new Linear(${shape.at(-1)}, ${this.outsize})`,
      });
    }
    return [...shape.slice(0, -1), this.outsize];
  }

  protected override updateData(data: Variable): Variable {
    const rows = data.shape.length === 2 ? data : reshape(data, [-1, this.insize]);
    const y = matmul(rows, this.W, { transposeB: this.transpose, ...(this.b ? { bias: this.b } : {}) });
    return rows === data ? y : reshape(y, this.dataShapeFrom(data.shape));
  }

  override extraRepr(): string {
    return [this.shown('insize'), this.outsize, ...(this.useBias ? [] : ['useBias=false'])].join(', ');
  }
}
