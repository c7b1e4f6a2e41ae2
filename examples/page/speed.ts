/** The mean goes over this many steps. */
const STEPS = 10;

/** Images per second while steps run: pauses, validation and the first step, which compiles, do not count. */
export class Speed {
  #since: number | undefined;
  readonly #latest: { images: number; seconds: number }[] = [];

  /** After anything that was no step. */
  restart(): void {
    this.#since = performance.now();
  }

  /** A step over this many images has just ended. */
  stepEnded(images: number): void {
    const now = performance.now();
    if (this.#since !== undefined) this.#latest.push({ images, seconds: (now - this.#since) / 1000 });
    if (this.#latest.length > STEPS) this.#latest.shift();
    this.#since = now;
  }

  /** Undefined before the second step. */
  get imagesPerSecond(): number | undefined {
    if (this.#latest.length === 0) return undefined;
    const sum = (part: 'images' | 'seconds') => this.#latest.reduce((total, step) => total + step[part], 0);
    return sum('images') / sum('seconds');
  }
}
