/** Pauses and stops one run from outside, between two of its steps. */
export class RunControl {
  readonly #abort = new AbortController();
  #pause: { reached: Signal; over: Signal } | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Asks for a pause; the promise is fulfilled when the run has come to rest. */
  pause(): Promise<void> {
    this.#pause ??= { reached: new Signal(), over: new Signal() };
    return this.#pause.reached.given;
  }

  resume(): void {
    this.#pause?.over.give();
    this.#pause = undefined;
  }

  stop(): void {
    this.#abort.abort();
    this.resume();
  }

  /** The run calls this between its steps, and waits as long as there is a pause. @throws the reason when stopped. */
  async whilePaused(): Promise<void> {
    this.#pause?.reached.give();
    await this.#pause?.over.given;
    this.signal.throwIfAborted();
  }
}

/** A promise that someone else fulfils. */
class Signal {
  give = () => {};
  readonly given = new Promise<void>((resolve) => (this.give = resolve));
}
