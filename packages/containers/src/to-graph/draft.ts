import { ContainerError, type AnyModule } from '@tessera-nn/core';
import { Identity, Replicate, ToList } from '@tessera-nn/modules';
import { Container, type Unrolling } from '../container.js';
import type { WrittenGraph, WrittenNode } from '../graph/blueprint.js';

/** What a node reads: all that another one returns, or one entry of its list. */
interface Read {
  readonly from: DraftNode;
  readonly slot?: number;
}

/** What flows between nodes. */
export type Wire = Read | readonly Wire[];

interface DraftNode {
  readonly module: AnyModule;
  readonly name: string;
  reads: readonly Read[];
}

const isList = (wire: Wire): wire is readonly Wire[] => Array.isArray(wire);
const readsIn = (wire: Wire): Read[] => (isList(wire) ? wire.flatMap(readsIn) : [wire]);

/** A graph that is being made of a network, node by node. */
export class Draft {
  readonly #nodes: DraftNode[] = [];
  readonly #names = new Set<string>();
  /** The names of modules: those of their first nodes. */
  readonly #keys = new Map<AnyModule, string>();
  /** Where the input of the whole comes in; which nodes that will be shows in the end. */
  readonly #source: DraftNode = { module: new Identity(), name: '', reads: [] };

  /** The input of the whole. */
  get entrance(): Wire {
    return { from: this.#source };
  }

  /** The wire behind a module: through what it consists of, or a node. */
  place(module: AnyModule, path: string, input: Wire): Wire {
    if (module instanceof Identity) return input;
    if (module instanceof Replicate) return Array.from({ length: module.times }, () => input);
    if (module instanceof ToList) return readsIn(input);
    if (module instanceof Container) {
      const unrolling: Unrolling<Wire> = {
        place: (inner, key, wire) => this.place(inner, path ? `${path}_${key}` : key, wire),
        entry: (wire, slot) => this.#entry(wire, slot, path),
        list: (wires) => wires,
        isList: (wire): wire is Wire & readonly Wire[] => isList(wire),
      };
      const end = module.unrolled(input, unrolling);
      if (end) return end;
    }
    return { from: this.#add(module, path || (module.name ?? module.className), flatReads(input, path)) };
  }

  /** The graph as it is written, with its modules, for what it returns in the end. */
  finish(end: Wire): WrittenGraph & { modules: Record<string, AnyModule> } {
    const sink: DraftNode = { module: this.#source.module, name: 'output', reads: flatReads(end, 'output') };
    const inputs = this.#openEntrances(sink);
    const ends = sink.reads.map((read) => this.#whole(read).name);
    const nodes = this.#nodes.map(({ module, name, reads }): WrittenNode => {
      const parents = reads.map(({ from, slot }) => (slot === undefined ? from.name : ([from.name, slot] as const)));
      return { name, module: this.#keys.get(module)!, parents };
    });
    const modules = Object.fromEntries([...this.#keys].map(([module, key]) => [key, module]));
    return { nodes, inputs, outputs: isList(end) ? ends : ends[0]!, modules };
  }

  /** An entry of a list. Entries of entries are read behind a node between. */
  #entry(wire: Wire, slot: number, path: string): Wire {
    if (!isList(wire)) return { from: this.#whole(wire), slot };
    const entry = wire[slot];
    if (entry) return entry;
    throw new ContainerError(
      `"${path}" cannot be a part of a graph: it reads entry ${slot} of a list of ${wire.length}`,
      {
        path,
        hint: 'Where ToList unrolls lists whose lengths show only in the data, put Split or Concat in its place',
      },
    );
  }

  /** A node that returns what is read, and nothing else. */
  #whole(read: Read): DraftNode {
    if (read.slot === undefined) return read.from;
    return this.#add(new Identity(), `${read.from.name || 'input'}_${read.slot}`, [read]);
  }

  #add(module: AnyModule, wanted: string, reads: readonly Read[]): DraftNode {
    let name = wanted;
    for (let count = 2; this.#names.has(name); count++) name = `${wanted}_${count}`;
    this.#names.add(name);
    if (!this.#keys.has(module)) this.#keys.set(module, name);
    const node = { module, name, reads };
    this.#nodes.push(node);
    return node;
  }

  /** Puts nodes where the input comes in: for each entry of it, where each is read by itself, or one for all. */
  #openEntrances(sink: DraftNode): string | string[] {
    const readers = [...this.#nodes, sink].filter((node) => node.reads.some(({ from }) => from === this.#source));
    const read = readers.flatMap(({ reads }) => reads.filter(({ from }) => from === this.#source));
    const slots = new Set(read.map(({ slot }) => slot));
    const entries = Array.from(slots, (_, slot) => slot);
    if (!entries.every((slot) => slots.has(slot))) return this.#openEntrance(readers, sink);
    return entries.map((slot) => this.#openEntrance(readers, sink, slot));
  }

  /** The node that the input, or an entry of it, goes to: the only one that reads it, or one in front of all of them. */
  #openEntrance(readers: readonly DraftNode[], sink: DraftNode, slot?: number): string {
    const isMeant = (read: Read) => read.from === this.#source && (slot === undefined || read.slot === slot);
    const [only, ...others] = readers.filter(({ reads }) => reads.some(isMeant));
    const isAlone = others.length === 0 && only !== sink && only?.reads.length === 1;
    if (only && isAlone && only.reads[0]!.slot === slot) {
      only.reads = [];
      return only.name;
    }
    const node = this.#add(new Identity(), 'input', []);
    for (const reader of readers) {
      reader.reads = reader.reads.map((read) => {
        if (!isMeant(read)) return read;
        return slot === undefined ? { ...read, from: node } : { from: node };
      });
    }
    return node.name;
  }
}

/** What a single node reads. */
function flatReads(wire: Wire, path: string): Read[] {
  const parts = isList(wire) ? wire : [wire];
  if (!parts.some(isList)) return parts as Read[];
  throw new ContainerError(`"${path}" cannot be a part of a graph: it takes or returns lists in a list`, {
    path,
    hint: 'Put ToList where the lists come together',
  });
}
