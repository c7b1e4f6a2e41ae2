import { backendName, expectClose, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  addAll,
  BatchNorm2D,
  broadcastTo,
  Conv2D,
  gradients,
  greater,
  Linear,
  MaxPool2D,
  pad,
  PRelu,
  scope,
  stack,
  Variable,
  where,
  type Module,
} from 'tessera-nn';
import { randomGraphs } from './random-graphs.golden.js';

interface Attrs {
  scale: number;
  shift: number;
  exponent: number;
  axes: number[];
  keepDims: boolean;
  shape: number[];
  order: number[];
  begin: number[];
  size: number[];
  paddings: number[][];
  bound: number;
  pad: number;
}

interface Node {
  op: string;
  in: number[];
  attrs?: Partial<Attrs>;
}

interface Graph {
  leaves: { shape: number[]; data: number[]; grad: number[]; second: number[] }[];
  nodes: Node[];
  outputs: { of: number; cotangent: number[]; data: number[] }[];
}

const graphs = randomGraphs as Graph[];

/** What the ops of the producer are here. */
const ops: Record<string, (inputs: Variable[], attrs: Attrs) => Variable> = {
  add: ([a, b]) => a!.add(b!),
  sub: ([a, b]) => a!.sub(b!),
  mul: ([a, b]) => a!.mul(b!),
  div: ([a, b]) => a!.div(b!),
  matmul: ([a, b]) => a!.matmul(b!),
  affine: ([a], { scale, shift }) => a!.mul(scale).add(shift),
  pow: ([a], { exponent }) => a!.pow(exponent),
  sum: ([a], { axes, keepDims }) => a!.sum(axes, keepDims),
  mean: ([a], { axes, keepDims }) => a!.mean(axes, keepDims),
  reshape: ([a], { shape }) => a!.reshape(shape),
  transpose: ([a], { order }) => a!.transpose(order),
  slice: ([a], { begin, size }) => a!.slice(begin, size),
  pad: ([a], { paddings }) => pad(a!, paddings),
  broadcastTo: ([a], { shape }) => broadcastTo(a!, shape),
  stack: (inputs) => stack(inputs),
  exp: ([a]) => a!.exp(),
  log: ([a]) => a!.log(),
  sqrt: ([a]) => a!.sqrt(),
  tanh: ([a]) => a!.tanh(),
  sigmoid: ([a]) => a!.sigmoid(),
  relu: ([a]) => a!.relu(),
  abs: ([a]) => a!.abs(),
  where: ([a, b], { bound }) => where(greater(a!, bound), a!, b!),
  maximum: ([a, b]) => where(greater(a!.sub(b!), 0), a!, b!),
  detach: ([a]) => a!.detach(),
};

/** Modules by their op, for the shape of their first parameter; the parameters are the inputs behind the first. */
const modules: Record<string, (shape: readonly number[], attrs: Attrs) => Module> = {
  linear: ([inputs, outputs]) => new Linear(inputs!, outputs!),
  prelu: ([maps]) => new PRelu(maps),
  conv2d: ([out, inputs, height], attrs) =>
    new Conv2D({ inmaps: inputs!, outmaps: out!, size: height!, pad: attrs.pad }),
  batchNorm2d: ([maps]) => new BatchNorm2D(maps),
  maxPool2d: () => new MaxPool2D(2),
};

/** Builds a graph: its leaves, which the modules in it share, and its outputs. */
function build({ leaves, nodes, outputs }: Graph): { leaves: Variable[]; outputs: Variable[] } {
  const values = leaves.map(({ data, shape }) => new Variable(new Float32Array(data), { shape, requiresGrad: true }));
  const made = new Map<string, Module>();
  const moduleOf = ({ op, in: inputs, attrs }: Node) => {
    const [, ...places] = inputs;
    const key = `${op} ${places.join()}`;
    const known = made.get(key);
    if (known) return known;
    const module = modules[op]!(leaves[places[0]!]?.shape ?? [], attrs as Attrs);
    [...module.namedParameters()].forEach(([path], i) => module.setVar(path, values[places[i]!]!));
    made.set(key, module);
    return module;
  };
  for (const node of nodes) {
    const inputs = node.in.map((i) => values[i]!);
    const run = ops[node.op];
    values.push(run ? run(inputs, node.attrs as Attrs) : moduleOf(node).forward(inputs[0]!));
  }
  return { leaves: values.slice(0, leaves.length), outputs: outputs.map(({ of }) => values[of]!) };
}

function lossOf({ outputs }: Graph, results: readonly Variable[]): Variable {
  const terms = results.map((result, i) =>
    result.mul(new Variable(new Float32Array(outputs[i]!.cotangent), { shape: result.shape })).sum(),
  );
  return addAll(terms);
}

describe(`Random graphs beside PyTorch [${backendName}]`, () => {
  onBackend();

  for (const [index, graph] of graphs.entries()) {
    const names = [...new Set(graph.nodes.map(({ op }) => op))];

    it(`graph ${index} of ${graph.nodes.length} nodes: ${names.join(' ')}`, async () => {
      const { leaves, outputs } = build(graph);
      for (const [i, output] of outputs.entries()) {
        expectClose(await output.values(), graph.outputs[i]!.data, `output ${i}`, { ofLargest: 1e-5 });
      }
      lossOf(graph, outputs).backward();
      for (const [i, leaf] of leaves.entries()) {
        const { grad, shape } = graph.leaves[i]!;
        expect(leaf.shape).to.deep.equal(shape);
        const found = leaf.grad ? await leaf.grad.data() : new Float32Array(leaf.size);
        expectClose(found, grad, `gradient ${i}`, { ofLargest: 1e-5 });
      }
    });

    it(`graph ${index}: the gradient of the squared length of its gradient`, async () => {
      const { leaves, outputs } = build(graph);
      const grads = gradients(lossOf(graph, outputs), leaves, { createGraph: true, allowUnused: true });
      const length = addAll(grads.map((grad) => grad.square().sum()));
      const second = gradients(length, leaves, { allowUnused: true });
      for (const [i, grad] of second.entries()) {
        expectClose(await grad.values(), graph.leaves[i]!.second, `second gradient ${i}`, { ofLargest: 1e-5 });
      }
    });
  }

  it('share, fan out, broadcast, stop and use one value twice in an op', () => {
    const nodes = graphs.flatMap((graph) => graph.nodes);
    expect(graphs).to.have.length(30);
    expect(new Set(nodes.map(({ op }) => op))).to.have.keys(Object.keys(ops).concat(Object.keys(modules)));
    expect(nodes.filter((node) => new Set(node.in).size < node.in.length)).to.have.length.greaterThan(30);
    const uses = (graph: Graph, i: number) => graph.nodes.filter((node) => node.in.includes(i)).length;
    const fanOut = graphs.map((graph) => Math.max(...[...graph.leaves, ...graph.nodes].map((_, i) => uses(graph, i))));
    expect(fanOut.filter((most) => most >= 3)).to.have.length.greaterThan(15);
  });

  it('leave nothing behind', () => {
    const run = () => {
      for (const graph of graphs.slice(0, 10)) {
        scope(() => {
          const { leaves, outputs } = build(graph);
          const [grad] = gradients(lossOf(graph, outputs), leaves, { createGraph: true, allowUnused: true });
          if (grad!.node) grad!.square().sum().backward();
        });
      }
    };
    run();
    const before = held();
    run();
    expect(held()).to.deep.equal(before);
  });
});
