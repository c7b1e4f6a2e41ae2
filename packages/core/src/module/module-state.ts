import { loadStateDict, type LoadStateOptions, type LoadReport, type StateReader } from './load-state.js';
import { ModuleParameters } from './module-parameters.js';
import type { AnyModule } from './module.js';
import { stateDict, variableDict } from './state-dict.js';
import type { StateDict, StateDictOptions, StateSource, VariableDict } from './state-dict.js';

/** The values of a module's parameters and buffers, taken out and put in. */
export abstract class ModuleState extends ModuleParameters {
  /**
   * All parameters and buffers by dotted path, a shared one once, under the name that comes first.
   *
   * Without options the values as they are now, in the memory they lie in: nothing is copied, and what happens to the
   * module later does not show. With `keepVar` the module's own Variables. With `to: 'cpu'` a Promise of shapes and typed
   * arrays.
   */
  stateDict(options?: StateDictOptions): VariableDict;
  stateDict(options: { to: 'cpu'; prefix?: string }): Promise<StateDict>;
  stateDict(options: StateDictOptions & { to?: 'cpu' } = {}): VariableDict | Promise<StateDict> {
    const module = this as unknown as AnyModule;
    return options.to === 'cpu' ? stateDict(module, options) : variableDict(module, options);
  }

  /**
   * Puts values into the parameters and buffers, which stay the same objects and keep their number types. Everything is
   * checked before anything changes. A shared parameter may come under any of its names.
   *
   * @param state values by dotted path, or a function that gives them for each path; null leaves a tensor as it is.
   * @throws ModuleError listing what is missing, unexpected, or of another shape or number type. Not `strict`, names may be
   *   missing or left over, and are reported; shapes must fit all the same.
   */
  loadStateDict(state: Record<string, StateSource> | StateReader, options?: LoadStateOptions): LoadReport {
    return loadStateDict(this as unknown as AnyModule, state, options);
  }
}
