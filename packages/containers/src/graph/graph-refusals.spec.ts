import { ContainerError, Node, ShapeError, Variable, type AnyNode } from '@tessera-nn/core';
import { Activation, Add, Identity, Linear, Split } from '@tessera-nn/modules';
import { backendName, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Graph } from './graph.js';

const random = (shape: readonly number[], of: number, requiresGrad = false) =>
  new Variable(randomNd(shape, of).data, { shape, requiresGrad });

describe(`A graph that cannot be [${backendName}]`, () => {
  onBackend();
  const node = (name: string, ...parents: AnyNode[]) => new Node(new Activation('relu'), parents, name);

  it('because it goes in a circle, which is drawn', () => {
    const [x, a] = [node('x'), node('a')];
    const c = node('c', node('b', a));
    a.connect(c);
    const make = () => new Graph({ name: 'net', inputs: x, outputs: node('out', x, c) });
    expect(make).to.throw(ContainerError, 'Graph "net": its nodes go in a circle: c -> a -> b -> c');
    const self = node('self');
    self.connect(self);
    expect(() => new Graph({ inputs: x, outputs: self })).to.throw(ContainerError, 'in a circle: self -> self');
  });

  it('because a node reads nothing and is not an input, with the way to it', () => {
    const [x, stray] = [node('x'), node('stray')];
    const out = new Node(new Add(), [x, node('after', stray)], 'out');
    expect(() => new Graph({ inputs: x, outputs: out })).to.throw(
      ContainerError,
      '"stray" reads nothing and is not an input: stray -> after -> out',
    );
    expect(() => new Graph({ inputs: x, outputs: [x, stray] })).to.throw(ContainerError, '"stray" reads nothing');
  });

  it('because an input leads to no output, has parents, or comes twice', () => {
    const [x, y] = [node('x'), node('y')];
    const z = node('z', x);
    expect(() => new Graph({ inputs: [x, y], outputs: z })).to.throw(ContainerError, '"y" leads to no output: y -> ?');
    expect(() => new Graph({ inputs: z, outputs: node('end', z) })).to.throw(ContainerError, '"z" has parents: x -> z');
    expect(() => new Graph({ inputs: [x, x], outputs: z })).to.throw(ContainerError, 'twice among its inputs');
  });

  it('because two nodes have one name, or a name has a dot', () => {
    const x = node('x');
    expect(() => new Graph({ inputs: x, outputs: node('x', x) })).to.throw(
      ContainerError,
      'two of its nodes are called "x"',
    );
    expect(() => new Graph({ inputs: x, outputs: node('a.b', x) })).to.throw(ContainerError, '"a.b" cannot be a name');
  });

  it('because what was given are not nodes', () => {
    const x = node('x');
    expect(() => new Graph({ inputs: new Identity() as never, outputs: x })).to.throw(
      ContainerError,
      'inputs are not nodes',
    );
    expect(() => new Graph({ inputs: x, outputs: [] })).to.throw(ContainerError, 'an empty list');
    expect(() => new Identity().node('x' as never)).to.throw(
      ContainerError,
      'A parent of the node of Identity is none',
    );
    expect(() => new Add().node([x, x] as never)).to.throw(
      ContainerError,
      'received a list of nodes. Make nodes with module.node(...parents), each parent an argument of its own',
    );
    expect(() => new Add().node([] as never)).to.throw(ContainerError, 'received a list');
    for (const slots of [-1, 0.5, []]) {
      expect(() => new Identity().node([x, slots])).to.throw(ContainerError, `slots ${JSON.stringify(slots)}`);
    }
  });

  it('with inputs of another count than were given', () => {
    const [v1, v2] = [node('v1'), node('v2')];
    const net = new Graph({ name: 'net', inputs: [v1, v2], outputs: new Add().node(v1, v2) });
    // @ts-expect-error -- one entry for two inputs
    expect(() => net.forward([random([5, 100], 1)])).to.throw(
      ShapeError,
      'Graph "net": it takes one entry for each input. Expected a list of 2: v1, v2, received a list of 1',
    );
    // @ts-expect-error -- no list
    expect(() => net.forward(random([5, 100], 1))).to.throw(ShapeError, 'received one Variable');
  });

  it('where a slot is read that is none, said before anything runs', () => {
    const parts = new Split({ axis: 1, sections: [1, 1], name: 'parts' }).node();
    const far = new Graph({ inputs: parts, outputs: new Node(new Identity(), [[parts, 2]], 'far') });
    expect(() => far.dataShapeFrom([1, 2])).to.throw(
      ContainerError,
      '"far" reads slot 2 of "parts", which returns 2 entries',
    );
    const x = new Identity({ name: 'x' }).node();
    const single = new Graph({ inputs: x, outputs: new Identity().node([x, 0]) });
    expect(() => single.forward([[1]])).to.throw(ContainerError, 'slot 0 of "x", which returns a single Variable');
  });

  it('says at which node it failed, and after which', () => {
    const x = new Linear({ insize: 3, outsize: 2, name: 'fc' }).node();
    const net = new Graph({
      name: 'net',
      inputs: x,
      outputs: new Linear({ insize: 3, outsize: 1, name: 'head' }).node(x),
    });
    expect(() => net.forward([[1, 2, 3]])).to.throw(ShapeError, /Graph "net", node "head" \(Linear .*\), after "fc":/);
    expect(() => net.dataShapeFrom([1, 3])).to.throw(ShapeError, /Graph "net", node "head"/);
  });
});
