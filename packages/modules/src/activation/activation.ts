import { Module, named, option, optionsOf, ValueError, Variable, where, type Given } from '@tessera-nn/core';
import { didYouMean, isPlainObject, sameShape } from '@tessera-nn/core/internal';
import { overwrite } from '../inplace/inplace.js';
import {
  activationAliases,
  activationKinds,
  type ActivationAlias,
  type ActivationKind,
  type ActivationName,
} from './kinds.js';
import { sliceMask, type FlatSlice } from './slice.js';

const options = optionsOf('Activation', {
  activation: option.kind<ActivationName | ActivationAlias>('a name', (value) => typeof value === 'string'),
  /** Acts on these elements of the flat input only; the others pass unchanged, forward and backward. */
  slc: option.kind<FlatSlice>('a slice { start, stop, step }', isSlice).or(null),
  /** Writes the result over the input. Default false. */
  inplace: option.flag.or(false),
  ...named,
  /** Replaces the kind's presets: leakyRelu 0.01; elu 1; clip 0, 6. */
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
 * | `leakyRelu` a = 0.01 | x > 0 ? x : a x | x > 0 ? 1 : a |
 * | `elu` a = 1 | x > 0 ? x : a (e^x - 1) | x > 0 ? 1 : a e^x |
 * | `softPlus` | ln(1 + e^x) | 1 - e^-y |
 * | `silu` | x sigmoid(x) | s (1 + x (1 - s)), s = sigmoid(x) |
 * | `clip` 0, 6 | x between the bounds | 1 between, 0 on and outside the bounds |
 *
 * Gradients are computed from the output, so the input is freed, but for elu, silu and a negative `a` of leakyRelu.
 * NaN stays NaN; infinities give the limits, but silu of -Infinity is NaN.
 *
 * PyTorch's names `ReLU`, `ReLU6` (clip 0, 6), `LeakyReLU`, `ELU`, `Sigmoid`, `SiLU`, `Tanh` and `Softplus` are the same functions.
 *
 * Shapes: any to the same. Source: PuzzleLib's `Activation`, in forms that do not overflow.
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
  #mask: Variable | undefined;

  constructor(
    activation: ActivationName | ActivationAlias,
    slc?: FlatSlice | null,
    inplace?: boolean,
    name?: string,
    args?: readonly number[],
  );
  constructor(options: ActivationOptions);
  constructor(...given: unknown[]) {
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
    if (this.#mask && sameShape(this.#mask.shape, data.shape) && !this.#mask.released) return this.#mask;
    this.#mask?.dispose();
    this.#mask = new Variable(sliceMask(data.size, this.slc!), { shape: data.shape, dtype: 'bool' }).keep();
    return this.#mask;
  }

  override dispose(): void {
    super.dispose();
    this.#mask?.dispose();
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
    if (this.activation === 'clip' && chosen[0]! >= chosen[1]!) {
      throw new ValueError(`${this.label}: the bounds of clip are in the wrong order`, {
        path: this.path,
        expected: 'low < high',
        received: `[${chosen.join(', ')}]`,
      });
    }
    return chosen;
  }
}

function canonical(name: ActivationName | ActivationAlias): ActivationName {
  return Object.hasOwn(activationAliases, name) ? activationAliases[name as ActivationAlias] : (name as ActivationName);
}

function isSlice(value: unknown): boolean {
  return isPlainObject(value) && Object.keys(value).every((name) => ['start', 'stop', 'step'].includes(name));
}
