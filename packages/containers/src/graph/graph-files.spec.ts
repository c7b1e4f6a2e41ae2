import {
  ContainerError,
  fromBlueprint,
  Module,
  ModuleError,
  Node,
  noGrad,
  scope,
  seed,
  Variable,
  type AnyNode,
  type Blueprint,
  type Data,
} from '@tessera-nn/core';
import {
  Activation,
  Add,
  BatchNorm2D,
  Concat,
  Conv2D,
  Flatten,
  Identity,
  Linear,
  MaxPool2D,
  Mul,
  Split,
} from '@tessera-nn/modules';
import { backendName, expectClose, held, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Parallel } from '../parallel.js';
import { Sequential } from '../sequential.js';
import { Graph } from './graph.js';

const random = (shape: readonly number[], of: number, requiresGrad = false) =>
  new Variable(randomNd(shape, of).data, { shape, requiresGrad });

const classes = [
  Graph,
  Sequential,
  Parallel,
  Linear,
  Activation,
  Add,
  Mul,
  Concat,
  Split,
  Identity,
  Conv2D,
  BatchNorm2D,
];

describe(`A graph in files and memory [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  /** A node of each kind of edge, a shared module, and names of both sorts. */
  function everyEdge() {
    const image = new Conv2D({ inmaps: 1, outmaps: 4, size: 3, name: 'stem' }).node();
    const norm = new BatchNorm2D(4);
    const flat = new Sequential([new MaxPool2D(2), new Flatten()], 'flat').node(norm.node(image));
    const shared = new Linear({ insize: 16, outsize: 6, name: 'shared' });
    const [a, b] = [shared.node(flat), new Node(shared, [flat], 'again')];
    const pieces = new Split(1, [2, 2, 2]).node(new Add().node(a, b, a));
    const net = new Graph({
      name: 'net',
      inputs: [image],
      outputs: [new Concat(1).node([pieces, [2, 0]], b), new Identity().node([pieces, 1])],
    });
    return net;
  }
  const every = [...classes, MaxPool2D, Flatten];

  it('comes back from its blueprint with names, order and numbers', async () => {
    const net = everyEdge();
    const copy = fromBlueprint<typeof net>(JSON.parse(JSON.stringify(net)) as Blueprint, every);
    expect(copy).to.be.instanceOf(Graph);
    expect(copy.getBlueprint()).to.deep.equal(net.getBlueprint());
    expect([...copy.nodes.keys()]).to.deep.equal([...net.nodes.keys()]);
    expect(String(copy)).to.equal(String(net));
    expect([...copy.getVarTable().values()]).to.deep.equal([...net.getVarTable().values()]);
    copy.loadStateDict(net.stateDict());
    const x = random([2, 1, 6, 6], 1);
    const outputs = await Promise.all([net, copy].map((one) => Promise.all(one.forward([x]).map((y) => y.values()))));
    expect(outputs[1]).to.deep.equal(outputs[0]);
    expect(net.summary([[2, 1, 6, 6]])).to.equal(copy.summary([[2, 1, 6, 6]]));
  });

  it('is refused where its blueprint was damaged', () => {
    const damaged = (change: (options: Record<string, never>) => void) => () => {
      const blueprint = JSON.parse(JSON.stringify(everyEdge())) as { options: Record<string, never> };
      change(blueprint.options);
      return fromBlueprint(blueprint as unknown as Blueprint, every);
    };
    type Written = { name: string; module: string; parents: unknown[] };
    const nodes = (options: Record<string, never>) => options['nodes'] as unknown as Written[];
    expect(damaged((options) => (nodes(options)[1]!.parents = ['stam']))).to.throw(ModuleError, 'Did you mean "stem"?');
    expect(damaged((options) => (nodes(options)[1]!.module = 'none'))).to.throw(ModuleError, 'names a module "none"');
    expect(damaged((options) => nodes(options).push(nodes(options)[0]!))).to.throw(ModuleError, 'two nodes "stem"');
    expect(damaged((options) => nodes(options)[1]!.parents.push('flat'))).to.throw(ContainerError, 'in a circle');
    expect(damaged((options) => (options['outputs'] = ['stem'] as never))).to.throw(
      ContainerError,
      'lead to no output',
    );
  });

  it('holds no more after many steps than after two, and nothing between its nodes without recording', () => {
    const net = everyEdge();
    const x = random([2, 1, 6, 6], 1).keep();
    const step = () =>
      scope(() => {
        const [left, right] = net.forward([x]);
        left.sum().add(right.square().sum()).backward();
        net.zeroGradParams();
      });
    step();
    step();
    const before = held();
    for (let i = 0; i < 5; i++) step();
    expect(held()).to.deep.equal(before);
    net.evalMode();
    const most: number[] = [];
    let node: AnyNode = new Activation('relu').node();
    const first = node;
    for (let i = 0; i < 6; i++) {
      const relu = new Activation('relu');
      relu.registerForwardPreHook(() => void most.push(held().storages));
      node = relu.node(new Add().node(node, node));
    }
    const chain = new Graph({ inputs: first, outputs: node });
    noGrad(() => scope(() => void chain.forward(x as Data)));
    expect(new Set(most).size, 'each step frees what the one before made').to.equal(1);
    x.dispose();
  });

  it('leaves nothing behind when a node fails, and works again', async () => {
    let fails = true;
    class Fragile extends Module {
      static override readonly className = 'Fragile';
      override dataShapeFrom(shape: readonly number[]): number[] {
        return [...shape];
      }
      protected override updateData(x: Variable): Variable {
        const y = x.mul(2);
        if (fails) throw new TypeError('on purpose');
        return y;
      }
    }
    const x = new Linear({ insize: 2, outsize: 2 }).node();
    const net = new Graph({ name: 'net', inputs: x, outputs: new Add().node(x, new Fragile({ name: 'bad' }).node(x)) });
    const input = random([1, 2], 1).keep();
    const before = held();
    expect(() => net.forward(input)).to.throw(
      ContainerError,
      /node "bad" \(Fragile\), after "0" failed: TypeError: on purpose/,
    );
    expect(held()).to.deep.equal(before);
    fails = false;
    const [plain, tripled] = [await (x.module as Linear).forward(input).values(), await net.forward(input).values()];
    expectClose(
      tripled,
      plain.map((value) => 3 * value),
      'output',
    );
    input.dispose();
  });
});
