import { nextFrame } from './next-frame.js';

/** A page that is drawn less often than this stutters. */
const LATE_MS = 50;

/** Keeps the page moving on slow devices, where its frames queue up behind the network's work on the same GPU. */
export class FrameWatch {
  #last = performance.now();
  #request = requestAnimationFrame(() => this.#frame());

  #frame(): void {
    this.#last = performance.now();
    this.#request = requestAnimationFrame(() => this.#frame());
  }

  /** When the last frame was long ago: waits for what the device still has to do, then for a frame. */
  async catchUp(work?: Promise<unknown>): Promise<void> {
    if (document.hidden || performance.now() - this.#last < LATE_MS) return;
    await work;
    await nextFrame();
  }

  end(): void {
    cancelAnimationFrame(this.#request);
  }
}
