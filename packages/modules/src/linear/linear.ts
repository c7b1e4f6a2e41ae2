import {
  initialise,
  matmul,
  Module,
  parameter,
  type InitScheme,
  type ModuleOptions,
  type Variable,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { checkCounts } from '../window/window.js';

export interface LinearOptions extends ModuleOptions {
  insize: number;
  outsize: number;
  /** Spread of the schemes `gaussian` and `uniform`. Default 1. */
  wscale?: number;
  /** Default true. */
  useBias?: boolean;
  /** Default `xavier_uniform`, scaled by the inputs. */
  initscheme?: InitScheme;
  /** Keeps W as [outsize, insize], PyTorch's layout, and multiplies by its transpose. Default false. */
  transpose?: boolean;
}

/**
 * Fully connected layer: y = x W + b.
 *
 * dx = g W^T, dW = x^T g, db = the column sums of g. Initially W by `initscheme`, b zeros.
 *
 * Shapes: `[batch, insize]` to `[batch, outsize]`; W is `[insize, outsize]` (PuzzleLib's; `transpose` gives PyTorch's),
 * b is `[outsize]`. Only W decays under weight decay. Source: PuzzleLib's `Linear`.
 *
 * @example
 * new Linear(784, 10);
 * @throws ShapeError when the input is no matrix or has another count of columns.
 */
export class Linear extends Module {
  static override readonly className = 'Linear';

  readonly insize: number;
  readonly outsize: number;
  readonly transpose: boolean;
  W: Variable;
  b: Variable | null;

  constructor(
    insize: number,
    outsize: number,
    wscale?: number,
    useBias?: boolean,
    initscheme?: InitScheme,
    name?: string,
  );
  constructor(options: LinearOptions);
  constructor(
    insize: number | LinearOptions,
    outsize = 0,
    wscale = 1,
    useBias = true,
    initscheme?: InitScheme,
    name?: string,
  ) {
    const options = typeof insize === 'object' ? insize : { insize, outsize, wscale, useBias, initscheme, name };
    super(options, {
      insize: options.insize,
      outsize: options.outsize,
      wscale: options.wscale ?? 1,
      useBias: options.useBias ?? true,
      initscheme: options.initscheme ?? null,
      transpose: options.transpose ?? false,
    });
    this.insize = options.insize;
    this.outsize = options.outsize;
    this.transpose = options.transpose ?? false;
    checkCounts(this, { insize: this.insize, outsize: this.outsize });
    const shape = this.transpose ? [this.outsize, this.insize] : [this.insize, this.outsize];
    const init = { scheme: options.initscheme, wscale: options.wscale ?? 1 };
    const values = initialise(shape, init, { in: this.insize, out: this.outsize });
    this.W = parameter(values, { shape, name: 'W', wc: 1 });
    this.b = (options.useBias ?? true) ? parameter(new Float32Array(this.outsize), { name: 'b' }) : null;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const shown = shapeText(shape);
    if (shape.length !== 2) {
      throw this.shapeError(`input ${shown} is no matrix`, {
        expected: `[batch, ${this.insize}]`,
        received: shown,
        hint: shape.length > 2 ? 'Put a Flatten before it' : 'Add the batch axis',
      });
    }
    if (shape[1] !== this.insize) {
      throw this.shapeError(`input ${shown} has ${shape[1]} columns, W was built for ${this.insize}`, {
        expected: `[batch, ${this.insize}]`,
        received: shown,
        hint: `Use new Linear(${shape[1]}, ${this.outsize})`,
      });
    }
    return [shape[0]!, this.outsize];
  }

  protected override updateData(data: Variable): Variable {
    return matmul(data, this.W, { transposeB: this.transpose, ...(this.b ? { bias: this.b } : {}) });
  }

  override extraRepr(): string {
    return [`${this.insize}, ${this.outsize}`, ...(this.b ? [] : ['useBias=false'])].join(', ');
  }
}
