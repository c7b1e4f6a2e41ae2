import {
  einsum,
  Module,
  named,
  option,
  optionsOf,
  parameter,
  randomStream,
  reshape,
  add,
  type Arguments,
  type Given,
  type Variable,
} from '@tessera-nn/core';
import { filled, sameShape, shapeText, sizeOf } from '@tessera-nn/core/internal';

const options = optionsOf('Bilinear', {
  /** Columns of the first input. */
  insize1: option.count,
  /** Columns of the second. */
  insize2: option.count,
  outsize: option.count,
  /** Default true. */
  useBias: option.flag.or(true),
  ...named,
});
export type BilinearOptions = Given<typeof options>;

/**
 * What two inputs have to say together: y[o] = x1^T W[o] x2 + b[o].
 *
 * dx1 = sum g[o] W[o] x2, dx2 = sum g[o] W[o]^T x1, dW[o] = g[o] x1 x2^T, db = the column sums of g. Initially both are uniform
 * between -1 / sqrt(insize1) and 1 / sqrt(insize1).
 *
 * Shapes: a list of `[batch, ..., insize1]` and `[batch, ..., insize2]` to `[batch, ..., outsize]`. W is
 * `[outsize, insize1, insize2]`, b is `[outsize]`. Only W decays under weight decay. Source: PyTorch's `Bilinear`.
 *
 * @example
 * new Bilinear(20, 30, 40);
 * @throws ShapeError when the inputs are not two, have other columns, or differ in front of them.
 */
export class Bilinear extends Module<readonly Variable[], Variable> {
  static override readonly className = 'Bilinear';

  readonly insize1: number;
  readonly insize2: number;
  readonly outsize: number;
  W: Variable;
  b: Variable | null;

  constructor(
    ...given: Arguments<
      [insize1: number, insize2: number, outsize: number, useBias?: boolean, name?: string],
      BilinearOptions
    >
  ) {
    const read = options.arguments(given);
    super(read, read);
    [this.insize1, this.insize2, this.outsize] = [read.insize1, read.insize2, read.outsize];
    const bound = 1 / Math.sqrt(this.insize1);
    const drawn = (shape: readonly number[]) => filled(shape, 0).map(() => randomStream().uniform(-bound, bound));
    const shape = [this.outsize, this.insize1, this.insize2];
    this.W = parameter(drawn(shape), { shape, name: 'W', wc: 1 });
    this.b = read.useBias ? parameter(drawn([this.outsize]), { name: 'b' }) : null;
  }

  override get takes() {
    return 'list' as const;
  }

  override dataShapeFrom(shapes: readonly (readonly number[])[]): number[] {
    const [first = [], second = []] = shapes;
    const rows = first.slice(0, -1);
    const sizes = [first.at(-1), second.at(-1)];
    if (
      shapes.length === 2 &&
      rows.length > 0 &&
      sameShape(rows, second.slice(0, -1)) &&
      sameShape(sizes as number[], [this.insize1, this.insize2])
    )
      return [...rows, this.outsize];
    throw this.shapeError('the inputs do not fit', {
      expected: `[batch, ..., ${this.insize1}] and [batch, ..., ${this.insize2}], alike in front`,
      received: shapes.map(shapeText).join(' and '),
    });
  }

  protected override updateData(data: readonly Variable[]): Variable {
    const { W, b } = this;
    const shape = this.dataShapeFrom(data.map((part) => part.shape));
    const rows = sizeOf(shape.slice(0, -1));
    const [x1, x2] = data.map((part) => reshape(part, [rows, part.shape.at(-1)!])) as [Variable, Variable];
    const y = einsum('ni,oij,nj->no', x1, W, x2);
    return reshape(b ? add(y, b) : y, shape);
  }

  override extraRepr(): string {
    const { insize1, insize2, outsize, b } = this;
    return [`${insize1}, ${insize2}, ${outsize}`, ...options.changes({ useBias: b !== null })].join(', ');
  }
}
