import type { ArrayDataset } from 'tessera-nn';
import { drawDigit } from './digit-image.js';
import { find } from './find.js';

/** Whole rows of 16, 12, 8 and 6. */
const SHOWN = 48;

/** Some unseen digits, each with what the network takes it for. */
export class DigitGrid {
  readonly #list = find('#grid', HTMLOListElement);
  readonly #summary = find('#grid-summary', HTMLElement);
  #digits: ArrayDataset | undefined;

  /** The images it shows, one after the other. */
  get images(): Float32Array {
    return this.#digits?.data ?? new Float32Array();
  }

  showDigits(digits: ArrayDataset): void {
    this.#digits = digits.slice(0, Math.min(SHOWN, digits.length));
    const { data, length } = this.#digits;
    const size = data.length / length;
    const items = Array.from({ length }, (_, i) => item(data.subarray(i * size, (i + 1) * size)));
    this.#list.replaceChildren(...items);
    this.#summary.textContent = 'The network has not looked at them yet.';
  }

  /** Marks each digit: the sign says it, not the colour alone. */
  showPredictions(predictions: readonly number[]): void {
    if (!this.#digits) return;
    const { labels } = this.#digits;
    predictions.forEach((prediction, i) => mark(this.#list.children[i]!, prediction, labels[i]!));
    const right = predictions.filter((prediction, i) => prediction === labels[i]).length;
    this.#summary.textContent = `${right} of these ${labels.length} read right. Below each stands what the network reads, and for a wrong one what it is.`;
  }
}

function item(image: Float32Array): HTMLLIElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 28;
  canvas.setAttribute('aria-hidden', 'true');
  drawDigit(canvas, image);
  const text = document.createElement('span');
  text.textContent = '?';
  const made = document.createElement('li');
  made.append(canvas, text);
  return made;
}

function mark(element: Element, prediction: number, label: number): void {
  const right = prediction === label;
  element.className = right ? 'right' : 'wrong';
  element.querySelector('span')!.textContent = right ? `${prediction} ✓` : `${prediction}\u00a0✗ is\u00a0${label}`;
  element.setAttribute('aria-label', right ? `${label}, read right` : `${label}, read as ${prediction}`);
}
