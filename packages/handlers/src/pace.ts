/** About one frame: longer stretches without a pause make a page stutter. */
const LONGEST_STRETCH_MS = 12;

/** Lets the page draw and Node serve between steps, whenever a frame's time has gone by since the last pause. */
export class Pace {
  #last = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.#last < LONGEST_STRETCH_MS) return;
    await nextTask();
    this.#last = performance.now();
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
