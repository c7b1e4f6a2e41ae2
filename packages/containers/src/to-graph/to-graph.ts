import { checkModule } from '@tessera-nn/core/internal';
import { option, optionsOf, type AnyModule, type Given } from '@tessera-nn/core';
import { Graph } from '../graph/graph.js';
import { Draft } from './draft.js';

const options = optionsOf('toGraph', {
  /** What the graph is called. Default the name of the network. */
  name: option.text.optional,
});
export type ToGraphOptions = Given<typeof options>;

/**
 * A network of containers as one flat graph that computes the same. Its modules are those of the network, not copies, so
 * that weights and training are shared; nothing about the network changes, names neither.
 *
 * Sequential, Parallel and Graph are taken apart, at any depth; Identity, Replicate and ToList become connections. Other
 * modules are nodes, as are subclasses of containers that compute in a way of their own. Nodes are called by their paths,
 * joined with `_`. Hooks of what was taken apart do not run. What takes a list has one input for each entry, where every
 * entry is read by itself.
 *
 * Source: PuzzleLib's `toGraph`, which can neither take apart a Parallel behind Split nor one at the root.
 *
 * @example
 * const branches = new Parallel([new Linear(4, 2), new Linear(4, 3)]);
 * const graph = toGraph(new Sequential([new Replicate(2), branches, new Concat(1)]));
 * console.log([...graph.nodes.keys()].join(' ')); // input 1_0 1_1 2
 * @throws ContainerError where a list lies in a list that a single module reads, or that is the output.
 */
export function toGraph(net: AnyModule, given: ToGraphOptions = {}): Graph {
  checkModule(net, 'toGraph');
  const { name = net.name } = options.read(given);
  const draft = new Draft();
  const { modules, ...written } = draft.finish(draft.place(net, '', draft.entrance));
  const graph = Graph.fromModules({ ...(name === undefined ? {} : { name }), ...written }, modules);
  return graph.train(net.training, false); // the modules in it have their modes already
}
