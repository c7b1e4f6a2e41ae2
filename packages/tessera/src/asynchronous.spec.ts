import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  AutogradError,
  checkpoint,
  Cost,
  CostError,
  DataError,
  detectAnomaly,
  fromTf,
  FunctionCost,
  grad,
  hessian,
  jacobian,
  jvp,
  Linear,
  Module,
  ModuleError,
  MSE,
  noGrad,
  OptimizerError,
  SGD,
  Trainer,
  Validator,
  valueAndGrad,
  Variable,
  vjp,
} from './index.js';

/** What comes too late: it fails after an await, when nobody looks at it any more. */
const late = (async () => {
  await Promise.resolve();
  throw new RangeError('nobody handled this');
}) as () => never;

class LateModule extends Module {
  static override readonly className = 'LateModule';
  protected override updateData(): Variable {
    return late();
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
}

class LateCost extends Cost {
  static override readonly className = 'LateCost';
  protected override loss(): Variable {
    return late();
  }
}

/** A network after a backward pass, and its optimizer. */
function prepared(prepare: (net: Linear, optimizer: SGD) => void): SGD {
  const net = new Linear(2, 2);
  const optimizer = new SGD(0.1).setupOn(net);
  prepare(net, optimizer);
  net
    .forward([[1, 2]])
    .sum()
    .backward();
  return optimizer;
}

const x = () => new Variable([1, 2], { requiresGrad: true });
const samples = { length: 2, gather: late };

const refused: Record<string, [kind: new (...args: never[]) => Error, run: () => unknown]> = {
  noGrad: [AutogradError, () => noGrad(late)],
  detectAnomaly: [AutogradError, () => detectAnomaly(late)],
  checkpoint: [AutogradError, () => checkpoint(late, x())],
  grad: [AutogradError, () => grad(late)([1, 2])],
  valueAndGrad: [AutogradError, () => valueAndGrad(late)([1, 2])],
  vjp: [AutogradError, () => vjp(late, [1, 2])],
  jvp: [AutogradError, () => jvp(late, [[1, 2]], [[1, 2]])],
  jacobian: [AutogradError, () => jacobian(late, [1, 2])],
  hessian: [AutogradError, () => hessian(late, [1, 2])],
  fromTf: [AutogradError, () => fromTf(late)(x())],
  'a module': [ModuleError, () => new LateModule().forward([[1, 2]])],
  'a visit': [ModuleError, () => new Linear(2, 2).apply(late)],
  'a state': [ModuleError, () => new Linear(2, 2).loadStateDict(late)],
  'a hook of a Variable': [
    ModuleError,
    () => {
      const variable = x();
      variable.registerHook(late);
      variable.sum().backward();
    },
  ],
  'a hook of a module': [
    ModuleError,
    () => {
      const net = new Linear(2, 2);
      net.registerForwardHook(late);
      net.forward([[1, 2]]);
    },
  ],
  'a cost': [CostError, () => new LateCost().forward([[1, 2]], [[1, 2]])],
  'a function as cost': [CostError, () => new FunctionCost(late).forward([[1, 2]], [[1, 2]])],
  'a validation': [CostError, () => new LateCost().validate([[1, 2]], [[1, 2]])],
  'a hook of an optimizer': [
    OptimizerError,
    () => prepared((_, optimizer) => optimizer.addHook({ changeGrad: late })).update(),
  ],
  'an updater': [OptimizerError, () => prepared((net) => (net.getVar('W').updater = late)).update()],
  'a constraint': [OptimizerError, () => prepared((net) => (net.getVar('W').constraint = late)).update()],
  'samples of a Trainer': [
    DataError,
    () => {
      const net = new Linear(2, 2);
      return new Trainer(net, new MSE(), new SGD(0.1).setupOn(net)).train(samples);
    },
  ],
  'samples of a Validator': [DataError, () => new Validator(new Linear(2, 2), new MSE()).validate(samples)],
};

describe(`An asynchronous function where nothing waits [${backendName}]`, () => {
  onBackend();

  for (const [title, [kind, run]] of Object.entries(refused)) {
    it(`is refused in ${title}, and leaves no rejection behind`, async () => {
      const error = await new Promise((resolve) => resolve(run())).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(kind);
      expect((error as Error).message).to.contain('a Promise');
      await new Promise((resolve) => setTimeout(resolve)); // what nobody handles fails the test here
    });
  }
});
