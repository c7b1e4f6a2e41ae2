import { CrossEntropy, MSE } from '@tessera-nn/cost';
import { ModuleError, ValueError, Variable } from '@tessera-nn/core';
import { Linear } from '@tessera-nn/modules';
import { SGD } from '@tessera-nn/optim';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Trainer } from './trainer.js';

describe(`Options by a wrong name [${backendName}]`, () => {
  onBackend();

  for (const [title, make, says] of [
    ['of a Variable', () => new Variable([1], { requires_grad: true } as object), 'Did you mean "requiresGrad"?'],
    ['of MSE', () => new MSE({ halves: true } as object), 'MSE has no option "halves". Did you mean "half"?'],
    ['of CrossEntropy', () => new CrossEntropy({ weight: [1] } as object), 'Did you mean "weights"?'],
    ['of Trainer', () => trainer({ batch: 8 }), 'Trainer has no option "batch". Did you mean "batchSize"?'],
  ] as const) {
    it(`${title} are refused with the right one`, () => expect(make).to.throw(ValueError, says));
  }

  it('of a run are refused before it begins', async () => {
    const run = trainer({}).train([[1]], [[1]], { epoch: 5 } as object);
    const error = await run.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(String(error)).to.include('Trainer.run has no option "epoch". Did you mean "epochs"?');
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

function trainer(options: object): Trainer {
  const net = new Linear(1, 1);
  return new Trainer(net, new MSE(), new SGD().setupOn(net), options);
}
