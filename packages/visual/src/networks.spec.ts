import { Concat, Conv2D, Identity, Linear, PRelu, Activation, Replicate } from '@tessera-nn/modules';
import { Parallel, Sequential } from '@tessera-nn/containers';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { drawGraph, plotActivation, type Picture } from './index.js';

const branches = () =>
  new Sequential('net').extend([
    new Conv2D({ inmaps: 1, outmaps: 2, size: 3, name: 'stem' }),
    new Replicate(3),
    new Parallel([
      new Sequential([new Conv2D({ inmaps: 2, outmaps: 1, size: 1 }), new Activation('relu')]),
      new Conv2D({ inmaps: 2, outmaps: 1, size: 1 }),
      new Identity(),
    ]),
    new Concat(1),
  ]);

/** Every place that a path of a picture goes through. */
const placesIn = (picture: Picture) =>
  [...picture.toSvg().matchAll(/ d="([^"]+)"/g)].flatMap(([, path]) =>
    [...path!.matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) })),
  );

describe(`Pictures of networks [${backendName}]`, () => {
  onBackend();

  for (const direction of ['down', 'right'] as const) {
    it(`show boxes and arrows to the ${direction} that lie within the picture`, () => {
      const picture = drawGraph(branches(), { shape: [1, 1, 8, 8], direction });
      const svg = picture.toSvg();
      for (const text of ['net (Sequential)', 'stem', '20 parameters', '[1, 2, 6, 6]'])
        expect(svg).to.contain(`>${text}<`);
      expect(svg.match(/rx="/g)).to.have.length(5);
      for (const { x, y } of placesIn(picture)) {
        expect(x).to.be.within(0, picture.width);
        expect(y).to.be.within(0, picture.height);
      }
    });
  }

  it('refuse shapes that do not fit', () => {
    expect(() => drawGraph(branches(), { shape: [1, 2, 8, 8] })).to.throw('node "stem"');
    expect(() => drawGraph({} as never)).to.throw('drawGraph');
  });

  it('plot what an activation makes of numbers and leave its gradients alone', async () => {
    const act = new PRelu(2);
    const svg = (await plotActivation(act, { maps: 2, title: 'slopes' })).toSvg();
    for (const text of ['slopes', 'map 0', 'map 1', 'dy/dx']) expect(svg).to.contain(`>${text}<`);
    expect(act.getVar('slopes').grad).to.equal(null);
    const [values] = [...svg.matchAll(/d="(M[^"]{500,})"/g)].slice(-1);
    const last = /L([\d.]+) ([\d.]+)$/.exec(values![1]!)!;
    const first = /^M([\d.]+) ([\d.]+)/.exec(values![1]!)!;
    expect(Number(first[2])).to.be.greaterThan(Number(last[2])); // y grows upwards
    expect((await plotActivation(new Activation('relu'), { derivative: false })).toSvg()).not.to.contain('dy/dx');
  });

  it('refuse modules that do not act on each number', async () => {
    const error = await plotActivation(new Linear(1, 2)).then(
      () => 'nothing',
      (reason: Error) => reason.message,
    );
    expect(error).to.contain('Expected [257, 1], received [257, 2]');
  });
});
