import {
  ContainerError,
  noGrad,
  RandomStream,
  seed,
  Variable,
  type AnyModule,
  type Data,
  type Module,
} from '@tessera-nn/core';
import { variablesIn } from '@tessera-nn/core/internal';
import {
  Activation,
  Add,
  BatchNorm2D,
  Concat,
  Conv2D,
  Identity,
  Linear,
  Mul,
  Replicate,
  Split,
  ToList,
} from '@tessera-nn/modules';
import { backendName, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Graph } from '../graph/graph.js';
import { Parallel } from '../parallel.js';
import { Sequential } from '../sequential.js';
import { toGraph } from './to-graph.js';

const random = (shape: readonly number[], of: number) => new Variable(randomNd(shape, of).data, { shape });

/** Both give the same, to the bit, and the same gradients reach the same parameters. */
async function expectSame(net: AnyModule, graph: Graph, input: () => Data): Promise<void> {
  const results = [];
  for (const one of [net, graph] as AnyModule[]) {
    seed(5);
    net.zeroGradParams();
    const outputs = variablesIn(one.forward(input()));
    outputs
      .map((y, i) => y.mul(random(y.shape, 90 + i)).sum())
      .reduce((a, b) => a.add(b))
      .backward();
    const grads = [...net.parameters()].map(async ({ grad }) => [...(await grad!.data())]);
    results.push([await Promise.all(outputs.map((y) => y.array())), await Promise.all(grads)]);
  }
  expect(results[1]).to.deep.equal(results[0]);
}

const residual = (maps: number) =>
  new Sequential([
    new Replicate(2),
    new Parallel([
      new Sequential([
        new Conv2D({ inmaps: maps, outmaps: maps, size: 3, pad: 1 }),
        new BatchNorm2D(maps),
        new Activation('relu'),
      ]),
      new Identity(),
    ]),
    new Add(),
    new Activation('relu'),
  ]);

describe(`toGraph [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(20261121));

  it('gives a network of residual blocks that computes the same, and changes no name', async () => {
    const net = new Sequential('resnet').extend([
      new Conv2D({ inmaps: 1, outmaps: 4, size: 3 }),
      residual(4),
      residual(4),
    ]);
    const names = [...net.namedModules()].map(([path, { name }]) => [path, name]);
    const graph = toGraph(net);
    expect(graph.name).to.equal('resnet');
    expect([...graph.nodes.keys()]).to.deep.equal(
      ['0', '1_1_0_0', '1_1_0_1', '1_1_0_2', '1_2', '1_3', '2_1_0_0', '2_1_0_1', '2_1_0_2', '2_2', '2_3'], // prettier-ignore
    );
    expect(graph.getByName('1_1_0_0')).to.equal(net.getSubmodule('1.1.0.0'));
    expect([...net.namedModules()].map(([path, { name }]) => [path, name])).to.deep.equal(names);
    expect([...graph.parameters()]).to.have.members([...net.parameters()]);
    expect(graph.dataShapeFrom([2, 1, 6, 6])).to.deep.equal([2, 4, 4, 4]);
    await expectSame(net, graph, () => random([2, 1, 6, 6], 1));
  });

  it('takes graphs in networks apart, and networks in graphs', async () => {
    const x = new Linear(10, 8).node();
    const branch = new Sequential([new Linear(8, 8), new Activation('tanh')]).node(x);
    const inner = new Graph({ inputs: x, outputs: new Add().node(x, branch), name: 'inner' });
    const net = new Sequential([new Linear(10, 10), new Activation('relu'), inner, new Linear(8, 2)], 'net');
    const graph = toGraph(net, { name: 'flat' });
    expect([...graph.nodes.values()].some(({ module }) => module instanceof Graph)).to.equal(false);
    expect(graph.nodes.size).to.equal(7);
    expect(graph.name).to.equal('flat');
    await expectSame(net, graph, () => random([3, 10], 1));
  });

  it('takes a Parallel behind Split apart, and one behind another', async () => {
    const net = new Sequential([
      new Split(1, [2, 3]),
      new Parallel([new Linear(2, 4), new Linear(3, 4)]),
      new Parallel([new Activation('relu'), new Activation('tanh')]),
      new Mul(),
    ]);
    const graph = toGraph(net);
    expect(graph.nodes.get('1_0')!.edges).to.deep.equal([{ node: graph.nodes.get('0'), slots: 0 }]);
    await expectSame(net, graph, () => random([3, 5], 1));
  });

  it('gives a Parallel at the root one input and one output for each branch', async () => {
    const net = new Parallel([new Linear(2, 1), new Sequential([new Activation('relu'), new Linear(3, 1)])], 'net');
    const graph = toGraph(net);
    expect(
      graph.dataShapeFrom([
        [4, 2],
        [4, 3],
      ] as never),
    ).to.deep.equal([
      [4, 1],
      [4, 1],
    ]);
    expect((graph.inputs as unknown as unknown[]).length).to.equal(2);
    await expectSame(net, graph, () => [random([4, 2], 1), random([4, 3], 2)]);
  });

  it('makes a node for an input that several read, that is given itself, or that nothing reads singly', async () => {
    const fan = new Sequential<Variable, readonly Variable[]>([
      new Replicate(3),
      new Parallel([new Linear(2, 1), new Linear(2, 2), new Identity()]),
    ]);
    expect([...toGraph(fan).nodes.keys()]).to.include('input');
    await expectSame(fan, toGraph(fan), () => random([4, 2], 1));
    const empty = toGraph(new Sequential());
    expect(await empty.forward(new Variable([1, 2])).values()).to.deep.equal(Float32Array.of(1, 2));
    const list = new Sequential<readonly Variable[]>([new Concat(1), new Linear(4, 1)]);
    await expectSame(list, toGraph(list), () => [random([3, 1], 1), random([3, 3], 2)]);
  });

  it('leaves single modules, custom modules and containers that compute in their own way as nodes', async () => {
    class Skip extends Sequential {
      static override readonly className = 'Skip';
      protected override updateData(x: Variable): Variable {
        return super.updateData(x).add(x);
      }
    }
    const net = new Sequential([new Skip([new Linear(2, 2)]), new Activation('relu')]);
    expect([...toGraph(net).nodes.keys()]).to.deep.equal(['0', '1']);
    await expectSame(net, toGraph(net), () => random([3, 2], 1));
    await expectSame(net.at(0), toGraph(net.at(0)), () => random([3, 2], 1));
  });

  it('is in the mode of the network, and changes that of no module', () => {
    const frozen = new Linear(2, 2).evalMode();
    const net = new Sequential([frozen, new Linear(2, 1)]);
    expect(toGraph(net).training).to.equal(true);
    expect([frozen, net.at(1)].map(({ training }) => training)).to.deep.equal([false, true]);
    const graph = toGraph(net.evalMode());
    expect(graph.training).to.equal(false);
    graph.forward([[1, 2]]);
    graph.backward([[1]]);
    expect([...graph.parameters()].every(({ grad }) => grad === null)).to.equal(true);
  });

  it('runs a module that comes twice as two nodes', async () => {
    const fc = new Linear(3, 3);
    const net = new Sequential([fc, new Activation('tanh'), fc]);
    expect([...toGraph(net).nodes.keys()]).to.deep.equal(['0', '1', '2']);
    expect([...toGraph(net).namedParameters()].map(([name]) => name)).to.deep.equal(['0.W', '0.b']);
    await expectSame(net, toGraph(net), () => random([2, 3], 1));
  });

  it('unrolls lists in lists where ToList stands, and refuses them elsewhere', async () => {
    const inner = new Parallel([new Split(1, [1, 2]), new Identity()]);
    const net = new Sequential([new Replicate(2), inner, new ToList(), new Concat(1)]);
    await expectSame(net, toGraph(net), () => random([2, 3], 1));
    const nested = new Parallel<readonly Data[], readonly Data[]>([
      new Parallel([new Identity(), new Identity()]),
      new Identity(),
    ]);
    expect(() => toGraph(nested)).to.throw(
      ContainerError,
      '"output" cannot be a part of a graph: it takes or returns lists in a list. Put ToList',
    );
    const short = new Sequential([new Split(1, [1, 1]), new ToList(), new Parallel([new Identity(), new Identity()])]);
    expect(() => toGraph(short)).to.throw(ContainerError, 'reads entry 1 of a list of 1');
  });

  it('does this for random networks', async () => {
    for (let of = 0; of < 25; of++) {
      const chance = new RandomStream(of);
      seed(of);
      const net = new Sequential([new Linear(4, 4), anyModule(chance, 4)], `random${of}`);
      const graph = toGraph(net);
      expect(graph.dataShapeFrom([2, 4]), `network ${of}`).to.deep.equal(net.dataShapeFrom([2, 4]));
      const x = random([2, 4], of);
      const [a, b] = noGrad(() => [net, graph as unknown as Module].map((one) => one.forward(x)));
      expect(await b!.values(), `network ${of}`).to.deep.equal(await a!.values());
    }
  });
});

/** Something from `[batch, 4]` to the same. */
function anyModule(chance: RandomStream, depth: number): Module {
  const below = () => anyModule(chance, depth - 1);
  const simple = [() => new Linear(4, 4), () => new Activation('tanh'), () => new Identity()];
  const composed = [
    () => new Sequential([below(), below()]),
    () => new Sequential([new Replicate(2), new Parallel([below(), below()]), new Add()]),
    () => new Sequential([new Replicate(3), new Parallel([below(), new Identity(), below()]), new ToList(), new Mul()]),
    () => {
      const halves = new Split(1, [1, 3]).node();
      const joined = new Concat(1).node([halves, [1, 0]]);
      return new Graph({ inputs: halves, outputs: new Add().node(below().node(joined), joined) }) as unknown as Module;
    },
    () => {
      const [x, y] = [new Identity().node(), new Identity().node()];
      const sum = below().node(new Add().node(x, y, x));
      const crossed = new Graph({ inputs: [x, y], outputs: [sum, y] });
      return new Sequential([new Replicate(2), crossed, new Parallel([below(), below()]), new Add()]);
    },
  ];
  const choices = depth > 0 ? composed : simple;
  return choices[Math.floor(chance.uniform() * choices.length)]!();
}
