import { fromBlueprint, gradients, RandomStream, seed, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { describeBodies, expectClose, map, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Dropout2D } from './dropout-2d.js';

describeBodies('Dropout2D', () => {
  beforeEach(() => seed(1));
  const SHAPE = [8, 25, 2, 3] as const;
  const values = map(randomNd(SHAPE, 1), (value) => value || 1);
  const images = () => new Variable(values.data, { shape: SHAPE, requiresGrad: true });

  it('drops whole maps, as many as it says, and scales the others; the gradient goes through the same', async () => {
    const x = images();
    const y = new Dropout2D(0.25).forward(x);
    y.backward(new Variable(values.data, { shape: SHAPE }));
    const found = await y.values();
    let dropped = 0;
    for (let first = 0; first < found.length; first += 6) {
      const isDropped = found[first] === 0;
      const expected = values.data.slice(first, first + 6).map((value) => (isDropped ? 0 : value / 0.75));
      expectClose(found.slice(first, first + 6), expected, 'a map');
      if (isDropped) dropped++;
    }
    expect(dropped / 200).to.be.closeTo(0.25, 0.1);
    expect([...(await x.grad!.data())]).to.deep.equal([...found]);
  });

  it('draws the same for the same seed, and from a stream of its own', async () => {
    const drawn = (module: Dropout2D) => module.forward(images()).values();
    const [first, second] = [await drawn(new Dropout2D()), await drawn(new Dropout2D())];
    expect(second).to.not.deep.equal(first);
    seed(1);
    expect(await drawn(new Dropout2D())).to.deep.equal(first);
    const own = () => new Dropout2D(0.5, new RandomStream(3));
    expect(await drawn(own())).to.deep.equal(await drawn(own()));
  });

  it('changes nothing in eval mode or for p = 0, and leaves nothing for p = 1', async () => {
    expectClose(await new Dropout2D().evalMode().forward(images()).values(), values.data, 'eval');
    expectClose(await new Dropout2D(0).forward(images()).values(), values.data, 'p = 0');
    expect((await new Dropout2D(1).forward(images()).values()).every((value) => value === 0)).to.equal(true);
  });

  it('lets nothing of a dropped map through, be it NaN, and can be differentiated twice', async () => {
    const x = new Variable(new Float32Array(100).fill(NaN), { shape: [1, 100], requiresGrad: true });
    const y = new Dropout2D().forward(x);
    expect((await y.values()).filter(Number.isNaN).length).to.be.within(20, 80);
    const [dx] = gradients(y.mul(y).sum(), [x], { createGraph: true });
    const [second] = gradients(dx!.sum(), [x]);
    expect([...new Set(await second!.values())].sort()).to.deep.equal([0, 8]);
  });

  it('comes back from its blueprint, and refuses what does not fit', () => {
    const module = new Dropout2D({ p: 0.2, name: 'drop' });
    expect(String(fromBlueprint(module.getBlueprint(), [Dropout2D]))).to.equal('Dropout2D(p=0.2)');
    expect(() => module.forward([1])).to.throw(ShapeError, 'Dropout2D "drop": input [1] has no maps');
    expect(() => new Dropout2D(2)).to.throw(ValueError, 'p');
  });
});
