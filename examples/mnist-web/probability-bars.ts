import { find } from './find.js';
import { bestOf } from '../page/softmax.js';

interface Row {
  row: HTMLTableRowElement;
  bar: HTMLElement;
  text: HTMLElement;
}

/** Ten bars: how likely the network thinks each digit is. */
export class ProbabilityBars {
  readonly #rows = Array.from({ length: 10 }, (_, digit) => makeRow(digit));

  constructor() {
    find('#probabilities tbody', HTMLTableSectionElement).append(...this.#rows.map(({ row }) => row));
    this.clear();
  }

  show(probabilities: Float32Array): void {
    const best = bestOf(probabilities);
    this.#rows.forEach(({ row, bar, text }, digit) => {
      const share = probabilities[digit]!;
      row.classList.toggle('best', digit === best);
      row.dataset.share = String(share);
      bar.style.setProperty('--share', share.toFixed(4));
      text.textContent = `${(100 * share).toFixed(1)} %`;
    });
  }

  clear(): void {
    for (const { row, bar, text } of this.#rows) {
      row.classList.remove('best');
      delete row.dataset.share;
      bar.style.setProperty('--share', '0');
      text.textContent = '–';
    }
  }
}

function makeRow(digit: number): Row {
  const row = document.createElement('tr');
  const head = document.createElement('th');
  head.scope = 'row';
  head.textContent = String(digit);
  const bar = document.createElement('div');
  bar.className = 'bar';
  const [cell, text] = [document.createElement('td'), document.createElement('td')];
  cell.append(bar);
  row.append(head, cell, text);
  return { row, bar, text };
}
