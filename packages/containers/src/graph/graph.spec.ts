import { Node, noGrad, seed, ShapeError, Variable } from '@tessera-nn/core';
import { Activation, Add, Concat, Identity, Linear, Replicate, Split } from '@tessera-nn/modules';
import { backendName, expectClose, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Parallel } from '../parallel.js';
import { Sequential } from '../sequential.js';
import { Graph } from './graph.js';

const random = (shape: readonly number[], of: number, requiresGrad = false) =>
  new Variable(randomNd(shape, of).data, { shape, requiresGrad });

/** PuzzleLib's own test: two inputs, of which one is cut in three, two pieces of it read by one node and one by another. */
function slotted() {
  const v1 = new Linear({ insize: 100, outsize: 50, name: 'v1' }).node();
  const h1 = new Split({ axis: 1, sections: [20, 20, 10], name: 'h1' }).node(v1);
  const v2 = new Linear({ insize: 100, outsize: 50, name: 'v2' }).node();
  const h3 = new Concat({ axis: 1, name: 'h2' }).node([h1, [1, 2]], v2);
  const h4 = new Activation({ activation: 'relu', name: 'h3' }).node(h3);
  const out = new Concat({ axis: 1, name: 'out' }).node([h1, 0], h4);
  return new Graph({ name: 'net', inputs: [v1, v2], outputs: out });
}

describe(`A graph [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  it('has several inputs, reads some of what a node gives, and gives shapes without running', async () => {
    const net = slotted();
    const inputs = [random([5, 100], 1, true), random([5, 100], 2, true)] as const;
    expect(
      net.dataShapeFrom([
        [5, 100],
        [5, 100],
      ]),
    ).to.deep.equal([5, 100]);
    const output = net.forward(inputs);
    expect(output.shape).to.deep.equal([5, 100]);
    const [v1, v2] = ['v1', 'v2'].map((name, i) => net.getByName<Linear>(name)!.forward(inputs[i]!));
    const pieces = v1!.slice([0, 20], [5, 30]);
    const joined = new Concat(1).forward([v1!.slice([0, 0], [5, 20]), new Concat(1).forward([pieces, v2!]).relu()]);
    expectClose(await output.values(), await joined.values(), 'output');
    const cotangent = random([5, 100], 3);
    net.backward(cotangent);
    for (const input of inputs) input.zeroGrad(); // a leaf gets its gradient, too
    joined.backward(cotangent);
    for (const [i, input] of inputs.entries()) {
      expect(net.grad![i]!.shape).to.deep.equal([5, 100]);
      expectClose(await net.grad![i]!.values(), await input.grad!.data(), `gradient of input ${i}`);
    }
  });

  it('computes what Sequential and Parallel with the same weights compute, to the bit', async () => {
    const layers = () => [new Linear(32, 16), new Linear(16, 8), new Linear(16, 7)] as const;
    const [stem, left, right] = layers();
    const twin = new Sequential([
      stem,
      new Activation('relu'),
      new Replicate(2),
      new Parallel([left, right]),
      new Concat(1),
    ]);
    const root = stem.node();
    const relu = new Activation('relu').node(root);
    const net = new Graph({ inputs: root, outputs: new Concat(1).node(left.node(relu), right.node(relu)) });
    const results = [twin, net].map((one) => {
      const x = random([128, 32], 1, true);
      one.zeroGradParams();
      const output = one.forward(x);
      output.backward(random([128, 15], 2));
      return { output, x, weight: stem.W.grad!.clone() };
    });
    const read = async ({ output, x, weight }: (typeof results)[0]) => [
      await output.values(),
      await x.grad!.data(),
      await weight.data(),
    ];
    expect(await read(results[1]!)).to.deep.equal(await read(results[0]!));
  });

  it('feeds one node into two places of another, each with its own gradient', async () => {
    const x = new Identity().node();
    const net = new Graph({ inputs: x, outputs: new Concat(1).node(x, x) });
    const input = new Variable([[1, 2]], { requiresGrad: true });
    expect(await net.forward(input).array()).to.deep.equal([[1, 2, 1, 2]]);
    net.backward([[1, 10, 100, 1000]]);
    expect(await net.grad!.array()).to.deep.equal([[101, 1010]]);
  });

  it('runs one module in two nodes, holds it once, and adds up its gradients', async () => {
    const shared = new Linear({ insize: 2, outsize: 2, useBias: false, name: 'shared' });
    shared.setVar('W', new Variable([1, 2, 3, 4], { shape: [2, 2] }));
    const first = shared.node();
    const net = new Graph({ inputs: first, outputs: shared.node(first) });
    expect([...net.namedParameters()].map(([name]) => name)).to.deep.equal(['shared.W']);
    expect([...net.nodes.keys()]).to.deep.equal(['shared', 'shared_2']);
    expect(await net.forward([[1, 1]]).array()).to.deep.equal([[22, 32]]); // [1 1] W = [4 6], [4 6] W = [22 32]
    net.backward([[1, 0]]);
    // dW = x^T (g W^T) + (x W)^T g, with g W^T = [1 3]
    expect([...(await shared.W.grad!.data())]).to.deep.equal([1 + 4, 3, 1 + 6, 3]);
  });

  it('gives several outputs, and takes a gradient for each', async () => {
    const x = new Linear({ insize: 2, outsize: 2, useBias: false, name: 'fc' }).node();
    (x.module as Linear).setVar('W', new Variable([1, 0, 0, 1], { shape: [2, 2] }));
    const [up, down] = [new Activation('relu').node(x), new Activation('sigmoid').node(x)];
    const net = new Graph({ inputs: x, outputs: [up, x, down] });
    const [relu, plain, sigmoid] = net.forward([[3, -1]]);
    expect(await relu.array()).to.deep.equal([[3, 0]]);
    expect(await plain.array()).to.deep.equal([[3, -1]]);
    expectClose(await sigmoid.values(), [1 / (1 + Math.exp(-3)), 1 / (1 + Math.E)], 'sigmoid');
    expect(net.dataShapeFrom([7, 2])).to.deep.equal([
      [7, 2],
      [7, 2],
      [7, 2],
    ]);
    net.backward([new Variable([[1, 1]]), new Variable([[10, 10]]), new Variable([[0, 0]])]);
    expect(await net.grad!.array()).to.deep.equal([[11, 10]]);
  });

  it('differentiates what only one of its outputs led to', async () => {
    const x = new Identity().node();
    const net = new Graph({ inputs: x, outputs: [new Activation('relu').node(x), new Activation('tanh').node(x)] });
    const input = new Variable([[2, -2]], { requiresGrad: true });
    const [relu] = net.forward(input);
    relu.backward([[5, 5]]);
    expect([...(await input.grad!.data())]).to.deep.equal([5, 0]);
  });

  it('leaves slots that nobody reads without a gradient', async () => {
    const parts = new Split(1, [1, 2, 1]).node();
    const net = new Graph({ inputs: parts, outputs: new Activation('relu').node([parts, 1]) });
    const input = new Variable([[1, 2, -3, 4]], { requiresGrad: true });
    expect(await net.forward(input).array()).to.deep.equal([[2, 0]]);
    net.backward([[10, 10]]);
    expect(await net.grad!.array()).to.deep.equal([[0, 10, 0, 0]]);
  });

  it('tells one slot from a list of one slot', async () => {
    const parts = new Split(1, [1, 1]).node();
    const bare = new Graph({ inputs: parts, outputs: new Identity().node([parts, 1]) });
    const listed = new Graph({ inputs: parts, outputs: new Identity().node([parts, [1]]) });
    expect(await bare.forward([[1, 2]]).array()).to.deep.equal([[2]]);
    const [only] = listed.forward([[1, 2]]) as unknown as [Variable];
    expect(await only.array()).to.deep.equal([[2]]);
    expect(listed.dataShapeFrom([4, 2])).to.deep.equal([[4, 1]]);
  });

  it('hands a single parent to a module that takes a list as a list', async () => {
    const x = new Activation('relu').node();
    expect(await new Graph({ inputs: x, outputs: new Add().node(x) }).forward([[1, -1]]).array()).to.deep.equal([
      [1, 0],
    ]);
  });

  it('has containers and graphs as nodes, and unrolls the lists that they give', async () => {
    const a = new Identity().node();
    const inner = new Graph({ inputs: a, outputs: [new Activation('relu').node(a), a], name: 'inner' });
    const start = new Sequential([new Linear({ insize: 2, outsize: 2, useBias: false })], 'start').node();
    start.module.setVar('0.W', new Variable([1, 0, 0, -1], { shape: [2, 2] }));
    const both = inner.node(start);
    const net = new Graph({ inputs: start, outputs: new Concat(1).node(both, start), name: 'net' });
    expect(await net.forward([[3, 4]]).array()).to.deep.equal([[3, 0, 3, -4, 3, -4]]);
    expect([...net.namedParameters()].map(([name]) => name)).to.deep.equal(['start.0.W']);
    expect(net.getByName('start')).to.equal(start.module);
    expect(net.getNodeByName('inner')).to.equal(both);
    expect(net.getNodeByName('outer')).to.equal(undefined);
    net.setVar('start.0.W', new Variable([0, 0, 0, 0], { shape: [2, 2] }));
    expect(await net.forward([[3, 4]]).array()).to.deep.equal([[0, 0, 0, 0, 0, 0]]);
  });

  it('runs in one order, whichever way it was written', () => {
    const ran: string[] = [];
    const traced = (name: string) => {
      const module = new Activation({ activation: 'tanh', name });
      module.registerForwardHook(() => void ran.push(name));
      return module;
    };
    const build = (late: boolean) => {
      const x = new Identity().node();
      const [b, a] = late ? [traced('b').node(x), traced('a').node(x)] : [];
      const [left, right] = [a ?? traced('a').node(x), b ?? traced('b').node(x)];
      return new Graph({ inputs: x, outputs: traced('c').node(traced('d').node(left), right) });
    };
    for (const late of [false, true]) {
      ran.length = 0;
      const net = build(late);
      // Activations take one Variable: the order shows before the last of them refuses the list.
      expect(() => net.forward([[1]])).to.throw(ShapeError, 'takes one Variable');
      expect(ran).to.deep.equal(['a', 'd', 'b']);
      expect([...net.nodes.keys()]).to.deep.equal(['0', 'a', 'd', 'b', 'c']);
    }
  });

  it('shows a reader in place no value that another one reads', async () => {
    const x = new Linear({ insize: 2, outsize: 2, useBias: false }).node();
    (x.module as Linear).setVar('W', new Variable([1, 0, 0, 1], { shape: [2, 2] }));
    const inPlace = new Activation({ activation: 'relu', inplace: true }).node(x);
    const net = new Graph({ inputs: x, outputs: [inPlace, new Activation('tanh').node(x)] });
    const [relu, tanh] = net.forward([[-1, 2]]);
    expect(await relu.array()).to.deep.equal([[0, 2]]);
    expectClose(await tanh.values(), [Math.tanh(-1), Math.tanh(2)], 'tanh');
  });

  it('is the graph it was when it was made, also when a node is connected later', async () => {
    const x = new Identity().node();
    const sum = new Add().node(x);
    const net = new Graph({ inputs: x, outputs: sum });
    sum.connect(x);
    expect(await new Graph({ inputs: x, outputs: sum }).forward([1]).array()).to.deep.equal([2]);
    expect(await net.forward([1]).array()).to.deep.equal([1]);
  });

  it('runs a deep chain without a deep stack', async () => {
    let node: Node<Variable, Variable> = new Identity().node();
    const first = node;
    const relu = new Activation('relu');
    for (let i = 0; i < 3000; i++) node = relu.node(node);
    const net = new Graph({ inputs: first, outputs: node });
    expect(net.nodes.size).to.equal(3001);
    expect(await noGrad(() => net.forward([2])).array()).to.deep.equal([2]);
  });
});
