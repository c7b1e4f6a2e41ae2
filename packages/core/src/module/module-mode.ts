import { ModuleError, ValueError } from '@tessera-nn/kernels';
import type { Dtype } from '../variable/array-data.js';
import { watchedSurroundings } from '../surroundings.js';
import { ModuleState } from './module-state.js';
import type { AnyModule } from './module.js';

/** The switches of a module: training or not, its number type, and the flag for quantization. */
export abstract class ModuleMode extends ModuleState {
  #training = true;
  #calcType: Dtype | undefined;
  #quantizeDisabled = false;

  /** The number types the module takes. */
  protected get dtypes(): readonly Dtype[] {
    return ['float32'];
  }

  /** Those of them that `calcMode` left. */
  protected get acceptedDtypes(): readonly Dtype[] {
    return this.#calcType ? [this.#calcType] : this.dtypes;
  }

  /** Forgets the last input, output and gradient. */
  abstract reset(): this;

  /** Whether it is in train mode, which it starts in. */
  get training(): boolean {
    watchedSurroundings()?.noteMode(this, this.#training);
    return this.#training;
  }

  /** @internal Puts the mode of this module back, and lets it remember its last call. */
  restoreMode(training: boolean): void {
    watchedSurroundings()?.noteMode(this, this.#training);
    this.#training = training;
  }

  /**
   * Puts this module into train mode or out of it, and by default everything below it, calling `train(mode, false)` of
   * each, which a module may override. What the last forward kept is forgotten.
   *
   * @throws ValueError when the mode is no boolean.
   */
  train(mode = true, recursive = true): this {
    if (typeof mode !== 'boolean') {
      throw new ValueError('train() is told whether to train', {
        path: 'train',
        expected: 'true or false',
        received: String(mode),
      });
    }
    this.restoreMode(mode);
    this.reset();
    if (recursive) for (const module of [...this.namedChildren({ recursive })]) module[1].train(mode, false);
    return this;
  }

  /** The same as `train(false)`. */
  eval(): this {
    return this.train(false);
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
    for (const [, module] of modules) (module as ModuleMode).#calcType = dtype;
    return this;
  }

  /** Whether `disableQuantize` was called on it. */
  get quantizeDisabled(): boolean {
    return this.#quantizeDisabled;
  }

  /** Sets a flag on this module and everything below it, as MegEngine's `disable_quantize` does; nothing here reads it. */
  disableQuantize(value = true): this {
    for (const module of this.modules() as Iterable<AnyModule & ModuleMode>) module.#quantizeDisabled = value;
    return this;
  }
}
