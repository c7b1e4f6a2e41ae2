import { replacementFrom } from '../autograd/hook-result.js';
import { HookList, type HookHandle } from '../hooks.js';
import type { Variable } from '../variable/variable.js';
import { probed } from './backward-probe.js';
import { ModuleMode } from './module-mode.js';
import type { Module } from './module.js';

/** Sees a module's input before it is checked; a Variable that it returns takes the input's place. */
export type ForwardPreHook = (module: Module, input: Variable) => Variable | null | void;

/** Sees a module's input and output; a Variable that it returns takes the output's place. */
export type ForwardHook = (module: Module, input: Variable, output: Variable) => Variable | null | void;

/**
 * Sees dLoss/dInput and dLoss/dOutput of one call of a module; a Variable that it returns takes the place of the first.
 * The gradient of an input of whole numbers or booleans is null.
 */
export type BackwardHook = (module: Module, gradInput: Variable | null, gradOutput: Variable) => Variable | null | void;

/**
 * Functions that run with each call of a module, in the order of registration, each on what the one before returned.
 *
 * They are synchronous: a Promise is refused with a ModuleError. What they are shown is freed after the call or the
 * backward pass; call `keep()` on it, or `detach().keep()`, to look at it later. Names and rules are PyTorch's; a hook
 * that is removed while others run is not called any more.
 */
export abstract class ModuleHooks extends ModuleMode {
  readonly #forwardPre = new HookList<ForwardPreHook>();
  readonly #forward = new HookList<ForwardHook>();
  readonly #backward = new HookList<BackwardHook>();

  /** Calls a function with the input of each `forward`, before it is checked. */
  registerForwardPreHook(hook: ForwardPreHook): HookHandle {
    return this.#forwardPre.add(hook);
  }

  /** Calls a function with the input, after the pre-hooks, and the output of each `forward`. */
  registerForwardHook(hook: ForwardHook): HookHandle {
    return this.#forward.add(hook);
  }

  /** Calls a function whenever a gradient has passed back through a call made while there was such a hook. */
  registerBackwardHook(hook: BackwardHook): HookHandle {
    return this.#backward.add(hook);
  }

  /** The input after the pre-hooks. */
  protected hookedInput(given: Variable): Variable {
    const module = this as unknown as Module;
    let input = given;
    for (const hook of this.#forwardPre) {
      input = replacementFrom(hook(module, input), `${module.label}: a forward pre-hook`, module.path) ?? input;
    }
    return input;
  }

  /** Runs the module on an input, between the backward hooks and before the forward hooks. */
  protected runHooked(input: Variable, run: (input: Variable) => Variable): Variable {
    const module = this as unknown as Module;
    let output = this.#backward.isEmpty
      ? run(input)
      : probed(input, run, this.#probe, `${module.label}: a backward hook`);
    for (const hook of this.#forward) {
      const given = replacementFrom(hook(module, input, output), `${module.label}: a forward hook`, module.path);
      // A second handle: a container frees what lay between its modules, and the hook's Variable may be somebody's.
      if (given) output = given.alias();
    }
    return output;
  }

  readonly #probe = (gradInput: Variable | null, gradOutput: Variable): Variable | undefined => {
    const module = this as unknown as Module;
    const subject = `${module.label}: a backward hook`;
    let current = gradInput;
    for (const hook of this.#backward) {
      current = replacementFrom(hook(module, current, gradOutput), subject, module.path) ?? current;
    }
    return current === gradInput || !gradInput ? undefined : (current ?? undefined);
  };
}
