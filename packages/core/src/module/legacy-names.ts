import { DtypeError, ModuleError, type Shapes } from '@tessera-nn/kernels';
import type { Dtype } from '../variable/array-data.js';
import type { Variable } from '../variable/variable.js';
import { gradShapeFrom } from './grad-shape.js';
import { ModuleContents } from './module-contents.js';
import type { AnyModule } from './module.js';
import { replaceParameters } from './names.js';

/** What other frameworks call it, PuzzleLib and MegEngine first: their users find here what they look for. */
export abstract class LegacyNames extends ModuleContents {
  #calcType: Dtype | undefined;
  #quantizeDisabled = false;

  /** PuzzleLib's name for `zeroGrad`. */
  zeroGradParams(): this {
    return this.zeroGrad();
  }

  /** PuzzleLib's name for `train(true)`. */
  trainMode(): this {
    return this.train(true);
  }

  /** PuzzleLib's name for `train(false)`. */
  evalMode(): this {
    return this.train(false);
  }

  /**
   * The shape of the input's gradient for that of the output's: the shape of the input. Where several inputs give one output
   * it is the one of the last `forward`, with the batch that is asked for. PuzzleLib's.
   *
   * @throws AutogradError before there was one, ShapeError for another output than it gave.
   */
  gradShapeFrom(this: AnyModule, shape: Shapes): Shapes {
    return gradShapeFrom(this, shape);
  }

  /**
   * Replaces parameters by their places, counted in sorted order from `start`; a shared one everywhere it is held.
   * MegEngine's deprecated way, kept for its users: `setVar` says what it replaces.
   *
   * @returns how many parameters were counted.
   * @throws ModuleError for a place that is none, ShapeError or DtypeError for a Variable that does not fit; nothing is
   * replaced then.
   */
  replaceParam(
    this: AnyModule,
    replacements: ReadonlyMap<number, Variable> | Record<number, Variable>,
    start = 0,
  ): number {
    return replaceParameters(this, replacements, start);
  }

  /**
   * Brings what holds fractions into a number type. There is one that all backends can train in, `float32`, so it changes
   * nothing and refuses the others; whole numbers and booleans stay what they are, as in PyTorch.
   *
   * @throws DtypeError for another number type.
   */
  to(how: { dtype: 'float32' }): this {
    const { dtype } = how ?? {};
    if (dtype === 'float32') return this;
    throw new DtypeError('A module cannot be brought into this number type', {
      path: 'to',
      expected: 'float32',
      received: String(dtype),
      hint: 'Parameters are float32 on every backend',
    });
  }

  /** Those of them that `calcMode` left. */
  protected get acceptedDtypes(): readonly Dtype[] {
    return this.#calcType ? [this.#calcType] : this.dtypes;
  }

  /**
   * Fixes the number type of the input for this module and everything below it, where it takes several (PuzzleLib's
   * `calcMode`); parameters keep theirs.
   *
   * @throws ModuleError when a module does not take it, with its path; nothing is changed then.
   */
  calcMode(dtype: Dtype): this {
    const modules = [...this.namedModules()];
    for (const [path, module] of modules) {
      if (module.dtypes.includes(dtype)) continue;
      throw new ModuleError(`${module.label} cannot calculate in ${dtype}`, {
        path: path || module.path,
        expected: module.dtypes.join(' or '),
        received: String(dtype),
      });
    }
    for (const [, module] of modules) module.#calcType = dtype;
    return this;
  }

  /** Whether `disableQuantize` was called on it. */
  get quantizeDisabled(): boolean {
    return this.#quantizeDisabled;
  }

  /** Sets a flag on this module and everything below it, as MegEngine's `disable_quantize` does; nothing here reads it. */
  disableQuantize(value = true): this {
    for (const module of this.modules()) module.#quantizeDisabled = value;
    return this;
  }
}
