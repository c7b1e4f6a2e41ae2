import { OptimizerError, type AnyModule, type NodeInfo, type Variable } from '@tessera-nn/core';
import { shapeText, sizeOf, Storage } from '@tessera-nn/core/internal';
import { tensor } from '@tensorflow/tfjs-core';

/** Two numbers are ahead of all others: how many ranks refuse the step, and the steps that they have made. */
const HEAD = 2;
/** Steps are counted up to here and from 0 again, so that float32 holds the sum over ranks. */
const STEPS = 1024;

/**
 * Makes ranks go the same way: they begin with the same weights, and learn from the same gradients.
 *
 * A step is one meeting. What is averaged lies in one array on the host, in logical order: the memory of a rank that has
 * not run yet may lie in another one.
 */
export class SharedGradients {
  readonly #nodeinfo: NodeInfo;
  readonly #who: string;
  #exchanged = new Float32Array();

  constructor(nodeinfo: NodeInfo, who: string) {
    this.#nodeinfo = nodeinfo;
    this.#who = who;
  }

  /**
   * Gives the weights and statistics of rank 0 to every rank.
   *
   * @throws OptimizerError on all ranks, when one of them has another network.
   */
  startAlike(module: AnyModule): void {
    const named = [...module.namedTensors()];
    const own = named.map(([name, { dtype, shape }]) => `"${name}" ${dtype} ${shapeText(shape)}`);
    const first = this.#textOfFirst(own.join('\n')).split('\n');
    const longer = own.length > first.length ? own : first;
    const other = longer.findIndex((_, i) => own[i] !== first[i]);
    const anyDiffers = this.#nodeinfo.meanValue(other < 0 ? 0 : 1) > 0;
    if (other >= 0) {
      throw new OptimizerError(`${this.#who}: rank ${this.#nodeinfo.rank} has another network than rank 0`, {
        path: this.#who,
        expected: first[other] ?? 'nothing more',
        received: own[other] ?? 'nothing more',
        hint: 'Build the same network on every rank',
      });
    }
    if (anyDiffers) this.#refuseForAnother('has another network');
    for (const [, variable] of named) {
      const values = hostValues(variable.storage).slice(); // backends may hand out what they hold
      this.#nodeinfo.broadcast(values);
      variable.replaceStorage(new Storage(tensor(values, [...variable.shape], variable.dtype), 'logical', BROADCAST));
    }
  }

  /**
   * Puts the mean over all ranks in the place of every gradient, and of the running statistics that a step changes. A
   * gradient that some ranks lack counts as zeros there: none of their samples reached it.
   *
   * @param t steps made so far.
   * @param refusal why this rank cannot make the step, where it cannot.
   * @throws OptimizerError on all ranks, when one of them cannot make the step, or is at another one; nothing is changed then.
   */
  average(module: AnyModule, t: number, refusal: Error | undefined): void {
    const places = [...gradientsOf(module), ...statisticsOf(module)];
    const { size } = this.#nodeinfo;
    const exchanged = this.#filled(places, refusal ? 1 : 0, t % STEPS);
    this.#nodeinfo.sum(exchanged);
    if (refusal) throw refusal;
    if (exchanged[0]! > 0) this.#refuseForAnother('cannot make this step');
    if (exchanged[1] !== size * (t % STEPS)) {
      throw new OptimizerError(`${this.#who}: the ranks are at different steps`, {
        path: this.#who,
        expected: `${t} steps made, as on rank ${this.#nodeinfo.rank}`,
        hint: 'Load the same state on all ranks, and leave no step out on one of them alone',
      });
    }
    let at = HEAD + places.length;
    for (const [i, { shape, put }] of places.entries()) {
      const length = sizeOf(shape);
      const mean = exchanged.slice(at, at + length);
      at += length;
      if (exchanged[HEAD + i] === 0) continue;
      for (let k = 0; k < length; k++) mean[k]! /= size;
      put(new Storage(tensor(mean, [...shape]), 'logical', MEAN));
    }
  }

  /** Head, a 1 for each place where this rank has something, and the values of all places. */
  #filled(places: readonly Place[], ...head: [refusals: number, steps: number]): Float32Array {
    const start = HEAD + places.length;
    const length = places.reduce((sum, { shape }) => sum + sizeOf(shape), start);
    if (this.#exchanged.length !== length) this.#exchanged = new Float32Array(length);
    const exchanged = this.#exchanged;
    exchanged.set(head);
    let at = start;
    for (const [i, { storage, shape }] of places.entries()) {
      const end = at + sizeOf(shape);
      exchanged[HEAD + i] = storage ? 1 : 0;
      if (storage) exchanged.set(hostValues(storage), at);
      else exchanged.fill(0, at, end);
      at = end;
    }
    return exchanged;
  }

  #refuseForAnother(what: string): never {
    throw new OptimizerError(`${this.#who}: another rank ${what}`, {
      path: this.#who,
      hint: 'Its own error says why; nothing was changed on any of them',
    });
  }

  /** A text of rank 0, on every rank. */
  #textOfFirst(own: string): string {
    const bytes = new TextEncoder().encode(own);
    const length = Uint32Array.of(bytes.length);
    this.#nodeinfo.broadcast(length);
    const first = new Uint8Array(length[0]!);
    first.set(bytes.subarray(0, first.length));
    this.#nodeinfo.broadcast(first);
    return new TextDecoder().decode(first);
  }
}

const BROADCAST = { op: 'broadcast', call: undefined };
const MEAN = { op: 'mean over ranks', call: undefined };

/** What is averaged, and where the mean goes. */
interface Place {
  readonly shape: readonly number[];
  readonly storage: Storage | undefined;
  readonly put: (mean: Storage) => void;
}

const gradientsOf = (module: AnyModule): Place[] =>
  Array.from(module.parameters())
    .filter(({ requiresGrad }) => requiresGrad)
    .map((variable) => ({
      shape: variable.shape,
      storage: variable.gradStorage,
      put: (mean) => variable.replaceGrad(mean),
    }));

/** Those of parts in train mode: the others stay as they are. */
function statisticsOf(module: AnyModule): Place[] {
  const training = Array.from(module.modules()).filter((part) => part.training);
  const own = new Set<Variable>(training.flatMap((part) => [...part.buffers({ recursive: false })]));
  return Array.from(own)
    .filter(({ dtype }) => dtype === 'float32')
    .map((variable) => ({
      shape: variable.shape,
      storage: variable.storage,
      put: (mean) => variable.replaceStorage(mean),
    }));
}

/** The values of a storage in logical order. */
function hostValues(storage: Storage): Float32Array | Int32Array | Uint8Array {
  const logical = storage.inLayout('logical');
  try {
    return logical.tensor.dataSync();
  } finally {
    logical.release();
  }
}
