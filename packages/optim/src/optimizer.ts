import { Module, noGrad, OptimizerError, Variable, type AnyModule, type Layout, type NodeInfo } from '@tessera-nn/core';
import { allOrNothing, noteState, Storage, inspectSymbol, type Memento } from '@tessera-nn/core/internal';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Groups, type GroupMatch, type Numbers } from './groups.js';
import type { Following, Hook } from './hooks/hook.js';
import { beforeUpdate, followed, hookedGrad, loadHooks, readHooks } from './hooks/run-hooks.js';
import { atOnce } from './at-once.js';
import { constrained } from './constrained.js';
import { checkState, readStates, type OptimizerState } from './optimizer-state.js';
import { loadedNumbers, savedNumbers } from './numbers.js';
import { optimizerOptions } from './optimizer-options.js';
import { rate } from './rate.js';
import { inEvalMode, nothingToLearn, notToTrain, parametersGiven } from './refusals.js';
import { SharedGradients } from './shared-gradients.js';
import { release, retained, startOf, storageOf, type States } from './states.js';

const options = optimizerOptions('Optimizer', {
  /** Default 1e-3. */
  learnRate: rate.or(1e-3),
});

/** What a rule computes with, all in one layout: the weight, its gradient, and the optimizer's own state for it. */
export interface UpdateInputs {
  w: Tensor;
  g: Tensor;
  state: Tensor[];
}

/**
 * Changes parameters along their gradients. A subclass names its state and gives one step for one Variable.
 *
 * Gradients are dLoss/dW and are subtracted. Each Variable's own `learnRate` and `momRate` multiply the optimizer's;
 * a `learnRate` of 0 or less freezes it; its `updater` replaces the rule. An update changes all weights and all state,
 * or nothing.
 */
export abstract class Optimizer {
  /** The name in messages and files; bundlers may rename the class itself. */
  static readonly className: string = 'Optimizer';
  /** The numbers it is made with, which can be set again at any time and are saved. */
  static readonly options: typeof options = options;

  /** Steps made so far. */
  t = 0;
  /** Factor on all gradients; that of a Variable multiplies it. */
  declare learnRate: number;
  readonly hooks: Hook[] = [];
  /** This rank among those that train together; undefined where there are no others. */
  readonly nodeinfo: NodeInfo | undefined;

  #module: AnyModule | undefined;
  readonly #states: States = new Map();
  readonly #numbers: Numbers;
  readonly #shared: SharedGradients | undefined;
  #groups = new Groups();
  /** The numbers for the Variable that a rule runs for. */
  #current: Readonly<Numbers> | undefined;

  /** @param given the numbers in `options`, in their order or by name. */
  constructor(...given: readonly unknown[]) {
    const refusal = parametersGiven(this.className, given[0], this.#options.names);
    if (refusal) throw refusal;
    const { nodeinfo, ...numbers } = this.#options.arguments(given, this.className);
    this.#numbers = numbers;
    if (nodeinfo && nodeinfo.size > 1) {
      this.nodeinfo = nodeinfo;
      this.#shared = new SharedGradients(nodeinfo, this.className);
    }
    for (const name of Object.keys(this.#numbers)) {
      Object.defineProperty(this, name, {
        enumerable: true,
        get: () => (this.#current ?? this.#numbers)[name],
        set: (value: unknown) => void (this.#numbers[name] = this.#options.check(name as 'learnRate', value)),
      });
    }
    abandoned.register(this, this.#states);
  }

  get className(): string {
    return (this.constructor as typeof Optimizer).className;
  }

  get #options(): typeof options {
    return (this.constructor as typeof Optimizer).options;
  }

  /** The names of what is remembered for each Variable. */
  protected abstract readonly stateNames: readonly string[];

  /** What those start as that do not start as zeros. */
  protected readonly starts: Readonly<Record<string, number>> = {};

  /** Those of them that hold sums of squares, and are never negative. */
  protected get squares(): readonly string[] {
    return [];
  }

  /** Whether a Variable was not yet updated, and its state is the one it starts with. */
  protected isFirst(variable: Variable): boolean {
    return !this.#states.has(variable);
  }

  /** The rule for one Variable: the new weight, then the new state in the order of `stateNames`, all new tensors. */
  protected abstract rule(inputs: UpdateInputs, variable: Variable): Tensor[];

  /** What it trains; undefined before `setupOn`. */
  get module(): AnyModule | undefined {
    return this.#module;
  }

  /**
   * Takes over the parameters of a module. Shared Variables are updated once; later `setVar`s are seen. With `nodeinfo` every
   * rank goes on with the weights and statistics of rank 0.
   *
   * @param useGlobalState PuzzleLib's switch for one state in place of one for each parameter, which there forgets the
   *   rates of single Variables. Here both compute the same, so it changes nothing.
   * @throws OptimizerError for what is not a module, and on all ranks when one of them has another network.
   */
  setupOn(module: AnyModule, useGlobalState = false): this {
    if (!((module as unknown) instanceof Module) || typeof useGlobalState !== 'boolean') {
      throw notToTrain(this.className, module, useGlobalState);
    }
    this.#shared?.startAlike(module);
    this.#module = module;
    return this;
  }

  /** Adds a hook that runs on every gradient, after those added before. */
  addHook(hook: Hook): this {
    this.hooks.push(hook);
    return this;
  }

  /**
   * Gives parameters numbers of their own: `addGroup('head', { learnRate: 1e-2 })`. Of several groups that pick a parameter
   * the last one counts. A group's rate keeps its proportion to the optimizer's, so that schedules move both.
   *
   * @param match a path, with all that lies below it, or a function of path and Variable.
   * @param numbers some of those that the optimizer is made with.
   * @throws OptimizerError for numbers that it has not got, or that do not fit.
   */
  addGroup(match: GroupMatch, numbers: Partial<Numbers>): this {
    this.#groups = this.#groups.with(match, numbers, this.#numbers, this.#options as never, this.className);
    return this;
  }

  /** Forgets the gradients of all parameters. */
  zeroGradParams(): void {
    this.#target.zeroGradParams();
  }

  /**
   * With `nodeinfo` puts the mean over all ranks in the place of every gradient, and of running statistics. `update` does so
   * first; what looks at gradients before it, as `clipGradNorm` does, wants it done before.
   *
   * @throws OptimizerError on all ranks, when one of them cannot make the step, or is at another one; nothing is changed then.
   */
  averageGradients(): void {
    const module = this.#target;
    this.#shared?.average(module, this.t, inEvalMode(this.className, module));
  }

  /**
   * Makes one step on every parameter that has a gradient and is not frozen, and applies its constraint.
   *
   * @throws OptimizerError before `setupOn`, in eval mode, or when no parameter has a gradient, saying why; nothing is changed then.
   */
  update(): void {
    this.averageGradients();
    const { chosen, made } = this.#step();
    try {
      allOrNothing(() => {
        for (const variable of chosen) {
          atOnce(variable.updater?.(variable, this.learnRate), `the updater of "${variable.name}"`, this.className);
        }
      });
    } catch (error) {
      this.#drop(made);
      throw error;
    }
    noteState(this, () => this.#memento(this.t - 1));
    for (const { variable, results, followings } of made) {
      this.#commit(variable, results);
      for (const following of followings) following.commit();
    }
  }

  /** The class with its numbers, as in `SGD(learnRate=0.1)`. */
  toString(): string {
    const numbers = Object.entries(this.#numbers)
      .filter(([, value]) => value !== false)
      .map(([name, value]) => `${name}=${value}`);
    return `${this.className}(${numbers.join(', ')})`;
  }

  /** What Node's console shows. */
  [inspectSymbol](): string {
    return this.toString();
  }

  /** PyTorch's name for `update`. */
  step(): void {
    this.update();
  }

  /** Computes an update and drops it: nothing changes, but all that it needs is compiled. Throws what `update` throws. */
  rehearse(): void {
    this.#drop(this.#step().made);
  }

  #step() {
    const module = this.#target;
    const refusal = inEvalMode(this.className, module);
    if (refusal) throw refusal;
    const named = [...module.namedParameters()];
    const parameters = named.map(([, variable]) => variable);
    if (!parameters.some((variable) => variable.gradStorage)) throw nothingToLearn(this.className, module, parameters);
    const moved = named.filter(([, variable]) => variable.gradStorage && variable.learnRate > 0);
    const ruled = moved.filter(([, variable]) => !variable.updater);
    const made: Made[] = [];
    this.t++;
    try {
      noGrad(() => {
        beforeUpdate(
          this.hooks,
          ruled.map(([, variable]) => variable),
          this.className,
        );
        for (const [path, variable] of ruled) made.push(this.#compute(path, variable));
      });
    } catch (error) {
      this.#drop(made);
      throw error;
    }
    return { chosen: moved.map(([, variable]) => variable), made };
  }

  /** Takes a step back that was not committed. */
  #drop(made: readonly Made[]): void {
    this.t--;
    for (const { results, followings } of made) {
      for (const storage of results) storage.release();
      for (const following of followings) following.drop();
    }
  }

  #compute(path: string, variable: Variable): Made {
    const { layout } = variable.storage;
    const held: { release(): void }[] = [];
    const inLayout = (storage: Storage) => {
      const converted = storage.inLayout(layout);
      held.push(converted);
      return converted.tensor;
    };
    try {
      const g = inLayout(hookedGrad(this.hooks, variable, held, this.className));
      const known = this.#states.get(variable) ?? [];
      const state = this.stateNames.map((name, i) =>
        inLayout(known[i] ?? startOf(this.starts[name] ?? 0, variable, held)),
      );
      this.#current = this.#groups.isEmpty ? undefined : this.#groups.numbersOf(path, variable, this.#numbers);
      const tensors = this.rule({ w: variable.storage.tensor, g, state }, variable);
      const made = tensors.map((tensor, i) =>
        this.#stored(tensor, layout, i === 0 ? 'weight' : this.stateNames[i - 1]!),
      );
      const results = variable.constraint ? constrained(variable, made, this.className) : made;
      return { variable, results, followings: followed(this.hooks, variable, results, this.className) };
    } finally {
      this.#current = undefined;
      for (const item of held) item.release();
    }
  }

  #stored(tensor: Tensor, layout: Layout, name: string): Storage {
    return new Storage(tensor, layout, { op: `${this.className} ${name}`, call: undefined });
  }

  #commit(variable: Variable, [weight, ...state]: Storage[]): void {
    variable.replaceStorage(weight!);
    for (const old of this.#states.get(variable) ?? []) old.release();
    this.#states.set(variable, state);
  }

  /** What it holds now, with the count of steps that it had before the one that runs. */
  #memento(t: number): Memento {
    const states = retained(this.#states);
    const numbers = { ...this.#numbers };
    const groups = this.#groups;
    return {
      restore: () => this.#become({ t, numbers, groups, states }),
      release: () => release(states),
    };
  }

  #become({ t, numbers, groups, states }: Remembered): void {
    this.dispose();
    for (const [variable, storages] of states) this.#states.set(variable, storages);
    this.t = t;
    this.#groups = groups;
    Object.assign(this.#numbers, numbers);
  }

  /** Everything that a run needs to continue, as it is now, by the parameters' first paths. */
  async stateDict(): Promise<OptimizerState> {
    const { className, t } = this;
    const attrs = savedNumbers(this.#numbers, this.#options);
    const groups = this.#groups.stateOf(this.#target.namedParameters());
    const storages = Array.from(this.#target.namedParameters(), ([path, variable]): [string, Map<string, Storage>] => {
      const own = this.#states.get(variable) ?? [];
      return [path, new Map(own.map((storage, i) => [this.stateNames[i]!, storage]))];
    });
    const [states, hooks] = await Promise.all([readStates(new Map(storages)), readHooks(this.hooks)]);
    return { className, t, attrs, states, groups, hooks };
  }

  /**
   * Continues where `stateDict` was taken.
   *
   * @throws OptimizerError naming what differs: the class, a number, a parameter, a shape, a hook; nothing is changed then.
   */
  loadStateDict(state: OptimizerState): void {
    const { className, stateNames, squares } = this;
    const parameters = new Map(this.#target.namedParameters());
    const rule = {
      className,
      stateNames,
      squares,
      attrNames: this.#options.positions,
      extraNames: Object.keys(this.#numbers),
      parameters,
    };
    const { t, attrs, states } = checkState(state, rule);
    const numbers = loadedNumbers(attrs, this.#options, className);
    const known = { parameters, own: this.#numbers, options: this.#options as never };
    const groups = state.groups === undefined ? this.#groups : Groups.from(state.groups, known, className);
    const loaded: States = new Map();
    try {
      for (const [variable, arrays] of states) {
        const storages: Storage[] = [];
        loaded.set(variable, storages);
        for (const values of arrays) storages.push(storageOf(values, variable.shape));
      }
    } catch (error) {
      release(loaded);
      throw error;
    }
    allOrNothing(() => {
      noteState(this, () => this.#memento(this.t));
      this.#become({ t, numbers, groups, states: loaded });
      if (state.hooks !== undefined) loadHooks(this.hooks, state.hooks, className);
    });
  }

  /** Frees the state; the next update starts from zeros. */
  dispose(): void {
    release(this.#states);
  }

  get #target(): AnyModule {
    if (this.#module) return this.#module;
    throw new OptimizerError(`${this.className} does not know what to update`, {
      path: 'Optimizer',
      hint: 'Call setupOn(net) once before',
    });
  }
}

/** All that changes from step to step, and what steps are made with. */
interface Remembered {
  t: number;
  numbers: Readonly<Numbers>;
  groups: Groups;
  states: States;
}

/** The new weight and the new state of a Variable. */
interface Made {
  variable: Variable;
  results: Storage[];
  /** What hooks made of the new weight. */
  followings: Following[];
}

/** The state of an optimizer that was dropped goes with it. */
const abandoned = new FinalizationRegistry<States>(release);
