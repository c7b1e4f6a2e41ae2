import { backend, type Tensor, type TypedArray } from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { startBackend } from '../../backend.js';
import { isDead } from '../drawing/context.js';
import { readBack } from './read-back.js';

/**
 * Copies on the host of what stays as it is on the GPU, to be had again when the browser takes the WebGL context away: weights
 * that do not learn, weights of classes, other networks.
 */
export class HostCopies {
  /** By tfjs's names for the data of a tensor, which never change. */
  readonly #copies = new WeakMap<object, TypedArray>();
  #seen: WeakSet<object> | undefined;
  #device: MathBackendWebGL | undefined;

  /**
   * Reads what was there the last time and is not known yet; the first time, all that is there. So what changes from one time
   * to the next is not read again.
   *
   * @param tensors all that there are.
   */
  async take(tensors: readonly Tensor[]): Promise<void> {
    const seen = this.#seen;
    const { texData } = (this.#device = backend() as MathBackendWebGL);
    const isNew = ({ dataId }: Tensor) => texData.has(dataId) && !this.#copies.has(dataId);
    const lasting = tensors.filter((tensor) => isNew(tensor) && (!seen || seen.has(tensor.dataId)));
    this.#seen = new WeakSet(tensors.map(({ dataId }) => dataId));
    const read = lasting.map(async (tensor) => this.#copies.set(tensor.dataId, await readBack(tensor)));
    await Promise.all(read);
  }

  /** Whether what was copied last has lost its context since. */
  get areNeeded(): boolean {
    return this.#device !== undefined && isDead(this.#device);
  }

  /**
   * Starts WebGL anew, with these tensors as far as there are copies of them. The others stay lost, and say so when they are
   * read.
   *
   * @throws what `startBackend` throws.
   */
  async revive(tensors: readonly Tensor[]): Promise<void> {
    const { texData } = this.#device!;
    for (const { dataId } of tensors) {
      const values = this.#copies.get(dataId);
      if (!values || !texData.has(dataId)) continue;
      const data = texData.get(dataId);
      // Tiles draw their texture when somebody looks for it.
      Object.defineProperty(data, 'texture', { configurable: true, enumerable: true, writable: true, value: null });
      // tfjs takes values on the host along to the backend that computes with the tensor next.
      Object.assign(data, { values, slice: null });
    }
    await startBackend('webgl');
    this.#device = backend() as MathBackendWebGL;
  }
}
