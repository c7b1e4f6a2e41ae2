import { itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import * as face from './index.js';
import {
  Activation,
  CrossEntropy,
  Flatten,
  Linear,
  Optimizer,
  RandomStream,
  seed,
  Sequential,
  syntheticDigits,
  Trainer,
} from './index.js';

interface Outcome {
  readonly learnRate: number;
  /** The mean loss of the last epoch. */
  readonly loss: number;
  /** How many of the new digits are read wrong then; by chance it would be nine of ten. */
  readonly wrong: number;
}

const NEW_DIGITS = 200;
/** How far another order of sums may lead. */
const [LOSS_BAND, WRONG_BAND] = [0.03, 3] as const;

/** What each came to at one rate among several that were tried: marks to notice changes by, which say nothing of which is best. */
const recorded: Readonly<Record<string, Outcome>> = {
  AdaDelta: { learnRate: 1, loss: 1.0602, wrong: 47 },
  AdaGrad: { learnRate: 0.1, loss: 0.2997, wrong: 19 },
  Adam: { learnRate: 0.03, loss: 0.1878, wrong: 20 },
  AdamW: { learnRate: 0.03, loss: 0.1895, wrong: 18 },
  LAMB: { learnRate: 0.03, loss: 0.3229, wrong: 24 },
  Lion: { learnRate: 0.03, loss: 0.1734, wrong: 25 },
  MomentumSGD: { learnRate: 0.1, loss: 0.3675, wrong: 24 },
  NAdam: { learnRate: 0.03, loss: 0.2165, wrong: 19 },
  NesterovSGD: { learnRate: 0.1, loss: 0.3372, wrong: 22 },
  RAdam: { learnRate: 1, loss: 0.2534, wrong: 21 },
  RMSProp: { learnRate: 0.03, loss: 0.2554, wrong: 23 },
  RMSPropGraves: { learnRate: 0.003, loss: 0.2371, wrong: 23 },
  SGD: { learnRate: 1, loss: 0.3635, wrong: 25 },
  SMORMS3: { learnRate: 0.03, loss: 0.1737, wrong: 16 },
};

type OptimizerClass = new (numbers: { learnRate: number }) => Optimizer;

function isOptimizer(value: unknown): value is OptimizerClass {
  return typeof value === 'function' && value.prototype instanceof Optimizer;
}

describe('Every optimizer', function () {
  this.timeout(30_000);
  onBackend();

  itOnOneBackend('trains a small network on digits as well as it did', async () => {
    const stream = new RandomStream(1);
    const digits = syntheticDigits({ count: 600 + NEW_DIGITS, size: 8, stream });
    const [train, test] = digits.split(0.75, new RandomStream(2));
    const reached: Record<string, Outcome> = {};
    for (const Class of Object.values<unknown>(face).filter(isOptimizer)) {
      seed(3);
      const net = new Sequential([new Flatten(), new Linear(64, 24), new Activation('relu'), new Linear(24, 10)]);
      const { className } = Class as unknown as typeof Optimizer;
      const { learnRate } = recorded[className] ?? { learnRate: 0.03 };
      const optimizer = new Class({ learnRate }).setupOn(net);
      const trainer = new Trainer(net, new CrossEntropy(), optimizer, { batchSize: 50 });
      await trainer.train(train, undefined, { epochs: 6, validation: test });
      const { loss, validationError } = trainer.history.epochs.at(-1)!;
      reached[className] = { learnRate, loss, wrong: Math.round((validationError as number) * NEW_DIGITS) };
      net.dispose();
      optimizer.dispose();
    }
    const asRecorded = ({ loss, wrong }: Outcome, before: Outcome | undefined) =>
      before !== undefined &&
      Math.abs(loss - before.loss) <= LOSS_BAND * before.loss &&
      Math.abs(wrong - before.wrong) <= WRONG_BAND;
    const others = Object.entries(reached).filter(([name, outcome]) => !asRecorded(outcome, recorded[name]));
    expect(Object.fromEntries(others)).to.deep.equal({});
    expect(Object.keys(reached).sort()).to.deep.equal(Object.keys(recorded).sort());
  });
});
