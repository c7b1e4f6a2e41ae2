/** Lets the page draw and Node serve between steps, whenever the time of a frame has gone by since the last pause. */
export class Pace {
  readonly #longestStretch: number;
  #last = performance.now();

  /** @param longestStretch milliseconds: longer stretches without a pause make a page stutter. */
  constructor(longestStretch = FRAME_BUDGET_MS) {
    this.#longestStretch = longestStretch;
  }

  async pause(): Promise<void> {
    if (performance.now() - this.#last < this.#longestStretch) return;
    await nextTask();
    this.#last = performance.now();
  }
}

/** About one frame, of 60 in a second, with some of it left to the page. */
export const FRAME_BUDGET_MS = 12;

/** Holds a run up while it is closed. */
export class Gate {
  #closed: { readonly opened: Promise<void>; readonly open: () => void } | undefined;

  close(): void {
    if (this.#closed) return;
    let open!: () => void;
    const opened = new Promise<void>((resolve) => (open = resolve));
    this.#closed = { opened, open };
  }

  open(): void {
    this.#closed?.open();
    this.#closed = undefined;
  }

  /** Waits until it is open. @throws the reason of the signal, also while it waits. */
  async pass(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#closed) return;
    const { opened, open } = this.#closed;
    signal?.addEventListener('abort', open, { once: true });
    await opened;
    signal?.removeEventListener('abort', open);
    return this.pass(signal);
  }
}

/** Waits for a new task, not a timer: timers are held back to 4 ms in pages, and to a second in hidden ones. */
function nextTask(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown };
  return new Promise((resolve) => {
    if (setImmediate) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
