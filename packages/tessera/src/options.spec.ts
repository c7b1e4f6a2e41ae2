import { declaredOptions } from '@tessera-nn/kernels';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  CrossEntropy,
  draw,
  formatArray,
  fromTf,
  grad,
  gradCheck,
  gradients,
  Graph,
  hessian,
  jacobian,
  jvp,
  Linear,
  MSE,
  Multi,
  parameter,
  Parallel,
  Sequential,
  startBackend,
  toGraph,
  ValueError,
  valueAndGrad,
  Variable,
} from './index.js';

const wrong = { nonsensee: 1 } as never;
const one = () => new Variable([1], { requiresGrad: true });
const square = (x: Variable) => x.square().sum();

describe(`Every name that an options object does not know [${backendName}]`, () => {
  onBackend();

  for (const options of declaredOptions()) {
    it(`is refused by what ${options.subject} declares`, () =>
      expect(() => options.read(wrong)).to.throw(ValueError, 'has no option "nonsensee"'));
  }

  const calls: Readonly<Record<string, () => unknown>> = {
    'Variable.backward': () => one().backward([1], wrong),
    'Module.backward': () => new Linear(1, 1).backward([[1]], wrong),
    gradients: () => gradients(one().mul(2), [one()], wrong),
    grad: () => grad(square, wrong),
    valueAndGrad: () => valueAndGrad(square, wrong),
    jvp: () => jvp(square, [[1]], [[1]], wrong),
    jacobian: () => jacobian(square, [1], wrong),
    hessian: () => hessian(square, [1], wrong),
    fromTf: () => fromTf((x) => x, wrong),
    parameter: () => parameter([1], wrong),
    formatArray: () => formatArray([1], [1], 'float32', wrong),
    Graph: () => new Graph({ inputs: new Linear(1, 1).node(), outputs: [], nonsensee: 1 } as never),
    Sequential: () => new Sequential(wrong),
    Parallel: () => new Parallel(wrong),
    draw: () => draw(new Linear(1, 1), wrong),
    toGraph: () => toGraph(new Linear(1, 1), wrong),
    Multi: () => new Multi([new MSE()], wrong),
    CrossEntropy: () => new CrossEntropy(wrong),
    namedParameters: () => new Linear(1, 1).namedParameters(wrong),
    children: () => new Linear(1, 1).children(wrong),
    modules: () => new Linear(1, 1).modules(wrong),
    buffers: () => new Linear(1, 1).buffers(wrong),
    stateDict: () => new Linear(1, 1).stateDict(wrong),
    loadStateDict: () => new Linear(1, 1).loadStateDict({}, wrong),
    optimizeForShape: () => new Linear(1, 1).optimizeForShape([1, 1], wrong),
  };
  for (const [name, call] of Object.entries(calls))
    it(`is refused by ${name}, at once`, () => expect(call).to.throw(ValueError, 'has no option "nonsensee"'));

  const later = {
    startBackend: () => startBackend(backendName, wrong),
    gradCheck: () => gradCheck(square, [[1]], wrong),
  };
  for (const [name, call] of Object.entries(later)) {
    it(`is refused by ${name}`, async () => {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(String(error)).to.contain('has no option "nonsensee"');
    });
  }

  for (const [given, message] of [
    [{ wasmPath: '/wasm' }, 'takes the name of a backend first'],
    ['webgpu', 'There is none for WebGPU yet'],
  ] as const) {
    it(`startBackend says what is wrong with ${JSON.stringify(given)}`, async () => {
      const error: unknown = await startBackend(given as string).catch((thrown: unknown) => thrown);
      expect(String(error)).to.contain(message);
    });
  }
});
