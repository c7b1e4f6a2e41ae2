import { ModuleError, seed, ValueError, Variable } from '@tessera-nn/core';
import { describeBodies, expectClose, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { NoiseInjector } from './noise-injector.js';

describeBodies('NoiseInjector', () => {
  beforeEach(() => seed(1));
  const values = randomNd([3000], 2).data.map((value) => value || 1);

  /** The noise that was added or multiplied by, and the gradient of x for a cotangent of ones. */
  async function drawn(module: NoiseInjector): Promise<{ noise: Float64Array; gradient: Float64Array }> {
    const x = new Variable(values, { requiresGrad: true });
    const y = module.forward(x);
    y.sum().backward();
    const found = Float64Array.from(await y.values());
    const noise = found.map((value, i) => (module.mode === 'add' ? value - values[i]! : value / values[i]!));
    return { noise, gradient: Float64Array.from(await x.grad!.data()) };
  }
  const mean = (of: Float64Array) => of.reduce((sum, value) => sum + value, 0) / of.length;

  it('adds numbers between two bounds', async () => {
    const { noise, gradient } = await drawn(new NoiseInjector());
    expect(Math.min(...noise)).to.be.within(-1e-5, 0.01);
    expect(Math.max(...noise)).to.be.within(0.99, 1.00001);
    expect(mean(noise)).to.be.closeTo(0.5, 0.03);
    expectClose(gradient, new Float64Array(3000).fill(1), 'dx');
  });

  it('multiplies by normally distributed numbers, and so does the gradient', async () => {
    const { noise, gradient } = await drawn(new NoiseInjector('mul', 'gaussian', [2, 0.5]));
    expectClose(gradient, noise, 'dx', { ofLargest: 1e-5 });
    expect(mean(noise)).to.be.closeTo(2, 0.05);
    const away = noise.map((value) => (value - mean(noise)) / 0.5);
    expect(mean(away.map((value) => value ** 2))).to.be.closeTo(1, 0.1);
    expect(mean(away.map((value) => value ** 4))).to.be.closeTo(3, 0.5);
    expect(Math.abs(mean(away.slice(1).map((value, i) => value * away[i]!)))).to.be.below(0.06);
  });

  it('draws the same for the same seed, and nothing in eval mode', async () => {
    const noise = async () => [...(await drawn(new NoiseInjector('add', 'gaussian'))).noise.slice(0, 9)];
    const first = await noise();
    expect(await noise()).to.not.deep.equal(first);
    seed(1);
    expect(await noise()).to.deep.equal(first);
    expect(await new NoiseInjector().evalMode().forward([1, 2]).array()).to.deep.equal([1, 2]);
  });

  it('writes over its input when told so, but over no Variable that gradients are wanted of', async () => {
    const x = new Variable([1, 2]);
    const y = await new NoiseInjector({ inplace: true }).forward(x).values();
    expect([...(await x.values())]).to.deep.equal([...y]);
    const leaf = new Variable([1], { requiresGrad: true });
    expect(() => new NoiseInjector({ inplace: true }).forward(leaf)).to.throw(ModuleError, 'in place');
  });

  it('prints what it does, and refuses what does not fit', () => {
    expect(String(new NoiseInjector({ mode: 'mul', params: [1, 2] }))).to.equal('NoiseInjector(mul, uniform, [1, 2])');
    expect(() => new NoiseInjector({ params: [1] as never })).to.throw(ValueError, 'two finite numbers');
    expect(() => new NoiseInjector('sub' as never)).to.throw(ValueError, 'one of add, mul');
  });
});
