import { checkModule } from './check-module.js';
import { ContainerError } from '@tessera-nn/kernels';
import { checkList } from '@tessera-nn/kernels/internal';
import type { Data } from './data.js';
import type { Module } from './module.js';

/** Where a node gets its input from: all that another node returns, or one or some of the entries of its list. */
export type Parent = AnyNode | readonly [node: AnyNode, slots: number | readonly number[]];

/** What a node reads of another one. */
export interface Edge {
  readonly node: AnyNode;
  /** Which entries of its list; all that it returns where undefined. */
  readonly slots: number | readonly number[] | undefined;
}

export type AnyNode = Node<Data, Data>;

/**
 * A place of a module in a graph, which knows where its input comes from.
 *
 * Without parents it is an input of the graph. A single parent hands its output on as it is; `[parent, 1]` hands on the
 * second entry of its list; several parents and `[parent, [0, 2]]` come as one list, lists among them unrolled. The same
 * module may be in several nodes, and the same parent come twice. Source: PuzzleLib's `Node`, made by `module.node`.
 *
 * @example
 * const halves = new Split({ axis: 1, sections: [4, 4] }).node();
 * const left = new Linear(4, 2).node([halves, 0]);
 * const both = new Concat({ axis: 1 }).node(left, [halves, 1]);
 */
export class Node<Input extends Data = Data, Output extends Data = Data> {
  readonly #edges: Edge[] = [];

  /** @param name how graphs call it; without one they name it after its module. */
  constructor(
    readonly module: Module<Input, Output>,
    parents: readonly Parent[] = [],
    readonly name?: string,
  ) {
    checkModule(module, 'Node');
    checkList(parents, 'Node', 'its parents in a list');
    this.connect(...parents);
  }

  /** What it reads, in the order of its input. */
  get edges(): readonly Edge[] {
    return this.#edges;
  }

  /**
   * Adds parents behind those it has; for a node that had to be made before them. Graphs made earlier stay as they are.
   *
   * @throws ContainerError for what is not a node, and for slots that are not places in a list.
   */
  connect(...parents: readonly Parent[]): this {
    this.#edges.push(...parents.map((parent) => this.#edgeTo(parent)));
    return this;
  }

  #edgeTo(parent: Parent): Edge {
    const [node, slots] = (Array.isArray(parent) ? parent : [parent, undefined]) as [AnyNode, Edge['slots']];
    const places = slots === undefined ? [] : [slots].flat();
    const isSlot = (slot: unknown) => Number.isInteger(slot) && (slot as number) >= 0;
    if (node instanceof Node && places.every(isSlot) && (slots === undefined || places.length > 0)) {
      return { node, slots };
    }
    throw new ContainerError(`A parent of the node of ${this.module.label} is none`, {
      path: this.name ?? this.module.path,
      expected: 'a node, [node, slot] or [node, [slot, slot]], with slots from 0 on',
      received: receivedText(parent),
      hint: 'Make nodes with module.node(...parents), each parent an argument of its own',
    });
  }
}

function receivedText(parent: unknown): string {
  if (!Array.isArray(parent)) return typeof parent;
  const [node, slots] = parent as unknown[];
  if (parent.some((part, place) => place > 0 && part instanceof Node)) return 'a list of nodes';
  return node instanceof Node ? `slots ${JSON.stringify(slots)}` : 'a list';
}
