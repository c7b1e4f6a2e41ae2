import { disposeSymbol, DtypeError } from '@tessera-nn/kernels';
import { noGrad } from '../autograd/grad-mode.js';
import { affine, sub } from '../ops/index.js';
import { Variable } from '../variable/variable.js';
import { freeze, unfreeze } from './freeze.js';
import { ModuleNames } from './module-names.js';

/** What a module does to all its parameters at once; a shared one comes once. */
export abstract class ModuleParameters extends ModuleNames {
  /** Forgets the gradients of all parameters: they are null afterwards, as PyTorch has it, not zeros. */
  zeroGrad(): this {
    for (const variable of this.parameters()) variable.zeroGrad();
    return this;
  }

  /** PuzzleLib's name for `zeroGrad`. */
  zeroGradParams(): this {
    return this.zeroGrad();
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

  /**
   * Brings what holds fractions into a number type. There is one that all backends can train in, `float32`, so it changes
   * nothing and refuses the others; whole numbers and booleans stay what they are, as in PyTorch.
   *
   * @throws DtypeError for another number type.
   */
  to({ dtype }: { dtype: 'float32' }): this {
    if (dtype === 'float32') return this;
    throw new DtypeError('A module cannot be brought into this number type', {
      path: 'to',
      expected: 'float32',
      received: String(dtype),
      hint: 'Parameters are float32 on every backend',
    });
  }

  /** Frees its parameters and buffers, and those below it; it cannot be used afterwards. */
  dispose(): void {
    for (const variable of this.tensors()) variable.dispose();
  }
  [disposeSymbol](): void {
    this.dispose();
  }
}
