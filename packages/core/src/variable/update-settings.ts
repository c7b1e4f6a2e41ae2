import { option, optionsOf } from '@tessera-nn/kernels';
import { VariableMethods } from './methods.js';
import type { Variable } from './variable.js';

const settings = optionsOf('Variable', {
  learnRate: option.number.or(1),
  momRate: option.numberFrom(0).or(1),
  wc: option.numberFrom(0).or(0),
  constraint: option.callback<(values: Variable) => Variable>().optional,
  updater: option.callback<(variable: Variable, learnRate: number) => void>().optional,
});
const presets = settings.read();

type Settings = Readonly<typeof presets>;

/** What optimizers are told of a single Variable; each setting is checked when it is set. */
export abstract class UpdateSettings extends VariableMethods {
  abstract name: string | undefined;
  #settings: Settings = presets;

  #set(name: keyof Settings, value: unknown): void {
    this.#settings = { ...this.#settings, [name]: settings.check(name, value, this.name) };
  }

  /** Factor on the optimizer's learning rate; 0 or less freezes the Variable. Initially 1. */
  get learnRate(): number {
    return this.#settings.learnRate;
  }
  set learnRate(factor: number) {
    this.#set('learnRate', factor);
  }

  /** Factor on the optimizer's momentum. Initially 1. */
  get momRate(): number {
    return this.#settings.momRate;
  }
  set momRate(factor: number) {
    this.#set('momRate', factor);
  }

  /** Factor on the optimizer's weight decay: 1 for weights, 0 for biases, slopes and norms. Initially 0. */
  get wc(): number {
    return this.#settings.wc;
  }
  set wc(factor: number) {
    this.#set('wc', factor);
  }

  /** Applied to the values after each update, as Keras' constraints: what it returns takes their place. */
  get constraint(): Settings['constraint'] {
    return this.#settings.constraint;
  }
  set constraint(apply: Settings['constraint']) {
    this.#set('constraint', apply);
  }

  /** Replaces the optimizer's rule for this Variable: called with it and the learning rate. */
  get updater(): Settings['updater'] {
    return this.#settings.updater;
  }
  set updater(update: Settings['updater']) {
    this.#set('updater', update);
  }
}
