import type { Step } from 'tessera-nn';
import { find } from './find.js';

/** What the page says of a run: a sentence that screen readers read out, the current numbers, and a bar. */
export class Progress {
  readonly #status = find('#status', HTMLElement);
  readonly #bar = find('#progress', HTMLProgressElement);
  readonly #epoch = find('#epoch', HTMLElement);
  readonly #step = find('#step', HTMLElement);
  readonly #loss = find('#loss', HTMLElement);
  readonly #accuracy = find('#accuracy', HTMLElement);
  readonly #speed = find('#speed', HTMLElement);

  /** Says something now; only what changes is read out. */
  say(text: string): void {
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  /** How much is done; without a share the bar shows that something goes on. */
  showShare(share: number | undefined): void {
    if (share === undefined) this.#bar.removeAttribute('value');
    else this.#bar.value = share;
  }

  showStep({ epoch, epochs, batch, batches }: Step): void {
    this.#epoch.textContent = `${epoch} of ${epochs}`;
    this.#step.textContent = `${batch} of ${batches}`;
    this.showShare((batches * (epoch - 1) + batch) / (batches * epochs));
  }

  showLoss(loss: number, imagesPerSecond: number | undefined): void {
    this.#loss.textContent = loss.toFixed(3);
    if (imagesPerSecond !== undefined) {
      this.#speed.textContent = Math.round(imagesPerSecond).toLocaleString('en');
    }
  }

  showAccuracy(share: number): void {
    this.#accuracy.textContent = `${(100 * share).toFixed(1)} %`;
  }

  /** The numbers as a sentence. */
  sayNumbers(): void {
    const [epoch, step, loss, accuracy, speed] = [this.#epoch, this.#step, this.#loss, this.#accuracy, this.#speed].map(
      (element) => element.textContent,
    );
    this.say(
      `Epoch ${epoch}, step ${step}: loss ${loss}, ${accuracy} of unseen digits right, ${speed} images per second.`,
    );
  }

  clear(): void {
    for (const element of [this.#epoch, this.#step, this.#loss, this.#accuracy, this.#speed]) {
      element.textContent = '–';
    }
    this.showShare(0);
  }
}
