import type { Summable } from '@tessera-nn/core';
import type { Engine } from '../engine.js';
import type { Mpi } from './open-mpi.node.js';

/** The engine of processes that `mpirun` started, on one machine or on several. */
export class MpiEngine implements Engine {
  readonly rank: number;
  readonly size: number;
  readonly #mpi: Mpi;
  /** Whether all ranks came for the same the last time. */
  #agreed = true;
  #left = false;

  constructor(mpi: Mpi) {
    this.#mpi = mpi;
    [this.rank, this.size] = [mpi.rank(), mpi.size()];
  }

  gather(first: number, second: number): Int32Array {
    const told = new Int32Array(2 * this.size);
    this.#mpi.allGather(Int32Array.of(first, second), told);
    this.#agreed = told.every((number, i) => number === told[i % 2]);
    return told;
  }

  sum(values: Summable): void {
    if (values.length > 0) this.#mpi.allReduce(values);
  }

  broadcast(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#mpi.broadcast(bytes);
  }

  /** Waits until all ranks leave: MPI ends once, for all. One that does not agree any more hears nothing of the others. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    if (this.#agreed) this.gather(0, 0);
    this.#mpi.finalize();
  }
}
