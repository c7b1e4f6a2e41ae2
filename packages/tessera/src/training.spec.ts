import { backendName, collectGarbage, expectClose, held, itCollects, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  Adam,
  AvgPool2D,
  BatchNorm2D,
  Conv2D,
  CrossEntropy,
  Dropout,
  Flatten,
  ledger,
  Linear,
  MaxPool2D,
  PRelu,
  RandomStream,
  seed,
  Sequential,
  Variable,
} from './index.js';

/** A network with every module in it, small enough for a thousand steps on a software renderer. */
const everyModule = () =>
  new Sequential(
    [
      new Conv2D({ inmaps: 1, outmaps: 4, size: 3, pad: 1 }),
      new BatchNorm2D(4),
      new PRelu(4),
      new MaxPool2D(2),
      new Conv2D({ inmaps: 4, outmaps: 4, size: 3, groups: 2 }),
      new Activation('leakyRelu'),
      new AvgPool2D({ size: 2, stride: 1, pad: 1, includePad: false }),
      new Flatten(),
      new Dropout(0.2),
      new Linear(36, 3),
    ],
    'net',
  );

const random = new RandomStream(11);
const images = Float32Array.from({ length: 4 * 64 }, () => random.normal());
const labels = Int32Array.of(0, 1, 2, 1);

/** What a step holds is the same on every backend; on the others enough of them for what grows to show. */
const STEPS = backendName === 'wasm' ? 1000 : 100;

describe(`Training by hand [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(7));

  it('gives the losses that it gives on every backend', async () => {
    const net = everyModule();
    const cost = new CrossEntropy();
    const optimizer = new Adam(0.01).setupOn(net);
    const losses: number[] = [];
    for (let step = 0; step < 20; step++) {
      const loss = cost.forward(net.forward(new Variable(images, { shape: [4, 1, 8, 8] })), labels);
      optimizer.zeroGradParams();
      loss.backward();
      optimizer.update();
      losses.push(await loss.item());
    }
    // Recorded on the cpu backend. Adam divides by the root of tiny squares: rounding grows from step to step.
    expectClose(losses, RECORDED, 'losses', { relative: 1e-3, ofLargest: 1e-4 });
    expect(losses.at(-1)!).to.be.lessThan(losses[0]! / 2);
  });

  itCollects(
    `holds as many tensors and bytes after ${STEPS} steps as after 2, though nobody tidies`,
    async function () {
      this.timeout(120_000);
      const net = everyModule();
      const cost = new CrossEntropy();
      const optimizer = new Adam(0.001).setupOn(net);
      const step = () => {
        const loss = cost.forward(net.forward(new Variable(images, { shape: [4, 1, 8, 8] })), labels);
        optimizer.zeroGradParams();
        loss.backward();
        optimizer.update();
        return loss;
      };
      // On a GPU an output that nobody read waits for the collector; elsewhere nothing waits for anything.
      const settled = () => (backendName === 'webgl' ? collectGarbage() : undefined);
      let early: object | undefined;
      for (let i = 1; i <= STEPS; i++) {
        const loss = step();
        if (i % 50 === 0) expect(await loss.item()).to.be.a('number');
        if (i % 50 === 2) {
          await settled();
          early ??= held();
          expect(held(), JSON.stringify(ledger().slice(0, 8))).to.deep.equal(early);
        }
      }
    },
  );
});

const RECORDED = [
  0.6978841, 0.5068388, 0.496157, 0.7350556, 0.5212215, 0.3350932, 0.5609272, 0.3953494, 0.2158712, 0.181452, 0.3536822,
  0.1347509, 0.09284206, 0.2348926, 0.2439983, 0.05391622, 0.09461963, 0.03818286, 0.04642574, 0.06368379,
];
