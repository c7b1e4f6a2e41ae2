import { launcher } from '@tessera-nn/kernels';
import { backendName, expectNoMore, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  Adam,
  BatchNorm2D,
  Conv2D,
  CostError,
  CrossEntropy,
  Dropout,
  Flatten,
  Linear,
  MaxPool2D,
  seed,
  Sequential,
  trainStep,
  type Module,
} from './index.js';

function learnerOf() {
  seed(3);
  const module = new Sequential([
    new Conv2D(1, 6, 3),
    new BatchNorm2D(6),
    new Activation('leakyRelu'),
    new MaxPool2D(2),
    new Dropout(0.3),
    new Flatten(),
    new Linear(54, 5),
  ]);
  return { module, cost: new CrossEntropy(), optimizer: new Adam(1e-2).setupOn(module) };
}

const batchOf = (size: number) => ({
  data: Float32Array.from({ length: size * 64 }, (_, i) => Math.sin(i * i)),
  shape: [size, 1, 8, 8],
  target: Int32Array.from({ length: size }, (_, i) => i % 5),
});

async function losses(learner: ReturnType<typeof learnerOf>, sizes: number[]): Promise<number[]> {
  const all = [];
  for (const size of sizes) {
    const loss = trainStep(learner, batchOf(size));
    all.push(await loss.item());
    loss.dispose();
  }
  return all;
}

const numbersOf = (module: Module) =>
  Promise.all([...module.parameters(), ...module.buffers()].map((variable) => variable.values()));

describe(`optimizeForShape [${backendName}]`, () => {
  onBackend();

  it('compiles all that training needs, and changes nothing', async () => {
    const plain = await losses(learnerOf(), [4, 4, 3]);
    const learner = learnerOf();
    const { module, cost, optimizer } = learner;
    const before = await numbersOf(module);
    const reports: [number, number][] = [];
    const { target } = batchOf(4);
    const options = {
      cost,
      target,
      optimizer,
      onProgress: (done: number, total: number) => reports.push([done, total]),
    };
    const programs = await module.optimizeForShape([4, 1, 8, 8], options);
    expect(reports).to.deep.equal(Array.from({ length: programs }, (_, i) => [i + 1, programs]));
    expect(await numbersOf(module)).to.deep.equal(before);
    expect([...module.parameters()].every((variable) => variable.grad === null)).to.equal(true);
    expect(cost.numOfSamples).to.equal(0);
    let noError: unknown;
    await cost.getError().catch((error: unknown) => (noError = error));
    expect(noError, 'no error of what was never computed').to.be.instanceOf(CostError);
    const known = backendName === 'webgl' ? launcher()!.programs : 0;
    expect(await losses(learner, [4, 4, 3])).to.deep.equal(plain);
    if (backendName === 'webgl') expect(launcher()!.programs).to.equal(known);
  });

  it('holds nothing afterwards, and finds nothing to do a second time', async () => {
    const { module } = learnerOf();
    await module.optimizeForShape([2, 1, 8, 8]);
    const before = held();
    expect(await module.optimizeForShape([2, 1, 8, 8])).to.equal(0);
    expectNoMore(before);
  });

  if (backendName === 'webgl') {
    it('says what does not fit, and leaves the network as it was', async () => {
      const { module } = learnerOf();
      const before = await numbersOf(module);
      let refused: unknown;
      await module.optimizeForShape([2, 3, 8, 8]).catch((error: unknown) => (refused = error));
      expect(String(refused)).to.match(/Conv2D/);
      expect(await numbersOf(module)).to.deep.equal(before);
    });
  }
});
