import { isPlainObject } from '@tessera-nn/core/internal';
import type { RawConfig } from './topology.js';

/** What a layer is, or does, that no module here can be. */
export class Lack extends Error {}

/** The options of a layer of a file, which may hold anything. */
export class LayerOptions {
  constructor(readonly raw: RawConfig) {}

  /** A number. @throws Lack where something else is written. */
  number(name: string, preset?: number): number {
    const value = this.raw[name] ?? preset;
    return typeof value === 'number' && Number.isFinite(value) ? value : this.#lack(name);
  }

  flag(name: string, preset: boolean): boolean {
    const value = this.raw[name] ?? preset;
    return typeof value === 'boolean' ? value : this.#lack(name);
  }

  /** One of some texts. */
  choice<Text extends string>(name: string, among: readonly Text[], preset?: Text): Text {
    const value = this.raw[name] ?? preset;
    return among.find((text) => text === value) ?? this.#lack(name);
  }

  /** A whole number for each axis; one alone is for all of them. */
  extents(name: string, axes: number, preset?: number | readonly number[]): number[] {
    const value = this.raw[name] ?? preset;
    const list: unknown[] = Array.isArray(value) ? value : new Array<unknown>(axes).fill(value);
    return list.length === axes && list.every(isWhole) ? list : this.#lack(name);
  }

  /** Whole numbers; one alone is a list of it. */
  whole(name: string, preset?: number | readonly number[]): number[] {
    const value = this.raw[name] ?? preset;
    const list: unknown[] = [value].flat();
    return list.every(isWhole) ? list : this.#lack(name);
  }

  /** A number before and behind each axis: Keras takes one for all, one for each axis, or both for each. */
  sides(name: string, axes: number): (readonly [number, number])[] {
    const value = this.raw[name];
    const list: unknown[] = Array.isArray(value) ? value : new Array<unknown>(axes).fill(value);
    const isAxisOfTwo = axes === 1 && list.length === 2;
    const pairs = (isAxisOfTwo ? [list] : list).map((side) => (Array.isArray(side) ? side : [side, side]) as unknown[]);
    if (pairs.length !== axes || !pairs.every((pair) => pair.length === 2 && pair.every(isWhole)))
      return this.#lack(name);
    return pairs as [number, number][];
  }

  /** The name of a function, which Keras 3 may write as an object; undefined where there is none. */
  functionName(name: string): string | undefined {
    const value = this.raw[name] ?? undefined;
    const inner = isPlainObject(value) ? (value as RawConfig).config : value;
    return inner === undefined || typeof inner === 'string' ? inner : this.#lack(name);
  }

  /** @throws Lack unless an option that no module here has is as it would be without it. */
  refuse(name: string, harmless: readonly unknown[] = [false]): void {
    const value = this.raw[name] ?? undefined;
    if (value !== undefined && !harmless.includes(value)) this.#lack(name);
  }

  #lack(name: string): never {
    const value = JSON.stringify(this.raw[name] ?? null);
    throw new Lack(`with ${name} ${value.length > 60 ? `${value.slice(0, 60)}...` : value}`);
  }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
