import {
  backendName,
  collectGarbage,
  expectClose,
  expectNoMore,
  held,
  itCollects,
  onBackend,
  randomNd,
} from '@tessera-nn/testing';
import { clone, grads, tensor, tidy, variable, variableGrads, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import {
  asCustomGrad,
  BatchNorm2D,
  Conv2D,
  Dropout,
  fromTf,
  gradCheck,
  gradients,
  MaxPool2D,
  PRelu,
  randomStream,
  seed,
  Sequential,
  Variable,
  type Module,
} from './index.js';

const images = randomNd([2, 1, 6, 6], 3);
const cotangent = randomNd([2, 3, 2, 2], 4);
const asTensor = ({ data, shape }: typeof images) => tensor(Float32Array.from(data), [...shape]);
const asVariable = ({ data, shape }: typeof images) => new Variable(data, { shape, requiresGrad: true });

/** Its output lies channels-last in memory, its first parameter as a filter. */
const net = () =>
  new Sequential([new Conv2D({ inmaps: 1, outmaps: 3, size: 3 }), new PRelu(3), new BatchNorm2D(3), new MaxPool2D(2)]);

/** The module's own gradients in its input and parameters. */
const ours = (module: Module) => {
  const x = asVariable(images);
  return gradients(module.forward(x), [x, ...module.parameters()], { seed: asVariable(cotangent) });
};

describe(`Modules on the tape of tfjs [${backendName}]`, () => {
  onBackend();
  beforeEach(async () => {
    seed(1);
    await collectGarbage();
  });

  it('give tf.grads of images and filters what our tape gives, in logical order', async () => {
    const module = net();
    const expected = ours(module);
    const paths = [...module.namedParameters()].map(([path]) => path);
    const values = [...module.parameters()].map(({ data }) => clone(data)); // a parameter's own tensor moves when its layout does
    const f = asCustomGrad(module);
    const weighted = (x: Tensor, ...weights: Tensor[]) =>
      f(x, Object.fromEntries(weights.map((weight, i) => [paths[i]!, weight])));
    const y = weighted(asTensor(images), ...values);
    expect(y.shape).to.deep.equal([2, 3, 2, 2]);
    expectClose(await y.data(), await module.forward(asVariable(images)).values(), 'y');
    const found = grads(weighted)([asTensor(images), ...values], asTensor(cotangent));
    for (const [i, grad] of found.entries()) {
      expect(grad.shape).to.deep.equal([...expected[i]!.shape]);
      expectClose(await grad.data(), await expected[i]!.values(), `gradient ${['x', ...paths][i]}`);
    }
    expect([...module.parameters()].map(({ grad }) => grad)).to.deep.equal(paths.map(() => null));
    for (const [i, parameter] of [...module.parameters()].entries()) {
      expect([...(await parameter.values())]).to.deep.equal([...(await values[i]!.data())]);
    }
  });

  itCollects('train with variables of tfjs, and hold no more after ten steps than after one', async () => {
    const module = net();
    const f = asCustomGrad(module);
    const distance = asCustomGrad((y) => y.sub(1).square().mean());
    const x = asTensor(images);
    const weights = Object.fromEntries([...module.namedParameters()].map(([path, { data }]) => [path, variable(data)]));
    const step = () =>
      tidy(() => {
        const { value, grads: found } = variableGrads(() => distance(f(x, weights)) as Scalar);
        for (const weight of Object.values(weights)) {
          const [w, g] = [new Variable(weight), new Variable(found[weight.name]!)];
          weight.assign(clone(w.sub(g.mul(0.1)).data));
          w.dispose();
          g.dispose();
        }
        return value.dataSync()[0]!;
      });
    const first = step();
    await collectGarbage();
    const before = held();
    let last = first;
    for (let i = 0; i < 10; i++) last = step();
    await collectGarbage();
    expectNoMore(before);
    expect(last).to.be.lessThan(first);
    for (const weight of Object.values(weights)) weight.dispose();
  });

  it('draw dropout from our stream, and once for both passes', async () => {
    const dropout = new Dropout(0.5);
    const x = asTensor(images);
    const start = randomStream().state;
    const [dx] = grads((v: Tensor) => asCustomGrad(dropout)(v))([x], asTensor(images));
    randomStream().state = start;
    const again = dropout.forward(new Variable(x));
    expect([...(await dx!.data())]).to.deep.equal([...(await again.values())]); // linear: the gradient along x is y
  });

  it('carry functions of tfjs between convolutions, which gradCheck passes', async () => {
    const middle = fromTf(<T extends Tensor>(x: T) => asCustomGrad((v) => v.mul(v.sigmoid()))(x));
    const [before, after] = [
      new Conv2D({ inmaps: 1, outmaps: 2, size: 3 }),
      new Conv2D({ inmaps: 2, outmaps: 1, size: 3 }),
    ];
    const report = await gradCheck(
      (x) => after.forward(middle(before.forward(x))),
      [asVariable(randomNd([1, 1, 6, 6], 5))],
    );
    expect(report.ok, String(report)).to.equal(true);
  });
});
