import { ContainerError } from '@tessera-nn/core';
import { Activation, Conv2D, Flatten, Identity, Linear, PRelu } from '@tessera-nn/modules';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Sequential } from './sequential.js';

const keysOf = (net: Sequential) => [...net.namedChildren()].map(([key]) => key);
const named = (...names: string[]) => names.map((name) => new Identity(name));
const relu = (inplace = false, name?: string) => new Activation({ activation: 'relu', inplace, name });

describe('Building a Sequential', () => {
  it('takes modules, and neither nodes nor anything else', () => {
    const node = new Identity('x').node();
    expect(() => new Sequential([node] as never)).to.throw(
      ContainerError,
      'Expected a module, received a node. Nodes make',
    );
    expect(() => new Sequential('net').append('relu' as never)).to.throw(
      ContainerError,
      'Sequential "net" holds modules',
    );
  });

  it('holds modules under the names of fields that are none', () => {
    const net = Object.assign(new Sequential([new Identity('note')]), { note: 'of a subclass' });
    expect([...net.namedModules()].map(([path]) => path)).to.deep.equal(['', 'note']);
  });

  it('takes modules one by one, as a list, or from another container', () => {
    const [a, b, c] = named('a', 'b', 'c') as [Identity, Identity, Identity];
    expect([...new Sequential().append(a).append(b)]).to.deep.equal([a, b]);
    expect([...new Sequential([a, b])]).to.deep.equal([a, b]);
    expect([...new Sequential('net').extend(new Sequential([a, b])).append(c)]).to.deep.equal([a, b, c]);
    expect(new Sequential([a, b], 'net').name).to.equal('net');
    expect(new Sequential({ name: 'net' }).length).to.equal(0);
  });

  it('takes modules as arguments, a container too, and modules by name', () => {
    const [a, b] = named('a', 'b') as [Identity, Identity];
    expect([...new Sequential(a, b)]).to.deep.equal([a, b]);
    expect([...new Sequential(new Sequential(a), b)].map(({ className }) => className)).to.deep.equal([
      'Sequential',
      'Identity',
    ]);
    const net = new Sequential({ first: a, second: new Identity() }, 'net');
    expect([net.name, ...keysOf(net)]).to.deep.equal(['net', 'first', 'second']);
    expect(() => new Sequential(a, 'b')).to.throw(ContainerError, 'holds modules');
    expect(() => new Sequential({ first: a, second: 5 } as never)).to.throw(ContainerError, 'received number');
    expect(() => new Sequential({ 'a.b': a })).to.throw(ContainerError, '"a.b" cannot be a name');
  });

  it('replaces a module and keeps the name of its place', () => {
    const net = new Sequential(named('body', 'head'));
    const head = new Identity('other');
    expect(net.replace('head', head).at('head')).to.equal(head);
    expect(keysOf(net.replace(-1, new Identity()))).to.deep.equal(['body', 'head']);
    expect(() => net.replace('tail', head)).to.throw(ContainerError, 'holds no module "tail"');
    expect(() => net.replace('head', net)).to.throw(ContainerError, 'cannot be put into itself');
  });

  it('refuses a module that was assigned to the name of one', () => {
    const net = Object.assign(new Sequential(named('body', 'head'), 'net'), { head: new Identity() });
    expect(() => [...net.parameters()]).to.throw(ContainerError, "Use replace('head', module)");
  });

  it('inserts at an index or behind a name', () => {
    const net = new Sequential(named('a', 'b')).insert(new Identity('first'), 0).insertAfter(new Identity('mid'), 'a');
    expect(keysOf(net.insert(new Identity('last'), 4))).to.deep.equal(['first', 'a', 'mid', 'b', 'last']);
  });

  it('takes modules off the end, or by name', () => {
    const net = new Sequential(named('a', 'b', 'c'));
    expect(net.pop().name).to.equal('c');
    expect(net.pop('a').name).to.equal('a');
    expect(keysOf(net)).to.deep.equal(['b']);
  });

  it('calls a module by its own name, else by its place', () => {
    const net = new Sequential([new Identity('first'), new Identity(), new Identity('last'), new Identity()]);
    expect(keysOf(net)).to.deep.equal(['first', '1', 'last', '3']);
  });

  it('calls a module by its place where it comes a second time', () => {
    const twice = new Identity('twice');
    const net = new Sequential([twice, twice]);
    expect([net.getModuleIndex('twice'), net.getModuleIndex('1')]).to.deep.equal([0, 1]);
    expect(twice.name).to.equal('twice');
  });

  it('refuses another module of the same name, and stays as it was', () => {
    const net = new Sequential(named('twin'), 'net');
    expect(() => net.append(new Flatten('twin'))).to.throw(
      ContainerError,
      'Sequential "net" has another module "twin". Expected a name of its own for each module, or none, received "twin" ' +
        'for Identity and for Flatten',
    );
    expect(keysOf(net)).to.deep.equal(['twin']);
  });

  it('never gives one key twice, also when places are taken as names', () => {
    const net = new Sequential([new Identity('1'), new Identity()]);
    expect(keysOf(net)).to.deep.equal(['1', '2']);
    expect(() => net.append(new Identity('2'))).to.throw(ContainerError, 'has another module "2"');
    net.pop('1');
    expect(keysOf(net.append(new Identity()))).to.deep.equal(['2', '1']);
  });

  it('refuses what cannot be built, and stays as it was', () => {
    const net = new Sequential(named('a'), 'net');
    const refused: [() => unknown, string][] = [
      [() => net.append(new Identity('a.b')), 'Sequential "net": "a.b" cannot be a name. Expected a name without dots'],
      [() => net.append(new Identity('')), 'Sequential "net": "" cannot be a name'],
      [() => net.insert(new Identity(), 2), 'no place 2 to insert at. Expected an index from 0 to 1'],
      [() => net.insert(new Identity(), -1), 'no place -1 to insert at'],
      [() => net.insert(new Identity(), 0.5), 'no place 0.5 to insert at'],
      [
        () => net.insertAfter(new Identity(), 'aa'),
        'holds no module "aa". Expected one of a, received "aa". Did you mean "a"?',
      ],
      [() => net.pop('bee'), 'holds no module "bee"'],
      [() => net.append(net), 'Sequential "net" cannot be put into itself'],
      [() => net.append(new Sequential([new Sequential([net])])), 'cannot be put into itself'],
      [() => new Sequential().pop(), 'Sequential is empty: nothing to take off'],
      [() => new Sequential().pop('a'), 'Expected no name at all, it is empty'],
    ];
    for (const [refuse, message] of refused) expect(refuse, message).to.throw(ContainerError, message);
    expect(keysOf(net)).to.deep.equal(['a']);
  });
});

describe(`Finding modules in a Sequential [${backendName}]`, () => {
  onBackend();
  const [a, b] = named('a', 'b') as [Identity, Identity];
  let inner: Sequential;
  let net: Sequential;

  beforeEach(() => {
    inner = new Sequential([new Linear({ insize: 1, outsize: 1, name: 'fc' }), b], 'inner');
    net = new Sequential([a, inner, new Linear(1, 1)]);
  });

  it('gives them by index from both ends, and by name', () => {
    expect(net.length).to.equal(3);
    expect([net.at(0), net.at(-1), net.at('inner')]).to.deep.equal([a, net.at(2), inner]);
    expect(net.getByIndex(1)).to.equal(inner);
    expect(net.getModuleIndex('2')).to.equal(2);
  });

  it('gives names in containers below, but what it holds itself first', () => {
    expect(net.getByName('b')).to.equal(b);
    expect(net.getByName('c')).to.equal(undefined);
    const own = new Identity('b');
    expect(new Sequential([inner, own]).getByName('b')).to.equal(own);
  });

  it('gives all of a class, in order, also in containers below', () => {
    expect(net.getAllByType(Linear)).to.deep.equal([inner.at('fc'), net.at(2)]);
    expect(net.getAllByType(Sequential)).to.deep.equal([inner]);
    expect(net.getAllByType(Flatten)).to.deep.equal([]);
  });

  it('gives a slice over the same modules under the same keys', () => {
    expect([...net.slice(1)]).to.deep.equal([inner, net.at(2)]);
    expect(keysOf(net.slice(1))).to.deep.equal(['inner', '2']);
    expect([...net.slice(0, -1)]).to.deep.equal([a, inner]);
    expect([...net.slice(1, 2)]).to.deep.equal([inner]);
  });

  it('says what there is when asked for something else', () => {
    expect(() => net.at(3)).to.throw(ContainerError, 'no module 3. Expected an index from -3 to 2, received 3');
    expect(() => net.at(-4)).to.throw(ContainerError, 'received -4');
    expect(() => net.at('iner')).to.throw(ContainerError, 'Did you mean "inner"?');
    expect(() => new Sequential().at(0)).to.throw(ContainerError, 'it is empty');
  });
});

describe(`Modules that work in place, in a Sequential [${backendName}]`, () => {
  onBackend();
  const refusal = (writer: string, maker: string) =>
    `"${writer}" (Activation) works in place on the output of "${maker}" (Activation), whose gradient is computed from it. ` +
    `Build "${writer}" with inplace: false.`;

  it('stand behind what keeps no output', () => {
    const modules = [new Conv2D(1, 1, 1), relu(true), new PRelu({ maps: 1 }), relu(true)];
    expect(new Sequential(modules).length).to.equal(4);
    expect(new Sequential([relu(), new Linear(1, 1), relu(true)]).length).to.equal(3);
    expect(new Sequential([new Flatten(), relu(true)]).length).to.equal(2);
  });

  it('are refused behind a module whose gradient needs its output', () => {
    expect(() => new Sequential([relu(), relu(true)])).to.throw(ContainerError, refusal('1', '0'));
    expect(() => new Sequential([new Linear(1, 1), relu(), relu(true)])).to.throw(ContainerError, refusal('2', '1'));
  });

  it('are refused also when the modules between only pass data on', () => {
    // PuzzleLib accepts the first of these: its search ends before index 0.
    expect(() => new Sequential([relu(), new Flatten(), relu(true)])).to.throw(ContainerError, refusal('2', '0'));
    const passing = [relu(), new Flatten(), new Identity(), new Sequential([new Identity()]), relu(true)];
    expect(() => new Sequential(passing)).to.throw(ContainerError, refusal('4', '0'));
  });

  it('are refused at the index they are inserted at, and so is what is inserted in front of them', () => {
    const behind = new Sequential([relu(false, 'act'), new Linear(1, 1)]);
    expect(() => behind.insert(relu(true, 'new'), 1)).to.throw(ContainerError, refusal('new', 'act'));
    expect(() => behind.insertAfter(relu(true, 'new'), 'act')).to.throw(ContainerError, refusal('new', 'act'));
    const before = new Sequential([new Flatten(), relu(true, 'act')]);
    for (const index of [0, 1]) {
      expect(() => before.insert(relu(false, 'new'), index)).to.throw(ContainerError, refusal('act', 'new'));
    }
    expect([behind.length, before.length]).to.deep.equal([2, 2]);
  });

  it('keep the module between themselves and such an output', () => {
    const net = new Sequential([
      relu(false, 'act'),
      new Linear({ insize: 1, outsize: 1, name: 'fc' }),
      relu(true, 'over'),
    ]);
    expect(() => net.pop('fc')).to.throw(ContainerError, refusal('over', 'act'));
    expect(net.length).to.equal(3);
    expect(net.pop('over').name).to.equal('over');
    expect(net.pop('fc').name).to.equal('fc');
  });

  it('are found through containers, whose first and last modules count', () => {
    const writing = () => new Sequential([new Flatten(), relu(true), new Linear(1, 1)], 'writing');
    const keeping = () => new Sequential([new Linear(1, 1), relu(), new Identity()], 'keeping');
    expect([writing().inplace, writing().gradUsesOutData]).to.deep.equal([true, false]);
    expect([keeping().inplace, keeping().gradUsesOutData]).to.deep.equal([false, true]);
    const empty = new Sequential();
    expect([empty.inplace, empty.gradUsesOutData, empty.movesData]).to.deep.equal([false, false, true]);
    expect([keeping().movesData, new Sequential([new Flatten()]).movesData]).to.deep.equal([false, true]);
    expect(() => new Sequential([keeping(), new Sequential(), writing()])).to.throw(
      ContainerError,
      '"writing" (Sequential) works in place on the output of "keeping" (Sequential)',
    );
    expect(new Sequential([writing(), keeping()]).length).to.equal(2);
  });
});
