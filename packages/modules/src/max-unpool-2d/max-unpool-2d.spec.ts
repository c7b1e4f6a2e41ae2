import { fromBlueprint, gradCheck, ShapeError, ValueError, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { describeBodies, distinctNd, expectClose, nd, randomNd, windowsOver, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { MaxPool2D } from '../max-pool-2d/max-pool-2d.js';
import { goldens } from './max-unpool-2d.golden.js';
import { MaxUnpool2D } from './max-unpool-2d.js';

/** Each value where the largest of its window is. */
function reference(pooled: Nd, images: Nd, { window }: MaxPool2D): Nd {
  const [, , ...lengths] = images.shape;
  const { taps } = windowsOver(lengths, window);
  const y = nd(images.shape);
  pooled.data.forEach((value, at) => {
    const map = Math.floor(at / taps.length) * sizeOf(lengths);
    const seen = taps[at % taps.length]!.filter((place) => place >= 0).map((place) => map + place);
    const largest = seen.reduce((a, b) => (images.data[b]! > images.data[a]! ? b : a));
    y.data[largest]! += value;
  });
  return y;
}

describeBodies('MaxUnpool2D', (isFirst) => {
  const toVariable = ({ shape, data }: Nd) => new Variable(Float32Array.from(data), { shape });
  const windows = [
    { title: 'sizes that leave a row out', window: {}, pooled: [2, 3, 2, 2], images: [2, 3, 5, 4] },
    {
      title: 'windows that overlap',
      window: { size: 3, stride: 1, pad: 1 },
      pooled: [1, 2, 3, 3],
      images: [1, 2, 3, 3],
    },
  ];
  for (const { title, window, ...shapes } of windows) {
    it(`puts each value where its window is largest, and has the gradients of that: ${title}`, async () => {
      const [pooled, images] = [randomNd(shapes.pooled, 3), distinctNd(shapes.images)];
      const module = new MaxUnpool2D(window);
      const expected = reference(pooled, images, new MaxPool2D(window));
      const places = toVariable(images);
      expectClose(await module.forward([toVariable(pooled), places]).values(), expected.data, 'output');
      const report = await gradCheck((x) => module.forward([x, places]), [toVariable(pooled)]);
      expect(report.ok, String(report)).to.equal(true);
    });
  }
  if (!isFirst) return;

  it('comes back from its blueprint, and prints as the call that makes it', () => {
    const module = new MaxUnpool2D(3, 1, 1, 'up');
    expect(String(fromBlueprint(module.getBlueprint(), [MaxUnpool2D]))).to.equal(String(module));
    expect(String(module)).to.equal('MaxUnpool2D(size=3, stride=1, pad=1)');
  });

  it('refuses what is not two inputs, and what the pool does not make', () => {
    const zeros = (...shape: number[]) => new Variable(new Float32Array(sizeOf(shape)), { shape });
    const module = new MaxUnpool2D({ name: 'up' });
    expect(() => new MaxUnpool2D(0)).to.throw(ValueError, /MaxUnpool2D.*size.*from 1/s);
    expect(() => module.forward([zeros(1, 1, 1, 1)])).to.throw(ShapeError, /"up".*a list of 2/s);
    expect(() => module.forward([zeros(1, 1, 2, 3), zeros(1, 1, 4, 4)])).to.throw(
      ShapeError,
      '[1, 1, 2, 3] is not what the pool makes of [1, 1, 4, 4]',
    );
  });

  it('leaves what was largest where it was', async () => {
    const images = new Variable([1, 2, 4, 3, 5, 0, 0, 6], { shape: [1, 1, 2, 4] });
    const y = new MaxUnpool2D().forward([new MaxPool2D().forward(images), images]);
    expect([...(await y.values())]).to.deep.equal([0, 0, 0, 0, 5, 0, 0, 6]);
  });

  it('gives the values and the gradients of PyTorch behind it', async () => {
    for (const { inputs, output, gradOutput, grads } of goldens) {
      const { data, shape } = inputs.x!;
      const images = new Variable(data, { shape, requiresGrad: true });
      const y = new MaxUnpool2D().forward([new MaxPool2D().forward(images), images]);
      y.backward(new Variable(gradOutput.data, { shape }));
      expectClose(await y.values(), output.data, 'output');
      expectClose(await images.grad!.data(), grads.x!.data, 'gradient');
    }
  });
});
