import { tensor as makeTensor, type Tensor } from '@tensorflow/tfjs-core';
import { Storage, type Origin } from '../memory/storage.js';
import type { Dtype, HostValues } from './array-data.js';

/** Values on the host, in logical order, with what is needed to make a tensor of them again. */
interface Parked {
  values: HostValues;
  shape: readonly number[];
  dtype: Dtype;
  origin: Origin;
}

/** A storage, and its values in logical order from when somebody asked for them. */
class Content {
  #storage: Storage | undefined;
  #logical: Storage | undefined;
  #parked: Parked | undefined;
  #returned = false;

  /** The storage; values that were parked come back for good: whoever uses them twice will use them again. */
  get storage(): Storage | undefined {
    if (this.#parked) {
      const { values, shape, dtype, origin } = this.#parked;
      this.replace(new Storage(makeTensor(values, [...shape], dtype), 'logical', origin));
      this.#returned = true;
    }
    return this.#storage;
  }

  /** Takes over one hold on a storage and lets go of the one before. */
  replace(storage: Storage | undefined): void {
    const [before, logicalBefore] = [this.#storage, this.#logical];
    this.#storage = storage;
    this.#logical = this.#parked = undefined;
    before?.release();
    logicalBefore?.release();
  }

  /** The storage whose values `park` would take to the host: none where they are there, or came back from there. */
  get toPark(): Storage | undefined {
    return this.#returned ? undefined : this.#storage;
  }

  /** Lets go of the storage and keeps its values on the host, where the collector cares for them. */
  park(values: HostValues, dtype: Dtype): void {
    const storage = this.toPark;
    if (!storage) return;
    const parked = { values, shape: storage.shape, dtype, origin: storage.origin };
    this.replace(undefined);
    this.#parked = parked;
  }

  get parkedValues(): HostValues | undefined {
    return this.#parked?.values;
  }

  /** The values as a tensor of the logical shape. */
  get tensor(): Tensor | undefined {
    const { storage } = this;
    if (!storage || storage.layout === 'logical') return storage?.tensor;
    this.#logical ??= storage.inLayout('logical');
    return this.#logical.tensor;
  }
}

/** What a Variable holds in tensor memory; apart from it, so that the collector can find the Variable dead. */
export class VariableMemory {
  readonly values = new Content();
  #grad: Content | undefined; // most Variables are results and never have one

  get grad(): Content {
    return (this.#grad ??= new Content());
  }

  release(): void {
    this.values.replace(undefined);
    this.#grad?.replace(undefined);
  }
}

const abandoned = new FinalizationRegistry<VariableMemory>((memory) => memory.release());

/** From now on only the collector knows who uses the owner; the memory goes when it goes. */
export function leaveToCollector(owner: object, memory: VariableMemory): void {
  abandoned.register(owner, memory);
}
