import type { Step } from './step.js';

/** Characters of the bar itself. */
const WIDTH = 24;
/** Often enough to look alive. */
const PERIOD_MS = 100;

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line at the bottom of a terminal that says how far a run is. Where there is no terminal it writes nothing. */
export class ProgressBar {
  readonly #terminal: Terminal | undefined;
  #shown = -Infinity;

  constructor(terminal = (globalThis as { process?: { stderr?: Terminal } }).process?.stderr) {
    this.#terminal = terminal?.isTTY ? terminal : undefined;
  }

  /** @param loss the last one that is known. */
  show({ epoch, epochs, batch, batches, samplesPerSecond, secondsLeft }: Step, loss: number | undefined): void {
    const now = performance.now();
    if (!this.#terminal || (now - this.#shown < PERIOD_MS && batch < batches)) return;
    this.#shown = now;
    const done = Math.round((WIDTH * batch) / batches);
    const bar = '━'.repeat(done) + '─'.repeat(WIDTH - done);
    const facts = [
      `epoch ${epoch}/${epochs} ${bar} ${batch}/${batches}`,
      ...(loss === undefined ? [] : [`loss ${loss.toPrecision(4)}`]),
      `${samplesPerSecond.toFixed(0)} samples/s`,
      `${secondsLeft.toFixed(0)} s left`,
    ];
    this.#terminal.write(`\r\u001b[K${facts.join('  ')}`);
  }

  /** Leaves the line as it is, and goes on below it. */
  end(): void {
    if (this.#shown > 0) this.#terminal?.write('\n');
  }
}
