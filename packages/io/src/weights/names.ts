import { ValueError } from '@tessera-nn/core';

/**
 * From the names of a file to those of a network: a function (null leaves a tensor out), or names and beginnings of paths
 * with what stands for them, as `{ 'features.0': 'conv1', 'classifier.1.weight': 'head.W' }`.
 */
export type NameMap = ((name: string) => string | null | undefined) | Readonly<Record<string, string | null>>;

/** What other systems call the parameters and buffers of modules. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  W: ['weight', 'kernel'],
  b: ['bias'],
  slopes: ['weight', 'alpha'],
  weight: ['slopes', 'alpha'],
  scale: ['weight', 'gamma'],
  bias: ['beta'],
  mean: ['running_mean', 'moving_mean'],
  var: ['running_var', 'moving_variance'],
  numOfProps: ['num_batches_tracked'],
};

/** What names begin with where a network was saved in PyTorch's DataParallel, or as `torch.compile` returns it. */
const WRAPPERS = /^((module|_orig_mod)\.)+/;

/** Gives each tensor of a file its name in the network, where it has one. */
export class NameMatcher {
  readonly #known: Map<string, string>;

  /** @param names those of the network. */
  constructor(
    names: Iterable<string>,
    readonly map: NameMap | undefined,
  ) {
    this.#known = new Map(Array.from(names, (name) => [name, name]));
    for (const name of [...this.#known.keys()]) {
      const end = name.lastIndexOf('.') + 1;
      for (const other of otherNames[name.slice(end)] ?? []) {
        const synonym = name.slice(0, end) + other;
        if (!this.#known.has(synonym)) this.#known.set(synonym, name);
      }
    }
  }

  /** The network's name for a tensor; undefined where it has none, null where the map leaves it out. */
  match(name: string): string | null | undefined {
    const mapped = this.#mapped(name);
    return mapped === null ? null : (this.#known.get(mapped) ?? this.#known.get(mapped.replace(WRAPPERS, '')));
  }

  #mapped(name: string): string | null {
    if (typeof this.map === 'function') return this.map(name) ?? null;
    if (!this.map) return name;
    for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
      const beginning = name.slice(0, end);
      if (!Object.hasOwn(this.map, beginning)) continue;
      const target = this.map[beginning];
      if (target === null || target === undefined) return null;
      if (typeof target !== 'string') {
        throw new ValueError(`The map of names has no name for "${beginning}"`, { received: typeof target });
      }
      return `${target}${name.slice(target === '' ? end + 1 : end)}`;
    }
    return name;
  }
}
