import { newVariable } from '../variable/new-variable.js';
import type { GraphNode } from './graph-node.js';
import type { BackwardContext } from './list-op.js';

/** What a node tells its gradients: getters, and what they give closures, so that an op pays for what it names. */
export class NodeContext implements BackwardContext<object> {
  constructor(
    private readonly node: GraphNode,
    readonly wanted: readonly boolean[],
  ) {}

  get attrs() {
    return this.node.attrs;
  }
  get inputShapes() {
    return this.node.inputs.map(({ shape }) => shape);
  }
  get input() {
    const { inputs, saved } = this.node;
    return (index: number) => inputs[index]!.viewOf(saved.inputs[index]!);
  }
  get result() {
    const { node } = this;
    return (index: number) => newVariable(node.saved.results[index]!.retain()).link(node, index);
  }
}
