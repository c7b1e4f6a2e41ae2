import {
  ContainerError,
  named,
  Node,
  option,
  optionsOf,
  type AnyModule,
  type AnyNode,
  type Blueprint,
  type Data,
  type Edge,
  type Given,
  type ModuleOptions,
  type ShapeOf,
  type Shapes,
} from '@tessera-nn/core';
import { aliasOf, isList, isShapeList, mapData, variablesIn } from '@tessera-nn/core/internal';
import { Container, describe, type Unrolling } from '../container.js';
import { endsFrom, writtenNode, type WrittenGraph } from './blueprint.js';
import { orderOf } from './order.js';
import { readEdges, type Lists } from './read-edges.js';

/** One node, or several that make a list. */
export type Nodes = AnyNode | readonly AnyNode[];

/** What goes into nodes. */
export type InputOf<N extends Nodes> = N extends readonly AnyNode[]
  ? { readonly [Place in keyof N]: N[Place] extends Node<infer Input> ? Input : never }
  : N extends Node<infer Input>
    ? Input
    : never;

/** What comes out of nodes. */
export type OutputOf<N extends Nodes> = N extends readonly AnyNode[]
  ? { readonly [Place in keyof N]: N[Place] extends Node<Data, infer Output> ? Output : never }
  : N extends Node<Data, infer Output>
    ? Output
    : never;

/** A node as it was when the graph was made. */
interface Step {
  readonly node: AnyNode;
  readonly name: string;
  readonly edges: readonly Edge[];
}

const options = optionsOf('Graph', {
  /** The nodes that what comes in goes to: one, or a list of them for a list. */
  inputs: option.anything<Nodes>(),
  /** The nodes whose outputs are given: one, or a list of them for a list. Others may read them, too. */
  outputs: option.anything<Nodes>(),
  ...named,
});

/** Where a graph begins and ends. */
export type GraphOptions<Inputs extends Nodes, Outputs extends Nodes> = Given<typeof options> & {
  inputs: Inputs;
  outputs: Outputs;
};

/**
 * A network of nodes, which `module.node(...)` makes: several inputs and outputs, branches, joins and shared modules.
 *
 * What lies between inputs and outputs belongs to it, and runs in one order whatever else happens: parents before those
 * who read them. A module in two nodes runs twice and is held once; its gradients add up. What nobody reads any more is
 * freed at once. Nodes that are connected afterwards do not change it.
 *
 * Shapes: those of the input nodes to those of the output nodes. Source: PuzzleLib's `Graph`.
 *
 * @example
 * const image = new Conv2D(1, 8, 3).node();
 * const left = new Activation('relu').node(image);
 * const right = new Activation('sigmoid').node(image);
 * const net = new Graph({ inputs: image, outputs: new Mul().node(left, right) });
 * @throws ContainerError, with the path drawn, for circles, for inputs that lead nowhere or have parents, and for nodes
 *   that read nothing; for two nodes of one name.
 */
export class Graph<const Inputs extends Nodes = Nodes, const Outputs extends Nodes = Nodes> extends Container<
  InputOf<Inputs>,
  OutputOf<Outputs>
> {
  static override readonly className: string = 'Graph';

  readonly #inputs: Inputs;
  readonly #outputs: Outputs;
  /** In the order of execution. */
  readonly #steps: readonly Step[];
  readonly #names: ReadonlyMap<AnyNode, string>;
  /** How often what a node returns is read, or given. */
  readonly #readers = new Map<AnyNode, number>();

  constructor(given: GraphOptions<Inputs, Outputs>) {
    const { inputs, outputs, name } = options.read(given);
    super({ name });
    [this.#inputs, this.#outputs] = [inputs as Inputs, outputs as Outputs];
    const [first, last] = [[inputs].flat(), [outputs].flat()] as [AnyNode[], AnyNode[]];
    this.#checkEnds('inputs', first);
    this.#checkEnds('outputs', last);
    if (new Set(first).size < first.length) this.#refuse('a node is twice among its inputs');
    const ordered = orderOf({ inputs: first, outputs: last, label: this.label });
    const keys = this.#hold(ordered);
    this.#names = namesFor(ordered, keys, this.label);
    this.#steps = ordered.map((node) => ({ node, name: this.#names.get(node)!, edges: [...node.edges] }));
    for (const node of [...ordered.flatMap(({ edges }) => edges.map((edge) => edge.node)), ...last]) {
      this.#readers.set(node, (this.#readers.get(node) ?? 0) + 1);
    }
  }

  static fromModules(written: Record<string, unknown>, modules: Record<string, AnyModule>): Graph {
    const { order: _, nodes, inputs, outputs, ...options } = written as unknown as ModuleOptions & WrittenGraph;
    const ends = endsFrom({ nodes, inputs, outputs }, modules);
    const graph = new Graph({ ...options, ...ends });
    if (graph.#steps.length < nodes.length) graph.#refuse('some of its nodes lead to no output');
    const keys = new Map(Object.entries(modules).map(([key, module]) => [module, key]));
    graph.entries.splice(0, Infinity, ...graph.entries.map(({ module }) => ({ key: keys.get(module)!, module })));
    return graph;
  }

  override get takes() {
    return isNode(this.#inputs) ? this.#inputs.module.takes : ('list' as const);
  }

  /** Its nodes by name, in the order of execution. */
  get nodes(): ReadonlyMap<string, AnyNode> {
    return new Map(this.#steps.map(({ name, node }) => [name, node]));
  }

  /** The nodes that what comes in goes to. */
  get inputs(): Inputs {
    return this.#inputs;
  }

  /** The nodes whose outputs are given. */
  get outputs(): Outputs {
    return this.#outputs;
  }

  /** The node of that name; undefined when there is none. A node has its own name, its module's, or a number. */
  getNodeByName(name: string): AnyNode | undefined {
    return this.nodes.get(name);
  }

  override getBlueprint(): Blueprint {
    const { options, ...rest } = super.getBlueprint();
    const keys = new Map(this.entries.map(({ key, module }) => [module, key]));
    const names = (nodes: Nodes) => (isNode(nodes) ? this.#nameOf(nodes) : nodes.map((node) => this.#nameOf(node)));
    const nodes = this.#steps.map((step) =>
      writtenNode(step, keys.get(step.node.module)!, (node) => this.#nameOf(node)),
    );
    return { ...rest, options: { ...options, nodes, inputs: names(this.#inputs), outputs: names(this.#outputs) } };
  }

  #nameOf(node: AnyNode): string {
    return this.#names.get(node)!;
  }

  // ---- running

  override dataShapeFrom(shape: ShapeOf<InputOf<Inputs>>): ShapeOf<OutputOf<Outputs>, number[]> {
    const shapes = this.shapesFrom(shape);
    return gathered(this.#outputs, (node) => shapes.get(this.#nameOf(node))!) as ShapeOf<OutputOf<Outputs>, number[]>;
  }

  /** The shape of what each node returns, by its name, for an input shape. @throws ShapeError as `dataShapeFrom`. */
  shapesFrom(shape: ShapeOf<InputOf<Inputs>>): Map<string, Shapes> {
    const shapes = this.#walk<Shapes>(shape, { isList: isShapeList }, ({ node }, before) =>
      node.module.shapeAfter(before),
    );
    return new Map(this.#steps.map(({ node, name }) => [name, shapes.get(node)!]));
  }

  protected override updateData(data: InputOf<Inputs>): OutputOf<Outputs> {
    const readers = new Map(this.#readers);
    const outputs = this.#walk<Data>(data, { isList }, (step, input, values) => {
      const own = this.#isShared(step) ? mapData(input, aliasOf) : input;
      const output = step.node.module.forward(own);
      if (own !== input) free(own);
      for (const { node: parent } of step.edges) {
        const left = readers.get(parent)! - 1;
        readers.set(parent, left);
        if (left === 0) free(values.get(parent)!);
      }
      return output;
    });
    return gathered(this.#outputs, (node) => outputs.get(node)!) as OutputOf<Outputs>;
  }

  override unrolled<Wire>(input: Wire, { place, entry, list, isList: isWireList }: Unrolling<Wire>): Wire | undefined {
    if (this.updateData !== Graph.prototype.updateData) return undefined;
    const lists = { isList: isWireList, entryOf: entry };
    const wires = this.#walk<Wire>(input, lists, ({ node, name }, wire) => place(node.module, name, wire));
    return isNode(this.#outputs) ? wires.get(this.#outputs)! : list(this.#outputs.map((node) => wires.get(node)!));
  }

  /** Goes through the nodes in their order, and returns what a function makes of each node and what it reads. */
  #walk<Value>(
    input: Value,
    lists: Lists<Value>,
    visit: (step: Step, read: Value, values: ReadonlyMap<AnyNode, Value>) => Value,
  ): Map<AnyNode, Value> {
    const given = this.#given(input, lists);
    const values = new Map<AnyNode, Value>();
    for (const step of this.#steps) {
      const { node } = step;
      const value = this.#guardedAt(step, () => {
        const read = given.has(node) ? given.get(node)! : readEdges(step, (parent) => values.get(parent)!, lists);
        return visit(step, read, values);
      });
      values.set(node, value);
    }
    return values;
  }

  /** What each input node gets. */
  #given<Value>(value: Value, { isList, entryOf }: Lists<Value>): Map<AnyNode, Value> {
    const ends: Nodes = this.#inputs;
    if (isNode(ends)) return new Map([[ends, value]]);
    const count = isList(value) ? (value as Value[]).length : undefined;
    if (count !== ends.length && !entryOf) {
      throw this.shapeError('it takes one entry for each input', {
        expected: `a list of ${ends.length}: ${ends.map((node) => this.#nameOf(node)).join(', ')}`,
        received: count === undefined ? 'one Variable' : `a list of ${count}`,
      });
    }
    return new Map(ends.map((node, slot) => [node, entryOf?.(value, slot) ?? (value as Value[])[slot]!]));
  }

  /** Whether others read what a node reads: a module that works in place must not show them its result. */
  #isShared({ edges }: Step): boolean {
    return edges.some(({ node }) => this.#readers.get(node)! > 1);
  }

  #guardedAt<T>({ node, name, edges }: Step, run: () => T): T {
    const place = () => {
      const parents = [...new Set(edges.map((edge) => `"${this.#nameOf(edge.node)}"`))].join(', ');
      return `node "${name}" (${describe(node.module)})${parents && `, after ${parents}`}`;
    };
    return this.guarded(node.module, place, run);
  }

  // ---- building

  /** Holds the modules of nodes, each once, and returns the names under which it does. */
  #hold(nodes: readonly AnyNode[]): Map<AnyModule, string> {
    const keys = new Map<AnyModule, string>();
    const taken = new Set<string>();
    for (const { module, name } of nodes) {
      if (keys.has(module)) continue;
      const key = this.keyFor(module.name ?? name, taken);
      keys.set(module, key);
      taken.add(key);
      this.entries.push({ key, module });
    }
    return keys;
  }

  #checkEnds(which: string, nodes: readonly unknown[]): void {
    if (nodes.length > 0 && nodes.every(isNode)) return;
    throw new ContainerError(`${this.label}: its ${which} are not nodes`, {
      path: this.path,
      expected: 'a node, or a list of one or more',
      received: nodes.length === 0 ? 'an empty list' : typeof nodes.find((node) => !isNode(node)),
      hint: 'Make nodes with module.node(...parents)',
    });
  }

  #refuse(problem: string): never {
    throw new ContainerError(`${this.label}: ${problem}`, { path: this.path });
  }
}

/**
 * The names of nodes: their own, or those of their modules, with a number where that is taken.
 *
 * @throws ContainerError for two nodes that brought the same name along.
 */
function namesFor(
  nodes: readonly AnyNode[],
  keys: ReadonlyMap<AnyModule, string>,
  label: string,
): Map<AnyNode, string> {
  const taken = new Set<string>();
  for (const { name } of nodes) {
    if (name === undefined) continue;
    if (taken.has(name)) throw new ContainerError(`${label}: two of its nodes are called "${name}"`, { path: label });
    taken.add(name);
  }
  return new Map(
    nodes.map((node) => {
      const key = keys.get(node.module)!;
      let name = node.name ?? key;
      for (let count = 2; node.name === undefined && taken.has(name); count++) name = `${key}_${count}`;
      taken.add(name);
      return [node, name];
    }),
  );
}

const isNode = (value: unknown): value is AnyNode => value instanceof Node;

/** What the ends of a graph give: one value, or a list. */
function gathered<Value>(nodes: Nodes, valueOf: (node: AnyNode) => Value): Value | Value[] {
  return isNode(nodes) ? valueOf(nodes) : nodes.map(valueOf);
}

/** Frees what nobody reads any more, unless a hook keeps it; the tape holds on to what the gradient needs. */
function free(data: Data): void {
  for (const variable of variablesIn(data)) if (!variable.kept) variable.dispose();
}
