import { find } from './find.js';
import { settingsFrom, type Settings } from './settings.js';

export type PageState = 'idle' | 'preparing' | 'training' | 'paused' | 'stopped' | 'done' | 'failed';

export interface ControlActions {
  onStart: () => void;
  onPause: () => void;
  onResume: () => void;
  onStop: () => void;
}

/** The buttons and the fields of the settings. */
export class Controls {
  readonly #start = find('#start', HTMLButtonElement);
  readonly #pause = find('#pause', HTMLButtonElement);
  readonly #stop = find('#stop', HTMLButtonElement);
  readonly #form = find('#controls', HTMLFormElement);
  readonly #settings = find('#settings', HTMLFieldSetElement);
  #state: PageState = 'idle';

  constructor({ onStart, onPause, onResume, onStop }: ControlActions) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault(); // which would load the page anew
      if (!this.#start.disabled) onStart();
    });
    this.#pause.addEventListener('click', () => (this.#state === 'paused' ? onResume() : onPause()));
    this.#stop.addEventListener('click', onStop);
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

  get #fields(): (HTMLInputElement | HTMLSelectElement)[] {
    return [...this.#settings.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')];
  }
}
