import { SingleBar } from 'cli-progress';
import type { Step } from 'tessera-nn';

/** The bar of one epoch: how far it is, the loss, and the speed. */
export class EpochBar {
  readonly #bar = new SingleBar({
    format: 'epoch {epoch}/{epochs} [{bar}] {value}/{total}  loss {loss}  {speed} images/s  {left} s left',
    barsize: 24,
    stream: process.stdout,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 5000,
    stopOnComplete: false,
    linewrap: null,
  });
  #started = false;

  show(step: Step, loss: number): void {
    const facts = {
      epoch: step.epoch,
      epochs: step.epochs,
      loss: loss.toFixed(4),
      speed: step.samplesPerSecond.toFixed(0),
      left: step.secondsLeft.toFixed(0),
    };
    if (!this.#started) this.#bar.start(step.batches, 0, facts);
    this.#started = true;
    this.#bar.update(step.batch, facts);
  }

  end(): void {
    if (this.#started) this.#bar.stop();
    this.#started = false;
  }
}
