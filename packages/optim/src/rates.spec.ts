import { Linear } from '@tessera-nn/modules';
import { OptimizerError, ValueError, Variable } from '@tessera-nn/core';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import * as optim from './index.js';
import { Adam, Optimizer, SGD } from './index.js';

type Numbers = Record<string, unknown>;
type OptimizerClass = (new (...given: never[]) => Optimizer) & Pick<typeof Optimizer, 'className' | 'options'>;

const classes = Object.values(optim).filter(
  (value): value is OptimizerClass => typeof value === 'function' && value.prototype instanceof Optimizer,
);
/** Where the rate is another one unless one is given. */
const presets: Readonly<Record<string, number>> = { AdaDelta: 1, Lion: 1e-4, NAdam: 2e-3, RMSPropGraves: 1e-4 };

/** A net that was stepped once, and how far its weight went. */
async function moved(optimizer: Optimizer, change: (optimizer: Optimizer) => void): Promise<number> {
  const net = new Linear(1, 1).setVar('W', new Variable([[1]]));
  change(optimizer.setupOn(net));
  net.forward([[1]]).backward();
  optimizer.step();
  return 1 - (await net.W.item());
}

for (const Class of classes) {
  const make = (...given: unknown[]) => new Class(...(given as never[]));

  describe(`The rate of ${Class.className} [${backendName}]`, () => {
    onBackend();

    it('is given first or by name, and is the same for all', () => {
      expect(make().learnRate).to.equal(presets[Class.className] ?? 1e-3);
      expect(make({ learnRate: 0.5 }).learnRate).to.equal(0.5);
      if (Class.className !== 'AdaDelta') expect(make(0.5).learnRate).to.equal(0.5);
    });

    it('holds from the next step on when it is changed', async () => {
      const whole = await moved(make({ learnRate: 0.5 }), () => undefined);
      expect(await moved(make({ learnRate: 0.5 }), (optimizer) => void (optimizer.learnRate *= 0.5))).to.be.closeTo(
        whole / 2,
        1e-6,
      );
      expect(await moved(make({ learnRate: 0.5 }), (optimizer) => void (optimizer.learnRate = 0))).to.equal(0);
    });

    it('is checked when it is set, and so are the other numbers; nothing changes then', () => {
      const numbers = make({ learnRate: 0.5 }) as unknown as Numbers;
      const { nodeinfo: _, ...declared } = Class.options.read({});
      for (const name of Object.keys(declared)) {
        const before = numbers[name];
        for (const wrong of [undefined, null, NaN, Infinity, -1, '0.1']) {
          expect(() => void (numbers[name] = wrong)).to.throw(OptimizerError, `${name} `);
          expect(numbers[name]).to.equal(before);
        }
      }
    });

    it('has one name, and others are refused with it', () => {
      for (const name of ['lr', 'learningRate', 'learn_rate', 'rate'])
        expect(() => make({ [name]: 0.1 })).to.throw(ValueError, 'Did you mean "learnRate"?');
      expect(() => make(new Linear(1, 1).parameters(), 0.5)).to.throw(OptimizerError, '.setupOn(net)');
      expect(() => make(new Linear(1, 1))).to.throw(OptimizerError, 'was given something else');
    });
  });
}

describe('The rate of Adam by PuzzleLib’s name', () => {
  it('is the same number', () => {
    const adam = new Adam({ alpha: 0.5 });
    expect([adam.alpha, adam.learnRate]).to.deep.equal([0.5, 0.5]);
    adam.alpha = 0.25;
    expect(adam.learnRate).to.equal(0.25);
    expect(() => void (adam.alpha = NaN)).to.throw(OptimizerError, 'Adam: learnRate does not fit');
    expect(() => new Adam({ alpha: 1, learnRate: 1 })).to.throw('two names of one thing');
  });
});

describe('What an optimizer trains', () => {
  it('is a module, with PuzzleLib’s switch for one state', () => {
    const net = new Linear(1, 1);
    expect(new SGD().setupOn(net, true).module).to.equal(net);
    for (const wrong of [[undefined], ['net'], [net.parameters()], [[net]], [net, 1], [null]])
      expect(() => new SGD().setupOn(...(wrong as [never, never]))).to.throw(OptimizerError, 'told what to train');
  });
});
