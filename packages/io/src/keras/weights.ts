import type { StoredTensor } from '../tensors/stored-tensor.js';
import type { Hdf5Group } from '../hdf5/read-hdf5.js';
import { expectedWeights, rowOf } from './table.js';
import type { KerasLayer } from './topology.js';

/** A weight that has not been read. */
export interface WeightInFile {
  readonly shape: readonly number[];
  tensor(): Promise<StoredTensor>;
}

/** Where a file has the weights of layers. */
export interface KerasWeights {
  /** Those of a layer, by the names of the table. */
  of(layer: KerasLayer): ReadonlyMap<string, WeightInFile>;
  /** Refuses weights that no layer was asked for: what was read is not all of the model. */
  refuseUnclaimed(): void;
}

type Refuse = (problem: string) => never;

/** In `.keras` files weights are numbered under the class of their layer, and the configuration says whose they are. */
export class NumberedWeights implements KerasWeights {
  readonly #left: Set<string>;

  constructor(
    readonly root: Hdf5Group,
    readonly refuse: Refuse,
  ) {
    this.#left = new Set(root.leaves().filter((path) => path.startsWith('layers/')));
  }

  of(layer: KerasLayer): Map<string, WeightInFile> {
    const { className, name, slot } = layer;
    const inside = this.root.group(slot)?.leaves().length ?? 0;
    const known = expectedWeights(layer);
    if (inside !== known.length) {
      return this.refuse(`layer "${name}" is a ${className} with ${inside} weights, expected ${known.length}`);
    }
    return new Map(
      known.map(({ name: weight, at }) => {
        const path = `${slot}/${at}`;
        this.#left.delete(path);
        return [weight, this.root.dataset(path) ?? this.refuse(`layer "${name}" has no weight "${weight}"`)];
      }),
    );
  }

  refuseUnclaimed(): void {
    const [first] = this.#left;
    if (first !== undefined) this.refuse(`"${first}" belongs to no layer of its configuration`);
  }
}

/** In other files every weight has a path of names, those of its layer and of models around it among them. */
export class NamedWeights implements KerasWeights {
  readonly #left: Set<string>;
  readonly #byName = new Map<string, [path: string, weight: WeightInFile][]>();

  constructor(
    weights: ReadonlyMap<string, WeightInFile>,
    readonly refuse: Refuse,
  ) {
    this.#left = new Set(weights.keys());
    for (const entry of weights) {
      for (const name of namesIn(entry[0])) {
        const known = this.#byName.get(name);
        if (known) known.push(entry);
        else this.#byName.set(name, [entry]);
      }
    }
  }

  of(layer: KerasLayer): Map<string, WeightInFile> {
    const known = expectedWeights(layer);
    const found = new Map<string, WeightInFile>();
    const { oldNames = {}, wraps } = rowOf(layer.className) ?? {};
    for (const [path, weight] of known.length === 0 ? [] : this.#entriesOf(layer)) {
      const leaf = path.slice(path.lastIndexOf('/') + 1).replace(/:\d+$/, ''); // Keras 2 counts its tensors
      const way = wraps?.find((each) => each !== '' && path.includes(`${each}_`));
      const name = way === undefined ? (oldNames[leaf] ?? leaf) : `${way}.${leaf}`;
      if (found.has(name)) return this.refuse(`layer "${layer.name}" has its weight "${name}" twice`);
      found.set(name, weight);
      this.#left.delete(path);
    }
    const [missing] = known.filter(({ name }) => !found.has(name));
    if (!missing) return found;
    return this.refuse(`layer "${layer.name}" is a ${layer.className} without its weight "${missing.name}"`);
  }

  refuseUnclaimed(): void {
    const [first] = this.#left;
    if (first !== undefined) this.refuse(`"${first}" belongs to no layer of its configuration`);
  }

  /** What bears the name of a layer; where several layers have that name, what bears those of the models around it too. */
  #entriesOf({ name, path }: KerasLayer): [path: string, weight: WeightInFile][] {
    let entries = this.#byName.get(name) ?? [];
    const narrow = (isMeant: (path: string) => boolean) => {
      const narrower = entries.filter(([each]) => isMeant(each));
      if (narrower.length > 0) entries = narrower;
    };
    if (path.length === 1) narrow((each) => each.startsWith(`${name}/`));
    for (const model of path.slice(0, -1)) narrow((each) => namesIn(each).has(model));
    return entries;
  }
}

/** Names that a path may be made of: as those of layers may hold a "/", its beginnings and its parts. */
function namesIn(path: string): Set<string> {
  const parts = path.split('/').slice(0, MOST_PARTS);
  return new Set(parts.slice(0, -1).flatMap((part, i) => [part, parts.slice(0, i + 1).join('/')]));
}

/** Deeper than models in one another. */
const MOST_PARTS = 64;
