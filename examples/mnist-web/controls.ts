import { find } from './find.js';
import { settingsFrom, type Settings } from './settings.js';

export type PageState = 'idle' | 'preparing' | 'training' | 'paused' | 'stopped' | 'done' | 'failed';

export interface ControlActions {
  onStart: () => void;
  onPause: () => void;
  onResume: () => void;
  onStop: () => void;
  onDownload: () => void;
}

/** The buttons and the fields of the settings. */
export class Controls {
  readonly #start = find('#start', HTMLButtonElement);
  readonly #pause = find('#pause', HTMLButtonElement);
  readonly #stop = find('#stop', HTMLButtonElement);
  readonly #download = find('#download', HTMLButtonElement);
  readonly #form = find('#controls', HTMLFormElement);
  readonly #settings = find('#settings', HTMLFieldSetElement);
  #state: PageState = 'idle';

  constructor({ onStart, onPause, onResume, onStop, onDownload }: ControlActions) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault(); // which would load the page anew
      if (!this.#start.disabled) onStart();
    });
    this.#pause.addEventListener('click', () => (this.#state === 'paused' ? onResume() : onPause()));
    this.#stop.addEventListener('click', onStop);
    this.#download.addEventListener('click', onDownload);
    for (const field of this.#fields) field.addEventListener('input', () => markInvalid(field, false));
  }

  get state(): PageState {
    return this.#state;
  }

  set state(state: PageState) {
    this.#state = state;
    document.body.dataset.state = state;
    const busy = state === 'preparing' || state === 'training' || state === 'paused';
    this.#start.disabled = busy;
    this.#settings.disabled = busy;
    this.#pause.disabled = state !== 'training' && state !== 'paused';
    this.#pause.textContent = state === 'paused' ? 'Resume' : 'Pause';
    this.#stop.disabled = !busy;
    this.#download.disabled = state === 'idle' || state === 'preparing' || state === 'failed';
  }

  /** Writes settings into the fields. */
  show(settings: Settings): void {
    for (const field of this.#fields) field.value = String(settings[field.name as keyof Settings]);
  }

  /** The settings of the page's address with those of the fields in place. @throws ValueError for a bad field. */
  read(query: string): Settings {
    const merged = new URLSearchParams(query);
    for (const field of this.#fields) merged.set(field.name, field.value);
    return settingsFrom(merged.toString());
  }

  /** Marks the field that is named, if there is one, and puts the cursor into it; the page says why elsewhere. */
  markWrong(name: string | undefined): void {
    for (const field of this.#fields) markInvalid(field, field.name === name);
    this.#fields.find((field) => field.name === name)?.focus();
  }

  get #fields(): (HTMLInputElement | HTMLSelectElement)[] {
    return [...this.#settings.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')];
  }
}

function markInvalid(field: HTMLElement, invalid: boolean): void {
  if (invalid) field.setAttribute('aria-invalid', 'true');
  else field.removeAttribute('aria-invalid');
  if (invalid) field.setAttribute('aria-describedby', 'error');
  else field.removeAttribute('aria-describedby');
}
