import { AutogradError } from '@tessera-nn/kernels';
import { replacementFrom } from '../autograd/hook-result.js';
import { HookList, type HookHandle } from '../hooks.js';
import type { Variable } from '../variable/variable.js';
import { probed, type BackwardProbe } from './backward-probe.js';
import { isData, mapData, variablesIn, type Data, type GradOf, type Grads } from './data.js';
import type { AnyModule } from './module.js';

// The hooks' types are taken from methods, whose parameters TypeScript compares both ways: a module of Variables is then
// also a module of any data.

/** Sees a module's input before it is checked; what it returns takes the input's place. */
export type ForwardPreHook<Input extends Data = Variable> = {
  hook(module: AnyModule, input: Input): Input | null | void;
}['hook'];

/** Sees a module's input and output; what it returns takes the output's place. */
export type ForwardHook<Input extends Data = Variable, Output extends Data = Variable> = {
  hook(module: AnyModule, input: Input, output: Output): Output | null | void;
}['hook'];

/**
 * Sees dLoss/dInput and dLoss/dOutput of one call of a module; what it returns takes the place of the first, in lists
 * entry by entry. The gradient of an input of whole numbers or booleans is null, and so is what nothing came back for.
 */
export type BackwardHook<Input extends Data = Variable, Output extends Data = Variable> = {
  hook(module: AnyModule, gradInput: GradOf<Input>, gradOutput: GradOf<Output, Variable>): GradOf<Input> | null | void;
}['hook'];

/**
 * Functions that run with each call of a module, in the order of registration, each on what the one before returned.
 *
 * They are synchronous: a Promise is refused with a ModuleError. What they are shown is freed after the call or the
 * backward pass; call `keep()` on it, or `detach().keep()`, to look at it later. Names and rules are PyTorch's; a hook
 * that is removed while others run is not called any more.
 */
export class CallHooks<Input extends Data, Output extends Data> {
  readonly #module: AnyModule;
  readonly #forwardPre = new HookList<ForwardPreHook<Data>>();
  readonly #forward = new HookList<ForwardHook<Data, Data>>();
  readonly #backward = new HookList<BackwardHook<Data, Data>>();

  constructor(module: AnyModule) {
    this.#module = module;
  }

  addForwardPre(hook: ForwardPreHook<Input>): HookHandle {
    return this.#forwardPre.add(hook);
  }

  addForward(hook: ForwardHook<Input, Output>): HookHandle {
    return this.#forward.add(hook);
  }

  addBackward(hook: BackwardHook<Input, Output>): HookHandle {
    return this.#backward.add(hook);
  }

  /** The input after the pre-hooks. */
  inputFor(given: Input): Input {
    let input: Data = given;
    for (const hook of this.#forwardPre) {
      input = this.#replacement(hook(this.#module, input), 'a forward pre-hook') ?? input;
    }
    return input as Input;
  }

  /** Runs the module on an input, between the backward hooks and before the forward hooks. */
  run(input: Input, run: (input: Input) => Output): Output {
    let output: Data = this.#backward.isEmpty ? run(input) : this.#runProbed(input, run);
    for (const hook of this.#forward) {
      const given = this.#replacement(hook(this.#module, input, output), 'a forward hook');
      // A second handle: a container frees what lay between its modules, and the hook's Variable may be somebody's.
      if (given) output = mapData(given, (variable) => variable.alias());
    }
    return output as Output;
  }

  #runProbed(input: Input, run: (input: Input) => Output): Data {
    let output!: Output;
    const probe: BackwardProbe = (gradInputs, gradOutputs) => {
      const gradOutput = mapData(output, (_, i) => gradOutputs[i]!);
      let current: Grads = mapData(input, (_, i) => gradInputs[i]!);
      for (const hook of this.#backward) {
        current = this.#gradReplacement(hook(this.#module, current, gradOutput), current) ?? current;
      }
      return gradsIn(current);
    };
    const passed = probed(
      variablesIn(input),
      (inputs) => {
        output = run(mapData(input, (_, i) => inputs[i]!) as Input);
        return variablesIn(output);
      },
      probe,
      `${this.#module.label}: a backward hook`,
    );
    return mapData(output, (_, i) => passed[i]!);
  }

  #replacement(returned: Data | null | void, hook: string): Data | undefined {
    const { label, path } = this.#module;
    // A list of Variables is one as good as a Variable; whether it fits is checked like anything else that comes in.
    if (Array.isArray(returned) && returned.length > 0 && isData(returned)) return returned as Data;
    return replacementFrom(returned, `${label}: ${hook}`, path);
  }

  /** What a backward hook gave in place of gradients: as many, or they would go to other inputs. */
  #gradReplacement(returned: Grads | void, before: Grads): Grads | undefined {
    const { label, path } = this.#module;
    const subject = `${label}: a backward hook`;
    const areLists = Array.isArray(returned) && Array.isArray(before);
    const given = areLists ? (returned as Grads) : replacementFrom(returned, subject, path);
    if (!given || !Array.isArray(before) || areAlike(given, before)) return given;
    throw new AutogradError(`${subject} returned gradients that are not those of its input`, {
      path,
      expected: `a list of ${before.length}, with a Variable or null for each`,
      received: Array.isArray(given) ? `a list of ${given.length}` : 'one Variable',
    });
  }
}

const gradsIn = (grads: Grads): (Variable | null)[] =>
  Array.isArray(grads) ? grads.flatMap(gradsIn) : [grads as Variable | null];

/** Whether there is a Variable or null wherever the other has one, in the same lists. */
function areAlike(grads: unknown, others: Grads): boolean {
  if (!Array.isArray(others)) return grads === null || (isData(grads) && !Array.isArray(grads));
  return (
    Array.isArray(grads) &&
    grads.length === others.length &&
    others.every((other, i) => areAlike(grads[i], other as Grads))
  );
}
