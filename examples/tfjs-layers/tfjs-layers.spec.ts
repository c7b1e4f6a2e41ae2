import { backendName, expectAtRest, expectClose, heldAtRest, itCollects, onBackend } from '@tessera-nn/testing';
import { mul, randomNormal, sub, sum, tidy, train, type Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential, type Sequential as LayersModel } from '@tensorflow/tfjs-layers';
import { expect } from 'chai';
import { BatchNorm2D, Conv2D, Dropout, Flatten, Linear, PRelu, seed, Sequential } from 'tessera-nn';
import { TesseraLayer } from './tessera-layer.js';

const samples = (...shape: number[]): Tensor => randomNormal(shape, 0, 1, 'float32', 5);
const targets = (x: Tensor) => tidy(() => sub(sum(mul(x, x), 1, true), 2));

const trainable = (...inner: layers.Layer[]): LayersModel => {
  const model = sequential({ layers: inner });
  model.compile({ optimizer: train.sgd(0.05), loss: 'meanSquaredError' });
  return model;
};
const numbersOf = async (model: LayersModel) => {
  const found: number[] = [];
  for (const weight of model.getWeights()) found.push(...(await weight.data()));
  return found;
};

describe(`A Tessera module in a tfjs-layers model [${backendName}]`, function () {
  this.timeout(60_000);
  onBackend();
  beforeEach(() => seed(1));

  for (const place of ['as the first layer', 'behind another layer']) {
    it(`learns with fit ${place}, step for step as the layers of tfjs do`, async () => {
      const before = place === 'as the first layer' ? [] : [3];
      const around = (...inner: layers.Layer[]) =>
        trainable(
          ...before.map((units) => layers.dense({ units, activation: 'tanh', inputShape: [3] })),
          ...inner,
          layers.dense({ units: 1 }),
        );
      const theirs = around(layers.dense({ units: 4, inputShape: [3] }), layers.prelu({ alphaInitializer: 'ones' }));
      const module = new Sequential([new Linear(3, 4), new PRelu(4)]);
      const layer = new TesseraLayer(module, { inputShape: [3] });
      const model = around(layer);
      model.setWeights(theirs.getWeights());
      const start = await numbersOf(model);
      const x = samples(24, 3);
      const y = targets(x);
      for (const one of [theirs, model]) await one.fit(x, y, { epochs: 3, batchSize: 8, shuffle: false, verbose: 0 });
      const [learned, expected] = [await numbersOf(model), await numbersOf(theirs)];
      expectClose(learned, expected, 'weights', { relative: 1e-4, ofLargest: 1e-5 });
      expect(start.every((value, i) => value !== learned[i])).to.equal(true);

      layer.bringBack();
      const [atTheirs, atOurs] = [layer.apply(x) as Tensor, module.evalMode().forward(x)];
      expectClose(await atOurs.values(), await atTheirs.data(), 'the module with what was learned');
    });
  }

  itCollects(
    'learns images with running means and dropout, which follow the mode, and holds no more after ten epochs',
    async () => {
      const net = new Sequential([
        new Conv2D({ inmaps: 1, outmaps: 3, size: 3 }),
        new BatchNorm2D(3),
        new PRelu(3),
        new Dropout(0.2),
        new Flatten(),
        new Linear(48, 4),
      ]);
      const model = trainable(
        layers.permute({ dims: [3, 1, 2], inputShape: [6, 6, 1] }),
        new TesseraLayer(net),
        layers.dense({ units: 1 }),
      );
      const x = samples(8, 6, 6, 1);
      const y = samples(8, 1);
      const step = (epochs: number) => model.fit(x, y, { epochs, verbose: 0 });
      const first = (await step(1)).history.loss![0] as number;
      await step(1);
      const before = await heldAtRest();
      const last = (await step(10)).history.loss!.at(-1) as number;
      await expectAtRest(before);
      expect(last).to.be.lessThan(first);
      const [once, again] = [model.predict(x), model.predict(x)] as Tensor[];
      expect([...(await once!.data())]).to.deep.equal([...(await again!.data())]); // no dropout, no new means
    },
  );
});
