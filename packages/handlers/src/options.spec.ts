import { CrossEntropy, MSE } from '@tessera-nn/cost';
import { ModuleError, ValueError, Variable } from '@tessera-nn/core';
import { ArrayDataset } from '@tessera-nn/data';
import { Linear } from '@tessera-nn/modules';
import { SGD } from '@tessera-nn/optim';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Calculator } from './calculator.js';
import { Trainer } from './trainer.js';
import { Validator } from './validator.js';

describe(`Options by a wrong name [${backendName}]`, () => {
  onBackend();

  for (const [title, make, says] of [
    ['of a Variable', () => new Variable([1], { requires_grad: true } as object), 'Did you mean "requiresGrad"?'],
    ['of MSE', () => new MSE({ halves: true } as object), 'MSE has no option "halves". Did you mean "half"?'],
    ['of CrossEntropy', () => new CrossEntropy({ weight: [1] } as object), 'Did you mean "weights"?'],
    [
      'of Validator',
      () => validator({ batchsize: 8 }),
      'Validator has no option "batchsize". Did you mean "batchSize"?',
    ],
    ['of Calculator', () => calculator({ batch: 8 }), 'Calculator has no option "batch". Did you mean "batchSize"?'],
    ['of Trainer', () => trainer({ batch: 8 }), 'Trainer has no option "batch". Did you mean "batchSize"?'],
  ] as const) {
    it(`${title} are refused with the right one`, () => expect(make).to.throw(ValueError, says));
  }

  for (const [title, run, says] of [
    ['of train', () => trainer().train(...pair, { epoch: 5 } as object), 'Trainer.run has no option "epoch"'],
    [
      'of run',
      () =>
        trainer()
          .run(...pair, { shufle: true } as object)
          .next(),
      'Did you mean "shuffle"?',
    ],
    ['of trainFromHost', () => trainer().trainFromHost(...pair, { epochs: 2 } as object), 'no option "epochs"'],
    ['of validate', () => validator().validate(...pair, { abort: 1 } as object), 'Validator.validate has no option'],
    ['of validateFromHost', () => validator().validateFromHost(...pair, { abort: 1 } as object), 'no option "abort"'],
    ['of calc', () => calculator().calc([[1]], { signals: 1 } as object), 'Did you mean "signal"?'],
    ['of calcFromHost', () => calculator().calcFromHost([[1]], { batchSize: 2 } as object), 'no option "batchSize"'],
  ] as const) {
    it(`${title} are refused before it begins`, () => expectRefusal(run, says));
  }

  for (const [title, run, says] of [
    [
      'a part of 0 samples',
      () => trainer().trainFromHost(...pair, { macroBatchSize: 0 }),
      'macroBatchSize does not fit',
    ],
    ['a signal that is none', () => calculator().calc([[1]], { signal: {} as AbortSignal }), 'Expected an AbortSignal'],
    ['targets for options', () => calculator().calc([[1]], [[1]] as object), 'options come by name'],
    [
      'options for targets',
      () => trainer().train([[1]], { epochs: 5 } as never),
      'There are options where the targets',
    ],
    ['options for targets of a Dataset', () => trainer().train(points, { epochs: 5 } as never), 'received { epochs }'],
    ['options for targets to validate', () => validator().validate(points, {} as never), 'There are options where'],
    ['targets beside a Dataset', () => trainer().train(points, [[1]]), 'There are targets beside a Dataset'],
  ] as const) {
    it(`refuse ${title}`, () => expectRefusal(run, says));
  }

  for (const handler of [trainer, validator, calculator] as const) {
    it(`check the batch size of a ${handler.name} where it is set`, () => {
      const made = handler();
      for (const wrong of [0, 2.5, NaN, '8', undefined]) {
        expect(() => (made.batchSize = wrong as number)).to.throw(ValueError, 'batchSize');
        expect(() => handler({ batchSize: wrong ?? null })).to.throw(ValueError, 'batchSize');
      }
      made.batchSize = 8;
      expect(made.batchSize).to.equal(8);
    });
  }

  it('and a batch size that changes amid a run counts from the next one', async () => {
    const batches: number[] = [];
    const changing = trainer({ batchSize: 1 });
    for await (const { batch } of changing.run(points, undefined, { epochs: 2 })) {
      batches.push(batch);
      changing.batchSize = 2;
    }
    expect(batches).to.deep.equal([1, 2, 1, 2]);
    await changing.train(points);
    expect(changing.current?.batches).to.equal(1);
  });

  it('a Trainer says when cost and optimizer are in the wrong order', () => {
    const net = new Linear(1, 1);
    const swapped = () => new Trainer(net, new SGD() as never, new MSE() as never);
    expect(swapped).to.throw(ModuleError, 'new Trainer(net, cost, optimizer, options)');
  });

  it('and a shape in place of the options is refused', () => {
    expect(() => new Variable([1, 2, 3, 4], [2, 2] as object)).to.throw(ValueError, 'options come by name');
  });
});

const pair = [[[1]], [[1]]] as const;
const points = new ArrayDataset({ data: [[1], [2]], labels: [0, 1] });

function trainer(options: object = {}): Trainer {
  const net = new Linear(1, 2);
  return new Trainer(net, new CrossEntropy(), new SGD().setupOn(net), options);
}

function validator(options: object = {}): Validator {
  return new Validator(new Linear(1, 2), new CrossEntropy(), options);
}

function calculator(options: object = {}): Calculator {
  return new Calculator(new Linear(1, 1), options);
}

async function expectRefusal(run: () => Promise<unknown>, says: string): Promise<void> {
  const error = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).to.be.instanceOf(ValueError);
  expect(String(error)).to.include(says);
}
