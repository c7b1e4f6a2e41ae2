import { disposeSymbol, ValueError } from '@tessera-nn/kernels';
import { noGrad } from '../autograd/grad-mode.js';
import { affine, sub } from '../ops/index.js';
import { watchedSideEffects } from '../checkpoint/side-effects.js';
import type { Dtype } from '../variable/array-data.js';
import type { VariableSource } from '../variable/read-source.js';
import { Variable } from '../variable/variable.js';
import { freeze, unfreeze } from './freeze.js';
import { loadStateDict, type LoadReport, type LoadStateOptions, type StateReader } from './load-state.js';
import { ModuleSizes } from './module-sizes.js';
import type { AnyModule } from './module.js';
import { findModule, findVariable, putVariable, variableAt } from './names.js';
import { stateDict, stateDictOptions, variableDict } from './state-dict.js';
import type { StateDict, StateDictOptions, StateSource, VariableDict } from './state-dict.js';

/**
 * What a module holds: by dotted name, all at once, as a state to be saved, and the mode that all of it is in.
 *
 * Every name that leads somewhere works, also the second one of something shared; what is done to all is done to a shared
 * parameter once.
 */
export abstract class ModuleContents extends ModuleSizes {
  #training = true;

  // ---- by name

  /** The module at a dotted path; the empty one is this module. @throws ModuleError naming the nearest path. */
  getSubmodule(this: AnyModule, path: string): AnyModule {
    return findModule(this, path);
  }

  /** The parameter of that name; dotted names reach into children. @throws ModuleError naming the nearest. */
  getVar(this: AnyModule, name: string): Variable {
    return findVariable(this, 'parameter', name);
  }

  /**
   * Puts a Variable in place of a parameter, or in a field that is declared and still empty; dotted names reach into
   * children. It keeps the old one's weight-decay factor and constraint, and whether it learns.
   *
   * @throws ShapeError when the shapes differ, DtypeError when the number types do, ModuleError when the module has no such
   * parameter, naming the nearest.
   */
  setVar<Self extends AnyModule>(this: Self, name: string, variable: Variable): Self {
    putVariable(this, 'parameter', name, variable);
    return this;
  }

  /** The buffer of that name. @throws ModuleError naming the nearest. */
  getAttr(this: AnyModule, name: string): Variable {
    return findVariable(this, 'buffer', name);
  }

  /**
   * Stores a buffer: a tensor that is saved with the module but not learned.
   *
   * @throws ModuleError when the module holds something else under that name.
   */
  setAttr<Self extends AnyModule>(this: Self, name: string, value: Variable | VariableSource): Self {
    putVariable(this, 'buffer', name, value instanceof Variable ? value : new Variable(value));
    return this;
  }

  /** Whether there is a buffer of that name, be it the first or a second one. */
  hasAttr(this: AnyModule, name: string): boolean {
    return variableAt(this, name)?.isParameter === false;
  }

  // ---- parameters

  /** Forgets the gradients of all parameters: they are null afterwards, as PyTorch has it, not zeros. */
  zeroGrad(): this {
    for (const variable of this.tensorsSoFar()) variable.zeroGrad();
    return this;
  }

  /** Stops parameters from learning (`requiresGrad = false`) and forgets their gradients. */
  freeze(recursive = true): this {
    for (const variable of this.parameters({ recursive })) freeze(variable);
    return this;
  }

  /** Lets learn again what `freeze` stopped, and nothing that never learned. */
  unfreeze(recursive = true): this {
    for (const variable of this.parameters({ recursive })) unfreeze(variable);
    return this;
  }

  /** One step of plain gradient descent: W -= learnRate dLoss/dW, for every parameter that has a gradient. */
  updateParams(learnRate: number): this {
    noGrad(() => {
      for (const variable of this.parameters()) {
        if (!variable.gradStorage) continue;
        const grad = new Variable(variable.gradStorage.retain());
        const step = affine(grad, learnRate, 0);
        const next = sub(variable, step);
        const allowed = variable.constraint?.(next) ?? next;
        variable.replaceStorage(allowed.storage.retain());
        for (const made of new Set([grad, step, next, allowed])) made.releaseMemory();
      }
    });
    return this;
  }

  /** How many numbers it learns, frozen ones included; a shared parameter counts once. */
  numOfParams(): number {
    let count = 0;
    for (const variable of this.parameters()) count += variable.size;
    return count;
  }

  /** The memory of its parameters in bytes, or in units of 1024 or 1024^2 bytes. */
  paramSize(unit?: 'kb' | 'mb'): number {
    const bytes = this.numOfParams() * 4;
    return unit === 'kb' ? bytes / 2 ** 10 : unit === 'mb' ? bytes / 2 ** 20 : bytes;
  }

  /** Frees its parameters and buffers, and those below it; it cannot be used afterwards. */
  dispose(): void {
    for (const variable of this.tensorsSoFar()) variable.dispose();
  }
  [disposeSymbol](): void {
    this.dispose();
  }

  // ---- values

  /**
   * All parameters and buffers by dotted path, a shared one once, under the name that comes first.
   *
   * Without options the values as they are now, in the memory they lie in: nothing is copied, and what happens to the
   * module later does not show. With `keepVar` the module's own Variables. With `to: 'cpu'` a Promise of shapes and typed
   * arrays. MegEngine's order of arguments is taken, too.
   */
  stateDict(this: AnyModule, options?: Omit<StateDictOptions, 'to'>): VariableDict;
  stateDict(
    this: AnyModule,
    options: { to: 'cpu'; prefix?: string; rst?: Record<string, unknown> },
  ): Promise<StateDict>;
  stateDict(this: AnyModule, rst: Record<string, unknown> | null, prefix?: string, keepVar?: boolean): VariableDict;
  stateDict(this: AnyModule, ...given: unknown[]): VariableDict | Promise<StateDict> {
    const inOrder = given.length > 1 || given[0] === null;
    const options = inOrder ? stateDictOptions.arguments(given) : stateDictOptions.read(given[0] as StateDictOptions);
    return options.to === 'cpu' ? stateDict(this, options) : variableDict(this, options);
  }

  /**
   * Puts values into the parameters and buffers, which stay the same objects and keep their number types. Everything is
   * checked before anything changes. A shared parameter may come under any of its names.
   *
   * @param state values by dotted path, or a function that gives them for each path; null leaves a tensor as it is.
   * @throws ModuleError listing what is missing, unexpected, or of another shape or number type. Not `strict`, names may be
   *   missing or left over, and are reported; shapes must fit all the same.
   */
  loadStateDict(
    this: AnyModule,
    state: Record<string, StateSource> | StateReader,
    options?: LoadStateOptions,
  ): LoadReport {
    return loadStateDict(this, state, options);
  }

  // ---- mode

  /** The number types the module takes. */
  protected get dtypes(): readonly Dtype[] {
    return ['float32'];
  }

  /** Forgets the last input, output and gradient. */
  abstract reset(): this;

  /** Whether it is in train mode, which it starts in. */
  get training(): boolean {
    watchedSideEffects()?.noteMode(this, this.#training);
    return this.#training;
  }

  /** @internal Puts the mode of this module back, and lets it remember its last call. */
  restoreMode(training: boolean): void {
    watchedSideEffects()?.noteMode(this, this.#training);
    this.#training = training;
  }

  /**
   * Puts this module into train mode or out of it, and by default everything below it, calling `train(mode, false)` of
   * each, which a module may override. What the last forward kept is forgotten.
   *
   * @throws ValueError when the mode is not a boolean.
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
}
