import { backendName, expectClose, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { noGrad } from './grad-mode.js';
import { gradients } from './gradients.js';
import type { GraphNode } from './graph-node.js';
import { scope } from '../memory/scope.js';
import { Variable } from '../variable/variable.js';

/** The stack is the same on every backend: on one of them it is filled. */
const DEPTH = backendName === 'wasm' ? 10_000 : 500;

/** w^n x, one node behind the other. */
function chain(x: Variable, w: Variable): { output: Variable; nodes: GraphNode[] } {
  let output = x;
  const nodes: GraphNode[] = [];
  for (let i = 0; i < DEPTH; i++) {
    output = output.mul(w);
    nodes.push(output.node!);
  }
  return { output, nodes };
}

/** Counts how often anybody walks over the inputs of these nodes. */
function countWalks(nodes: readonly GraphNode[]): () => number {
  let walks = 0;
  for (const { inputs } of nodes) {
    const iterator = inputs[Symbol.iterator].bind(inputs);
    Object.defineProperty(inputs, Symbol.iterator, {
      value: () => {
        walks++;
        return iterator();
      },
    });
  }
  return () => walks;
}

const leaf = (value: number) => new Variable([value], { requiresGrad: true });

describe(`deep graphs [${backendName}]`, function () {
  this.timeout(60_000);
  onBackend();

  it(`visits each of ${DEPTH} nodes in a row a fixed number of times, forward and back`, async () => {
    const [x, w] = [leaf(3), leaf(1)];
    const { output, nodes } = chain(x, w);
    const walks = countWalks(nodes);
    output.backward();
    // Found once, released once.
    expect(walks()).to.be.within(DEPTH, 2 * DEPTH);
    expect([...(await x.grad!.data()), ...(await w.grad!.data())]).to.deep.equal([1, 3 * DEPTH]);
  });

  it('visits them a fixed number of times as well when the pass is recorded, and differentiates that', async () => {
    const [x, w] = [leaf(1), leaf(1)];
    const second = scope(() => {
      const { output, nodes } = chain(x, w);
      const walks = countWalks(nodes);
      const [slope] = gradients(output, [w], { createGraph: true });
      // Found once, and kept by the frame of the pass, by that of its caller, and by nobody for each node again.
      expect(walks()).to.be.within(DEPTH, 4 * DEPTH);
      return gradients(slope!, [w])[0]!;
    });
    expectClose(await second.values(), [DEPTH * (DEPTH - 1)], 'n (n - 1)');
  });

  it('records nothing of as long a chain inside noGrad', () => {
    const { nodes } = noGrad(() => chain(leaf(1), leaf(1)));
    expect(nodes.filter((node) => node !== null)).to.have.length(0);
  });
});
