import {
  Module,
  named,
  option,
  optionsOf,
  ValueError,
  Variable,
  where,
  type Arguments,
  type Given,
} from '@tessera-nn/core';
import { didYouMean } from '@tessera-nn/core/internal';
import { overwrite } from '../inplace/inplace.js';
import {
  activationAliases,
  activationKinds,
  type ActivationAlias,
  type ActivationKind,
  type ActivationName,
} from './kinds.js';
import { isSlice, sliceMask, type FlatSlice } from './slice.js';

const options = optionsOf('Activation', {
  activation: option.kind<ActivationName | ActivationAlias>('a name', (value) => typeof value === 'string'),
  /** Acts on these elements of the flat input only; the others pass unchanged, forward and backward. */
  slc: option.kind<FlatSlice>('a slice { start, stop, step }', isSlice).or(null),
  /** Writes the result over the input. Default false. */
  inplace: option.flag.or(false),
  ...named,
  /** Replaces the kind's presets, in the order of the table below. */
  args: option.listOf(option.number, 'finite numbers').or([]),
});
export type ActivationOptions = Given<typeof options>;

/**
 * A fixed nonlinearity, by name.
 *
 * | name | y | dy/dx |
 * |---|---|---|
 * | `sigmoid` | 1 / (1 + e^-x) | y (1 - y) |
 * | `tanh` | tanh x | 1 - y^2 |
 * | `relu` | x <= 0 ? 0 : x | y <= 0 ? 0 : 1 |
 * | `leakyRelu` slope = 0.01 | x > 0 ? x : slope x | x > 0 ? 1 : slope |
 * | `elu` alpha = 1 | x > 0 ? x : alpha (e^x - 1) | x > 0 ? 1 : alpha e^x |
 * | `softPlus` | ln(1 + e^x) | 1 - e^-y |
 * | `clip` low = 0, high = 6 | x between the bounds | 1 between, 0 on and outside the bounds |
 * | `hardTanh` low = -1, high = 1 | the same | the same |
 * | `silu` | x s, s = sigmoid x | s (1 + x (1 - s)) |
 * | `mish` | x t, t = tanh(ln(1 + e^x)) | t + x (1 - t^2) sigmoid x |
 * | `gelu` | x p, p = (1 + erf(x / sqrt 2)) / 2 | p + x e^(-x^2 / 2) / sqrt(2 pi) |
 * | `geluTanh` | x s, s = sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)) | s + x s (1 - s) 2 sqrt(2 / pi) (1 + 0.134145 x^2) |
 * | `selu` | 1.0507 (x > 0 ? x : 1.6733 (e^x - 1)) | 1.0507 (x > 0 ? 1 : 1.6733 e^x) |
 * | `celu` alpha = 1 | x > 0 ? x : alpha (e^(x / alpha) - 1) | x > 0 ? 1 : e^(x / alpha) |
 * | `hardSigmoid` | (x + 3) / 6 between 0 and 1 | 1 / 6 between, 0 on and outside the bounds |
 * | `hardSwish` | x hardSigmoid x | (2 x + 3) / 6 between -3 and 3, 0 and 1 outside |
 * | `logSigmoid` | -ln(1 + e^-x) | 1 - e^y |
 * | `softSign` | x / (1 + abs x) | 1 / (1 + abs x)^2 |
 * | `tanhShrink` | x - tanh x | tanh^2 x |
 * | `softShrink` lambda = 0.5 | x without lambda of its size, 0 where nothing is left | y = 0 ? 0 : 1 |
 * | `hardShrink` lambda = 0.5 | x, 0 where abs x <= lambda | y = 0 ? 0 : 1 |
 * | `threshold` threshold = 0, value = 0 | x <= threshold ? value : x | x <= threshold ? 0 : 1 |
 *
 * Gradients are computed from the output where it tells them, so the input is freed: sigmoid, tanh, relu, leakyRelu of no
 * negative slope, softPlus, logSigmoid, clip and what begins with hard or ends in Shrink, but for hardSwish and tanhShrink.
 * NaN stays NaN; infinities give the limits, but silu and mish of -Infinity are NaN.
 *
 * PyTorch's names, `ReLU`, `Hardswish` and the others, are the same functions; as classes they are in `classes.ts`.
 *
 * Shapes: any to the same. Source: PuzzleLib's `Activation`, in forms that do not overflow, and PyTorch's further ones.
 *
 * @example
 * new Activation('leakyRelu', undefined, false, 'act', [0.2]);
 * @throws ValueError for an unknown name, naming the nearest, or for too many or unfit `args`.
 */
export class Activation extends Module {
  static override readonly className = 'Activation';

  readonly activation: ActivationName;
  readonly args: readonly number[];
  readonly slc: FlatSlice | null;
  readonly #inplace: boolean;
  readonly #kind: ActivationKind;
  #mask: Uint8Array | undefined;

  constructor(
    ...given: Arguments<
      [
        activation: ActivationName | ActivationAlias,
        slc?: FlatSlice | null,
        inplace?: boolean,
        name?: string,
        args?: readonly number[],
      ],
      ActivationOptions
    >
  ) {
    const read = options.arguments(given);
    const activation = canonical(read.activation);
    super(read, { ...read, activation });
    this.activation = activation;
    this.slc = read.slc;
    this.#inplace = read.inplace;
    this.#kind = this.#findKind();
    this.args = this.#checkArgs(read.args);
    if (this.slc) sliceMask(0, this.slc); // refuses a bad slice now rather than at the first forward
  }

  override get inplace(): boolean {
    return this.#inplace;
  }

  override get gradUsesOutData(): boolean {
    return true;
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }

  protected override updateData(data: Variable): Variable {
    const all = this.#kind.apply(data, this.args);
    const output = this.slc ? where(this.#maskFor(data), all, data) : all;
    if (this.#inplace) overwrite(this, data, output);
    return output;
  }

  override extraRepr(): string {
    const parts = [this.activation, ...this.#kind.args.map(([name], i) => `${name}=${this.args[i]}`)];
    if (this.slc) parts.push(`slc=${JSON.stringify(this.slc)}`);
    if (this.#inplace) parts.push('inplace=true');
    return parts.join(', ');
  }

  #maskFor(data: Variable): Variable {
    if (this.#mask?.length !== data.size) this.#mask = sliceMask(data.size, this.slc!);
    return new Variable(this.#mask, { shape: data.shape, dtype: 'bool' });
  }

  #findKind(): ActivationKind {
    const kind: ActivationKind | undefined = Object.hasOwn(activationKinds, this.activation)
      ? activationKinds[this.activation]
      : undefined;
    if (kind) return kind;
    const known = [...Object.keys(activationKinds), ...Object.keys(activationAliases)];
    throw new ValueError(`${this.label}: unknown activation "${this.activation}"`, {
      path: this.path,
      expected: `one of ${known.join(', ')}`,
      received: `"${this.activation}"`,
      hint: didYouMean(String(this.activation), known),
    });
  }

  #checkArgs(args: readonly number[]): readonly number[] {
    const presets = this.#kind.args;
    const names = presets.map(([name]) => name).join(', ');
    if ((args.length > 0 && args.length !== presets.length) || args.some((value) => !Number.isFinite(value))) {
      throw new ValueError(`${this.label}: args do not fit "${this.activation}"`, {
        path: this.path,
        expected: presets.length ? `finite numbers: ${names}` : 'none',
        received: `[${args.join(', ')}]`,
      });
    }
    const chosen = args.length > 0 ? [...args] : presets.map(([, preset]) => preset);
    const [holds, expected] = this.#kind.requires ?? [() => true, ''];
    if (!holds(Object.fromEntries(presets.map(([name], i) => [name, chosen[i]!])))) {
      throw new ValueError(`${this.label}: args do not fit "${this.activation}"`, {
        path: this.path,
        expected,
        received: `[${chosen.join(', ')}]`,
      });
    }
    return chosen;
  }
}

function canonical(name: ActivationName | ActivationAlias): ActivationName {
  return Object.hasOwn(activationAliases, name) ? activationAliases[name as ActivationAlias] : (name as ActivationName);
}
