import { backendName, collectGarbage, expectNoMore, held, itCollects, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Activation, AutogradError, detectAnomaly, Linear, Module, Sequential, Variable } from './index.js';

class Log extends Module {
  static override readonly className = 'Log';
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(data: Variable): Variable {
    return data.log().mul(2);
  }
}

describe(`detectAnomaly [${backendName}]`, () => {
  onBackend();

  const net = () =>
    new Sequential(
      [new Linear({ insize: 1, outsize: 1, useBias: false, name: 'fc' }), new Log({ name: 'log' })],
      'net',
    );
  const weighing = (weight: number) => net().setVar('fc.W', new Variable([weight], { shape: [1, 1] }));

  it('names the first op of a forward pass by the path of its module', () => {
    const run = () => detectAnomaly(() => weighing(-1).forward([[1]]));
    expect(run).to.throw(
      AutogradError,
      /log in "net\.log" returned NaN or an infinity\. All that it was given was finite/,
    );
    expect(run).to.throw(AutogradError).with.property('path', 'net.log');
  });

  it('says when the fault came in from outside', () => {
    const run = () => detectAnomaly(() => weighing(1).forward([[NaN]]));
    expect(run).to.throw(AutogradError, /matmul in "net\.fc".*already given such numbers/);
  });

  it('names the op of a backward pass, and changes no gradient', () => {
    const module = new Sequential([new Linear({ insize: 1, outsize: 1, useBias: false, name: 'fc' })], 'net');
    const x = new Variable([0], { requiresGrad: true });
    const run = () => detectAnomaly(() => x.sqrt().sum().backward());
    expect(run).to.throw(
      AutogradError,
      /The backward of sqrt returned NaN or an infinity\. All that it was given was finite/,
    );
    expect(x.grad).to.equal(null);
    expect(() => detectAnomaly(() => module.forward([[1]]).backward([[Infinity]]))).to.throw(
      AutogradError,
      /The backward of matmul in "net\.fc".*already given/,
    );
  });

  it('lets finite numbers pass, gives the result, and stops watching behind it, also after an error', () => {
    const y = detectAnomaly(() => new Activation('tanh').forward([1, -1]));
    expect(y.shape).to.deep.equal([2]);
    expect(() => detectAnomaly(() => new Variable([0]).log())).to.throw(AutogradError, 'log returned');
    expect(() => new Variable([0]).log()).to.not.throw();
  });

  it('refuses an asynchronous function', () => {
    expect(() => detectAnomaly(() => Promise.resolve(1))).to.throw(AutogradError, 'returns a Promise');
  });

  itCollects('leaves nothing behind', async () => {
    const module = weighing(-1);
    const x = new Variable([[1]]);
    await collectGarbage();
    const before = held();
    for (let i = 0; i < 3; i++) expect(() => detectAnomaly(() => module.forward(x))).to.throw(AutogradError);
    await collectGarbage();
    expectNoMore(before);
  });
});
