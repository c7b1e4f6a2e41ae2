import { AutogradError } from '@tessera-nn/kernels';
import type { HookList } from '../hooks.js';
import { adopt, currentFrame, type Frame, type Owned } from '../memory/frame.js';
import type { Storage } from '../memory/storage.js';
import type { Variable } from '../variable/variable.js';
import type { GradHook } from './grad-hooks.js';
import type { TapeOp } from './list-op.js';

/** What an op's forward kept for its backward. Apart from the node, so that the collector can find the node dead. */
export class SavedStorages {
  readonly inputs: (Storage | undefined)[] = [];
  readonly results: (Storage | undefined)[] = [];

  release(): void {
    for (const storage of this.inputs) storage?.release();
    for (const storage of this.results) storage?.release();
    this.inputs.length = this.results.length = 0;
  }
}

const abandoned = new FinalizationRegistry<SavedStorages>((saved) => saved.release());

let sequence = 0;

/** The place in time that the next recorded op will have. */
export function nextSequence(): number {
  return sequence;
}

/** One recorded op: what it read, what it kept, and where it stands in time. */
export class GraphNode implements Owned {
  readonly kept = false;
  readonly recorded = true;
  readonly sequence = sequence++;
  readonly call: Frame['call'];
  /** Hooks on the gradients of its results. */
  gradHooks: (HookList<GradHook> | undefined)[] | undefined;
  #released = false;

  constructor(
    readonly op: TapeOp,
    /** The Variables it read; emptied when the node is released. */
    readonly inputs: Variable[],
    readonly attrs: object,
    readonly saved: SavedStorages,
    readonly outputShapes: readonly (readonly number[])[],
  ) {
    this.call = currentFrame()?.call;
    adopt(this);
  }

  get released(): boolean {
    return this.#released;
  }

  /** Frees what was kept; the graph behind this node can no longer be differentiated. */
  releaseMemory(): void {
    if (this.#released) return;
    this.#released = true;
    this.saved.release();
    this.op.release?.(this.attrs);
    for (const input of this.inputs) input.settle();
    this.inputs.length = 0;
  }

  leaveToCollector(): void {
    if (!this.#released) abandoned.register(this, this.saved);
  }

  /** The op with the module it ran in, for messages. */
  describe(): string {
    const place = this.call?.describe();
    return place ? `${this.op.name} in "${place}"` : this.op.name;
  }

  assertUsable(): void {
    if (!this.#released) return;
    throw new AutogradError(`The graph of ${this.describe()} was already released`, {
      path: this.call?.describe() ?? this.op.name,
      hint:
        'Each forward pass can be differentiated once; pass { retainGraph: true } to the first backward to keep it. ' +
        'A scope frees the graph of what it does not return',
    });
  }
}
