import { keep, type Tensor } from '@tensorflow/tfjs-core';
import { logicalShape, relayout, type Layout } from '../layout.js';

/** Who made a storage: the op, and the chain of module calls it was made in, innermost first. */
export interface Origin {
  op: string;
  call: { describe(): string } | undefined;
}

const live = new Set<Storage>();

/**
 * One tensor in memory with its layout, shared by everything that needs it: Variables, the tape, gradients.
 * It is freed when the last holder lets go, whichever that is.
 */
export class Storage {
  #holders = 1;
  readonly layout: Layout;
  /** The shape that users see. */
  readonly shape: readonly number[];

  /** Takes the tensor over; the maker is the first holder. Below rank 3 nothing changes places: all layouts are logical. */
  constructor(
    readonly tensor: Tensor,
    layout: Layout,
    readonly origin: Origin,
  ) {
    this.layout = tensor.rank < 3 ? 'logical' : layout;
    this.shape = logicalShape(tensor.shape, this.layout);
    keep(tensor); // a tf.tidy around user code must not free what a Variable still shows
    live.add(this);
  }

  get released(): boolean {
    return this.#holders === 0;
  }

  /** One more holder. */
  retain(): this {
    this.#holders++;
    return this;
  }

  /** One holder less; the last one frees the tensor. */
  release(): void {
    if (this.#holders === 0) return;
    if (--this.#holders > 0) return;
    live.delete(this);
    this.tensor.dispose();
  }

  /** This storage in a layout, held for the caller: itself when it has it already, else a converted copy. */
  inLayout(layout: Layout): Storage {
    if (layout === this.layout || this.tensor.rank < 3) return this.retain();
    return new Storage(relayout(this.tensor, this.layout, layout), layout, this.origin);
  }
}

/** All storages that are held now, oldest first. */
export function liveStorages(): ReadonlySet<Storage> {
  return live;
}
