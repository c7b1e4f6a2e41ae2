import { TesseraError } from 'tessera-nn';
import { find } from './find.js';

/** Shows what went wrong and what to do about it, in the page. */
export class ErrorBox {
  readonly #box = find('#error', HTMLElement);

  show(error: unknown): void {
    this.#box.replaceChildren(...(error instanceof TesseraError ? describe(error) : describeForeign(error)));
    this.#box.hidden = false;
    this.#box.scrollIntoView({ block: 'nearest' });
  }

  hide(): void {
    this.#box.hidden = true;
  }
}

function describe({ name, summary, path, expected, received, hint }: TesseraError): HTMLElement[] {
  const facts = [
    path && `Where: ${path}.`,
    expected && `Expected: ${expected}.`,
    received && `Received: ${received}.`,
  ].filter(Boolean);
  return [
    element('h2', `${name}: ${summary}`),
    ...(facts.length > 0 ? [element('p', facts.join(' '))] : []),
    ...(hint ? [element('p', `What to do: ${hint.replace(/[.!?]?$/, (end) => end || '.')}`)] : []),
  ];
}

function describeForeign(error: unknown): HTMLElement[] {
  return [
    element('h2', error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    element('p', 'What to do: load the page again. The developer console may say more.'),
  ];
}

function element(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
