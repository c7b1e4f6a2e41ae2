import { ShapeError, ValueError } from '@tessera-nn/core';
import { Activation, Add, Concat, Conv2D, Identity, Linear, Replicate, Split } from '@tessera-nn/modules';
import { backendName, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Graph } from '../graph/graph.js';
import { Parallel } from '../parallel.js';
import { Sequential } from '../sequential.js';
import { draw } from './draw.js';

const branches = () =>
  new Sequential('net').extend([
    new Conv2D({ inmaps: 1, outmaps: 8, size: 3, name: 'stem' }),
    new Replicate(3),
    new Parallel([
      new Sequential([new Conv2D({ inmaps: 8, outmaps: 4, size: 1 }), new Activation('relu')]),
      new Conv2D({ inmaps: 8, outmaps: 4, size: 1 }),
      new Identity(),
    ]),
    new Concat(1),
  ]);

function slotted() {
  const v1 = new Linear({ insize: 8, outsize: 4, name: 'v1' }).node();
  const parts = new Split({ axis: 1, sections: [1, 1, 2], name: 'parts' }).node(v1);
  const v2 = new Linear({ insize: 8, outsize: 4, name: 'v2' }).node();
  const some = new Concat({ axis: 1, name: 'some' }).node([parts, [1, 2]], v2);
  return new Graph({ inputs: [v1, v2], outputs: new Concat({ axis: 1, name: 'all' }).node([parts, 0], some) });
}

const lines = (text: string) => text.split('\n').filter((line, i, all) => line !== '' || i < all.length - 1);
const drawn = (strings: TemplateStringsArray) =>
  lines(strings.raw[0]!.replace(/^\n/, '').replace(/\n *$/, '')).map((l) => l.replace(/^ {6}/, ''));

describe(`Drawings of networks [${backendName}]`, () => {
  onBackend();

  it('show in a terminal what reads what, with shapes and parameters', () => {
    expect(lines(draw(branches(), { shape: [1, 1, 28, 28] }))).to.deep.equal(drawn`
      ●      stem   Conv2D(1, 8, size=3, stride=1)  [1, 8, 26, 26]   80
      ├─╮
      │ ●    2_0_0  Conv2D(8, 4, size=1, stride=1)  [1, 4, 26, 26]   36
      │ ●    2_0_1  Activation(relu)                [1, 4, 26, 26]
      ├─│─╮
      │ │ ●  2_1    Conv2D(8, 4, size=1, stride=1)  [1, 4, 26, 26]   36
      ├─┴─╯
      ●      3      Concat(axis=1)                  [1, 16, 26, 26]
    `);
  });

  it('show which entries of a list are read, and lists of shapes', () => {
    expect(
      lines(
        draw(slotted(), {
          shape: [
            [5, 8],
            [5, 8],
          ],
        }),
      ),
    ).to.deep.equal(drawn`
      ●    v1     Linear(8, 4)                       [5, 4]                    36
      ●    parts  Split(axis=1, sections=[1, 1, 2])  [[5, 1], [5, 1], [5, 2]]
      │ ●  v2     Linear(8, 4)                       [5, 4]                    36
      ├─┤
      │ ●  some   Concat(axis=1)                     [5, 7]                        of parts[1], parts[2]
      ├─╯
      ●    all    Concat(axis=1)                     [5, 8]                        of parts[0]
    `);
  });

  it('leave out what they were not told', () => {
    expect(draw(new Sequential([new Linear(3, 2), new Activation('relu')]))).to.equal(
      '●  0  Linear(3, 2)      8\n●  1  Activation(relu)',
    );
    expect(draw(new Add())).to.equal('●  Add  Add()');
  });

  it('count a shared parameter once', () => {
    const fc = new Linear(3, 3);
    expect(draw(new Sequential([fc, fc]))).to.equal('●  0  Linear(3, 3)  12\n●  1  Linear(3, 3)');
  });

  it('are Mermaid flowcharts', () => {
    expect(lines(draw(slotted(), { as: 'mermaid' }))).to.deep.equal(drawn`
      flowchart TD
        n0(["v1<br>Linear(8, 4)<br>36 parameters"])
        n1["parts<br>Split(axis=1, sections=[1, 1, 2])"]
        n0 --> n1
        n2(["v2<br>Linear(8, 4)<br>36 parameters"])
        n3["some<br>Concat(axis=1)"]
        n1 -->|1| n3
        n1 -->|2| n3
        n2 --> n3
        n4(["all<br>Concat(axis=1)"])
        n1 -->|0| n4
        n3 --> n4
    `);
  });

  it('are Graphviz digraphs', () => {
    const fc = new Linear({ insize: 1, outsize: 1, name: 'a "b" \\ c' });
    expect(lines(draw(new Sequential([fc, new Activation('relu')]), { as: 'graphviz', shape: [2, 1] }))).to.deep
      .equal(drawn`
      digraph {
        node [shape=box];
        "a \"b\" \\ c" [label="a \"b\" \\ c\nLinear(1, 1)\n[2, 1]\n2 parameters", style=rounded];
        "1" [label="1\nActivation(relu)\n[2, 1]", style=rounded];
        "a \"b\" \\ c" -> "1";
      }
    `);
  });

  it('write names that a language would read as its own with its signs for them', () => {
    const net = new Linear({ insize: 1, outsize: 1, name: 'a"<b>' });
    expect(draw(net, { as: 'mermaid' })).to.contain('a#34;#60;b#62;<br>Linear');
  });

  it('change nothing and hold nothing', () => {
    const net = branches();
    const before = [String(net), held()];
    draw(net, { shape: [1, 1, 9, 9] });
    expect([String(net), held()]).to.deep.equal(before);
  });

  it('refuse forms that are none, and shapes that do not fit', () => {
    expect(() => draw(branches(), { as: 'svg' as never })).to.throw(
      ValueError,
      'Expected one of text, mermaid, graphviz, received "svg"',
    );
    expect(() => draw(branches(), { shape: [1, 2, 28, 28] })).to.throw(ShapeError, 'node "stem"');
  });
});
