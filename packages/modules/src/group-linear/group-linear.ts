import {
  add,
  initialise,
  initscheme,
  matmul,
  Module,
  named,
  option,
  optionsOf,
  parameter,
  reshape,
  transpose,
  ValueError,
  type Arguments,
  type Given,
  type InitScheme,
  type Variable,
} from '@tessera-nn/core';
import { filled, shapeText } from '@tessera-nn/core/internal';

const options = optionsOf(
  'GroupLinear',
  {
    /** How many groups; null for as many as come, which all need one W. */
    groups: option.count.or(null),
    /** Default: that of the first input. */
    insize: option.count.optional,
    outsize: option.count,
    /** Spread of the schemes `gaussian` and `uniform`. Default 1. */
    wscale: option.number.or(1),
    /** Whether there is a W. Without it y = x + b. Default true. */
    useW: option.flag.or(true),
    /** Default true. */
    useBias: option.flag.or(true),
    /** Default `xavier_uniform`, scaled by the inputs of a group. */
    initscheme: initscheme.or(null),
    /** `one`: there is one group of inputs, which all groups are given. Default `full`. */
    inmode: option.oneOf('full', 'one').or('full'),
    /** `one`: all groups have the same W and b. Default `full`. */
    wmode: option.oneOf('full', 'one').or('full'),
    /** Which axis is the batch, 0 or 1; the other one of the two is the groups. Default 0. */
    batchDim: option.kind<0 | 1>('0 or 1', (value) => value === 0 || value === 1).or(0),
    ...named,
  },
  {
    /** Keeps each W as [outsize, insize], and multiplies by its transpose. Default false. */
    transpW: option.flag.or(false),
  },
);
export type GroupLinearOptions = Given<typeof options>;

/**
 * A fully connected layer for each of several groups, at once: y[k] = x[k] W[k] + b[k].
 *
 * dx[k] = g[k] W[k]^T, dW[k] = x[k]^T g[k], db[k] = the column sums of g[k]; what is shared by the groups gets the sum over
 * them. Initially W by `initscheme`, b zeros.
 *
 * Shapes: `[batch, groups, insize]` to `[batch, groups, outsize]`; with `batchDim: 1` the first two axes are the other way
 * around, with `inmode: 'one'` there is one group of inputs. W is `[groups, insize, outsize]` and b `[groups, outsize]`, both
 * with one group for `wmode: 'one'`. Only W decays under weight decay. Source: PuzzleLib's `GroupLinear`.
 *
 * @example
 * new GroupLinear(4, 16, 8);
 * @throws ValueError when there is neither W nor b, or no count of groups where groups differ; ShapeError when the input has
 * other groups or columns.
 */
export class GroupLinear extends Module {
  static override readonly className = 'GroupLinear';

  readonly groups: number | null;
  readonly insize!: number;
  readonly outsize!: number;
  readonly inmode: 'full' | 'one';
  readonly wmode: 'full' | 'one';
  readonly batchDim: 0 | 1;
  readonly transpW: boolean;
  W!: Variable | null;
  b!: Variable | null;

  constructor(
    ...given: Arguments<
      [
        groups: number | null,
        insize: number,
        outsize: number,
        wscale?: number,
        useW?: boolean,
        useBias?: boolean,
        initscheme?: InitScheme,
        inmode?: 'full' | 'one',
        wmode?: 'full' | 'one',
        batchDim?: 0 | 1,
        name?: string,
      ],
      GroupLinearOptions
    >
  ) {
    const read = options.arguments(given);
    super(read, read);
    const { groups, inmode, wmode, useW, useBias, wscale, transpW, initscheme: scheme } = read;
    [this.groups, this.inmode, this.wmode] = [groups, inmode, wmode];
    [this.batchDim, this.transpW] = [read.batchDim, transpW];
    if (!useW && !useBias) this.#refuse('it has neither W nor b', 'useW or useBias', 'neither');
    if (groups === null && (wmode === 'full' || inmode === 'one')) {
      this.#refuse(
        'how many groups there are must be said',
        "a count, unless inmode is 'full' and wmode 'one'",
        'null',
      );
    }
    const own = wmode === 'one' ? 1 : groups!;
    const outsize = (insize: number) => (useW ? read.outsize : insize);
    this.sized<GroupLinear>({
      name: 'insize',
      given: read.insize,
      of: (shape) => shape[2],
      makes: {
        outsize,
        W: (insize) => {
          if (!useW) return null;
          const shape = transpW ? [own, read.outsize, insize] : [own, insize, read.outsize];
          const values = initialise(shape, { scheme, wscale }, { in: insize, out: read.outsize });
          return parameter(values, { shape, name: 'W', wc: 1 });
        },
        b: (insize) => {
          const shape = [own, outsize(insize)];
          return useBias ? parameter(filled(shape, 0), { shape, name: 'b' }) : null;
        },
      },
    });
  }

  #refuse(problem: string, expected: string, received: string): never {
    throw new ValueError(`${this.label}: ${problem}`, { path: this.path, expected, received });
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const { batchDim, insize, outsize, groups, inmode } = this;
    const wanted = inmode === 'one' ? 1 : groups;
    const along = shape[1 - batchDim];
    if (shape.length !== 3 || shape[2] !== insize || (wanted !== null && along !== wanted)) {
      const sizes = ['batch', wanted ?? 'groups'];
      throw this.shapeError(`input ${shapeText(shape)} does not fit`, {
        expected: `[${(batchDim ? sizes.reverse() : sizes).join(', ')}, ${insize}]`,
        received: shapeText(shape),
      });
    }
    const both = [shape[batchDim]!, groups ?? along!];
    return [...(batchDim ? both.reverse() : both), outsize];
  }

  protected override updateData(data: Variable): Variable {
    const { W, b, batchDim, transpW } = this;
    const turned = (x: Variable) => (batchDim ? x : transpose(x, [1, 0, 2]));
    const x = turned(data);
    const product = W ? matmul(x, W, { transposeB: transpW }) : x;
    const y = b ? add(product, reshape(b, [b.shape[0]!, 1, this.outsize])) : product;
    return turned(y);
  }

  override extraRepr(): string {
    const { groups, inmode, wmode, batchDim } = this;
    const { useW, useBias } = this.getBlueprint().options;
    const sizes = [String(groups), this.shown('insize'), this.shown('outsize')].join(', ');
    return [sizes, ...options.changes({ useW, useBias, inmode, wmode, batchDim })].join(', ');
  }
}
