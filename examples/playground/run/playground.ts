import { computed, effect, signal } from '@preact/signals';
import { classesOf, dataKinds, type DataName } from '../data/data-kinds.js';
import { checkNetwork } from '../setup/check-network.js';
import { withClasses } from '../setup/edit-blocks.js';
import type { Block } from '../setup/block.js';
import { fragmentOf, setupFrom } from '../setup/link.js';
import { faultOfNumber, firstSetup, numberRules, type NumberName, type Setup, type Training } from '../setup/setup.js';
import { Run } from './run.js';

/** What is chosen, what the framework says of it, and the run: the one place that the page's parts read and change. */
export class Playground {
  readonly setup = signal<Setup>(firstSetup);
  readonly files = signal<readonly File[]>([]);
  /** What went wrong, for the reader. */
  readonly error = signal<unknown>(undefined);
  readonly classes = computed(() => classesOf(this.setup.value.data, this.files.value));
  readonly data = computed(() => dataKinds[this.setup.value.data]);
  readonly checked = computed(() => {
    return checkNetwork(this.setup.value.blocks, this.data.value.shape, this.classes.value.length);
  });
  /** Why no run can begin; undefined where one can. */
  readonly problem = computed(() => {
    const { data, training } = this.setup.value;
    const names = Object.keys(numberRules) as NumberName[];
    if (dataKinds[data].files && this.files.value.length === 0) return 'The data need files: choose them first.';
    if (names.some((name) => faultOfNumber(name, training[name]))) return 'A setting of the training does not fit.';
    return this.checked.value.problem;
  });
  readonly run = new Run();
  /** The setup that the run began with. */
  readonly trained = signal<Setup | undefined>(undefined);
  readonly hasChanged = computed(() => this.trained.value !== undefined && this.trained.value !== this.setup.value);

  /** Takes the setup of the address, follows it, and writes what is chosen into it. */
  followAddress(): void {
    this.#open(location.hash);
    addEventListener('hashchange', () => this.#open(location.hash));
    effect(() => {
      const fragment = fragmentOf(this.setup.value);
      if (this.setup.value !== firstSetup || location.hash) history.replaceState(null, '', fragment);
    });
    effect(() => {
      if (this.run.error.value !== undefined) this.error.value = this.run.error.value;
    });
  }

  choose(data: DataName): void {
    this.files.value = [];
    const classes = classesOf(data, []).length || this.classes.value.length;
    this.#change({ data, blocks: withClasses(this.setup.value.blocks, classes) });
  }

  chooseFiles(files: readonly File[]): void {
    this.files.value = files;
    this.#change({ blocks: withClasses(this.setup.value.blocks, this.classes.value.length) });
  }

  build(blocks: readonly Block[]): void {
    this.#change({ blocks });
  }

  train(training: Partial<Training>): void {
    this.#change({ training: { ...this.setup.value.training, ...training } });
  }

  /** Builds the network in a worker, with fresh weights. */
  async prepare(): Promise<void> {
    const setup = this.setup.value;
    this.error.value = undefined;
    this.trained.value = setup;
    await this.run.prepare({
      blueprint: this.checked.value.blueprint,
      data: { kind: setup.data, count: setup.training.count, seed: setup.training.seed, files: this.files.value },
      training: setup.training,
      wasmPath: new URL('wasm/', document.baseURI).href,
    });
  }

  /** Does something for the reader; what it throws is shown. */
  attempt(work: () => Promise<unknown>): void {
    this.error.value = undefined;
    work().catch((error: unknown) => (this.error.value = error));
  }

  #open(fragment: string): void {
    try {
      if (fragment !== fragmentOf(this.setup.value)) this.setup.value = setupFrom(fragment);
    } catch (error) {
      this.error.value = error;
    }
  }

  #change(part: Partial<Setup>): void {
    this.setup.value = { ...this.setup.value, ...part };
  }
}
