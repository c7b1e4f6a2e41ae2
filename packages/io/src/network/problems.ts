/** More problems than this are counted and not written out. */
const MOST_SHOWN = 20;

/** What keeps a file from being loaded: the first problems, and how many more there are. A file may have a million. */
export class Problems {
  readonly #shown: string[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Writes a problem out where it is one of the first. */
  add(text: () => string): void {
    if (this.#count++ < MOST_SHOWN) this.#shown.push(text());
  }

  toString(): string {
    const rest = this.#count - this.#shown.length;
    return this.#shown.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
  }
}
