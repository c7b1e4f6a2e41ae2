import { assertTrains, AutogradError, sameShape, ShapeError, shapeText } from '@tessera-nn/kernels';
import { inSpan } from '@tessera-nn/kernels/internal';
import { inFrame, type Owned } from '../memory/frame.js';
import { addAll } from '../ops/arithmetic.js';
import type { Variable } from '../variable/variable.js';
import { assertFinite, isWatching, withWatching } from './anomaly.js';
import { hooked, hookedLeafGrad } from './grad-hooks.js';
import { withRecording } from './grad-mode.js';
import { withGraph } from './graph.js';
import type { GraphNode } from './graph-node.js';
import { GraphPositions } from './graph-positions.js';
import { NodeContext } from './node-context.js';

export interface BackwardRequest {
  /** Where it starts, each with dLoss/droot, of the root's shape. */
  roots: readonly { root: Variable; seed: Variable }[];
  /** Which leaves want a gradient. */
  wants: (leaf: Variable) => boolean;
  /** Wanted although an op made them; a gradient at one of these places is that of the Variable given here. */
  targets?: readonly Variable[];
  /** Treated as leaves, whatever led to them. */
  stopAt?: readonly Variable[];
  /** Nodes before this place in time are left alone, as if the values they gave were constant. */
  since?: number | undefined;
  /** Keeps the graph for another backward pass. */
  retainGraph: boolean;
  /** Records the backward pass itself, so that its results can be differentiated again. */
  createGraph: boolean;
  /** Whether the hooks of leaves run: they see whole gradients, not parts of them. Default true. */
  leafHooks?: boolean;
}

/**
 * Walks the tape from the roots, newest node first, and returns the gradient of every wanted leaf that was reached.
 *
 * Iterative, so that depth is limited by memory alone. A value used in several places gets one sum of all its partial
 * gradients before its own node runs. Each node is released as soon as it ran, unless the graph is retained.
 */
export function runBackward(request: BackwardRequest): Map<Variable, Variable> {
  assertTrains();
  const { roots, wants, retainGraph, createGraph, leafHooks = true } = request;
  const { stopAt = [], targets: wantedResults = [] } = request;
  const stops = stopAt.length > 0 ? new GraphPositions(stopAt) : undefined;
  const targets = stops || wantedResults.length > 0 ? new GraphPositions([...wantedResults, ...stopAt]) : undefined;
  const leafOf = (variable: Variable) => targets?.find(variable)?.leaf ?? variable.leaf;
  const { since = 0 } = request;
  const nodeOf = (variable: Variable) =>
    stops?.find(variable) || (variable.node && variable.node.sequence < since) ? null : variable.node;
  const wanted = (variable: Variable) => wants(leafOf(variable));
  const nodes = collect(roots, nodeOf);
  const needs = findNeeds(nodes, wanted, nodeOf);
  const pending = new Map<GraphNode, (Variable[] | undefined)[]>();
  const leaves = new Map<Variable, Variable[]>();
  const send = (to: Variable, grad: Variable) => {
    const node = nodeOf(to);
    const flowsOn = node !== null && needs.has(node);
    if (wanted(to)) {
      const partials = leaves.get(leafOf(to)) ?? [];
      partials.push(flowsOn ? grad.alias() : grad);
      leaves.set(leafOf(to), partials);
    }
    if (!flowsOn) return;
    const slots = pending.get(node) ?? [];
    (slots[to.slot] ??= []).push(grad);
    pending.set(node, slots);
  };
  try {
    return inFrame(
      () =>
        withRecording(createGraph, () => {
          for (const { root, seed } of roots) send(root, seed.alias());
          for (const node of nodes) {
            const slots = pending.get(node);
            if (slots) {
              const run = () => runNode(node, slots, needs.get(node)!, request, send);
              inSpan('op', `gradient of ${node.op.name}`, run, node.call);
            }
            pending.delete(node);
            if (!retainGraph && !createGraph) node.releaseMemory();
          }
          const results = new Map<Variable, Variable>();
          for (const [leaf, partials] of leaves) {
            const sum = addAll(partials);
            results.set(leaf, leafHooks ? hookedLeafGrad(leaf, sum) : sum);
          }
          return results;
        }),
      (results) => (createGraph ? withGraph([...results.values()]) : new Set<Owned>(results.values())),
    );
  } finally {
    if (!retainGraph && !createGraph) for (const node of nodes) node.releaseMemory();
  }
}

/** Every node behind the roots, newest first. */
function collect(roots: BackwardRequest['roots'], nodeOf: (variable: Variable) => GraphNode | null): GraphNode[] {
  const found = new Set<GraphNode>();
  const open = roots.map(({ root }) => nodeOf(root)).filter((node) => node !== null);
  for (let node = open.pop(); node; node = open.pop()) {
    if (found.has(node)) continue;
    node.assertUsable();
    found.add(node);
    for (const input of node.inputs) {
      const behind = nodeOf(input);
      if (behind) open.push(behind);
    }
  }
  return [...found].sort((a, b) => b.sequence - a.sequence);
}

/** For each node that leads to a wanted leaf, which of its inputs do; oldest first, so that answers flow up. */
function findNeeds(
  nodes: readonly GraphNode[],
  wanted: (variable: Variable) => boolean,
  nodeOf: (variable: Variable) => GraphNode | null,
): Map<GraphNode, boolean[]> {
  const needs = new Map<GraphNode, boolean[]>();
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i]!;
    const flags = node.inputs.map((input) => {
      const behind = nodeOf(input);
      return (behind !== null && needs.has(behind)) || wanted(input);
    });
    if (flags.includes(true)) needs.set(node, flags);
  }
  return needs;
}

function runNode(
  node: GraphNode,
  slots: (Variable[] | undefined)[],
  wanted: readonly boolean[],
  request: BackwardRequest,
  send: (to: Variable, grad: Variable) => void,
): void {
  const { gradients } = node.op;
  if (!gradients) {
    throw new AutogradError(`The op ${node.describe()} cannot be differentiated`, {
      path: node.call?.describe() ?? node.op.name,
      hint: 'It is first order only, or works on whole numbers: use detach() to keep it out of the graph',
    });
  }
  const grads = inFrame(
    () => {
      const incoming = node.outputShapes.map((_, slot) => {
        if (!slots[slot]) return undefined;
        const sum = addAll(slots[slot]);
        const hooks = node.gradHooks?.[slot];
        return hooks ? hooked(sum, hooks, `The gradient hook on the result of ${node.describe()}`) : sum;
      });
      // The whole backward of an op is one thing to watch: its steps have names that tell nobody anything.
      const made = withWatching(false, () => {
        const found = gradients(incoming, new NodeContext(node, wanted));
        return wanted.map((isWanted, i) => (isWanted ? found[i]?.() : null));
      });
      if (isWatching()) {
        assertFinite({
          subject: `The backward of ${node.describe()}`,
          path: node.call?.describe() ?? node.op.name,
          inputs: incoming.flatMap((grad) => (grad ? [grad.data] : [])),
          results: made.flatMap((grad) => (grad ? [grad.data] : [])),
        });
      }
      // A gradient that is passed through as it came belongs to somebody else: hand on a second handle to it.
      const foreign = new Set<Variable | null | undefined>(incoming);
      return made.map((grad, i) => {
        if (!grad) return null;
        checkGradShape(node, grad, node.inputs[i]!);
        const owned = foreign.has(grad) ? grad.alias() : grad;
        foreign.add(grad);
        return owned;
      });
    },
    (made) => {
      return new Set<Owned>(made.filter((grad) => grad !== null));
    },
    { call: node.call, keepTape: request.createGraph },
  );
  for (const partials of slots) for (const partial of partials ?? []) if (!request.createGraph) partial.releaseMemory();
  grads.forEach((grad, i) => grad && send(node.inputs[i]!, grad));
}

function checkGradShape(node: GraphNode, grad: Variable, input: Variable): void {
  if (sameShape(grad.shape, input.shape)) return;
  throw new ShapeError(`The backward of ${node.describe()} returned a gradient of the wrong shape`, {
    path: node.call?.describe() ?? node.op.name,
    expected: shapeText(input.shape),
    received: shapeText(grad.shape),
  });
}
