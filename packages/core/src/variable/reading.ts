import { currentBackend, readBack } from '@tessera-nn/kernels';
import { toLogicalOrder } from '../layout.js';
import type { Storage } from '../memory/storage.js';
import type { HostValues } from './array-data.js';

/** Values that were read before are kept for printing up to this many. */
const REMEMBERED_VALUES = 100_000;

/** Reads a Variable's storages, in logical order, and keeps what it read last while the storage is the same. */
export class Reading {
  #last: { of: Storage; values: HostValues } | undefined;

  async read(storage: Storage): Promise<HostValues> {
    return this.#keep(storage, await readBack(storage.tensor));
  }

  /** The values without waiting: where they are on the host, or were read before. On WebGL reading would stall the page. */
  readNow(storage: Storage): HostValues | undefined {
    const known = this.known(storage);
    return known ?? (currentBackend() === 'webgl' ? undefined : this.#keep(storage, storage.tensor.dataSync()));
  }

  known(storage: Storage): HostValues | undefined {
    return this.#last?.of === storage ? this.#last.values : undefined;
  }

  /** From now on these are the storage's values in logical order. */
  remember(storage: Storage, values: HostValues): void {
    this.#last = { of: storage, values };
  }

  forget(): void {
    this.#last = undefined;
  }

  #keep(storage: Storage, values: HostValues): HostValues {
    const logical = toLogicalOrder(values, storage.shape, storage.layout);
    if (logical.length <= REMEMBERED_VALUES) this.remember(storage, logical);
    return logical;
  }
}
