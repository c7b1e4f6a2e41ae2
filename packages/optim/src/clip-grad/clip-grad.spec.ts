import { Module, OptimizerError, parameter, Variable } from '@tessera-nn/core';
import {
  backendName,
  collectGarbage,
  expectClose,
  expectNoMore,
  held,
  itCollects,
  onBackend,
  randomNd,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { clipGradNorm } from './clip-grad-norm.js';
import { clipGradValue } from './clip-grad-value.js';

function withGrad(grad: readonly number[], shape: readonly number[] = [grad.length]): Variable {
  const variable = parameter(new Float32Array(grad.length), { shape });
  variable.accumulateGrad(new Variable(Float32Array.from(grad), { shape }));
  return variable;
}
const gradOf = async (variable: Variable) => [...(await variable.grad!.data())];

describe(`clipping of gradients [${backendName}]`, () => {
  onBackend();

  it('shortens all gradients by one factor, and gives the norm of before', async () => {
    const kernels = randomNd([3, 3, 2, 4], 1).data;
    const [a, b, c] = [withGrad([3, 0]), withGrad([-4]), withGrad([...kernels], [3, 3, 2, 4])];
    const length = Math.hypot(3, 4, ...kernels);
    const norm = clipGradNorm([a, b, c], 0.5);
    expectClose(await norm.values(), [length], 'norm');
    expect(norm.shape).to.deep.equal([]);
    const factor = 0.5 / (length + 1e-6);
    expectClose(await gradOf(a), [3 * factor, 0], 'a');
    expectClose(await gradOf(b), [-4 * factor], 'b');
    expectClose(
      await gradOf(c),
      kernels.map((value) => value * factor),
      'c',
    );
  });

  it('leaves gradients alone that are short enough, to the bit', async () => {
    const [a, b] = [withGrad([0.1, -0.7]), withGrad([0.3])];
    const before = [await gradOf(a), await gradOf(b)];
    clipGradNorm([a, b], 1);
    expect([await gradOf(a), await gradOf(b)]).to.deep.equal(before);
  });

  it('counts a Variable that is given twice once, and passes by those without a gradient', async () => {
    const [a, none] = [withGrad([3, 4]), parameter([1])];
    expectClose(await clipGradNorm([a, none, a], 10).values(), [5], 'norm');
    expect(none.grad).to.equal(null);
    expect(await clipGradNorm([none], 1).item()).to.equal(0);
  });

  it('keeps very different factors exact', async () => {
    const a = withGrad([1e6, -1e6]);
    clipGradNorm([a], 1e-3);
    expectClose(await gradOf(a), [Math.SQRT1_2 * 1e-3, -Math.SQRT1_2 * 1e-3], 'a');
  });

  it('squares neither very large nor very small gradients', async () => {
    for (const [value, count, limit] of [
      [1e20, 100, 1],
      [1e20, 100, 1e19], // the factor alone would overflow
      [1e19, 100, 1], // a hundred of their squares are more than float32 holds
      [3e38, 4, 1],
      [1e30, 3, 1e-6],
    ] as const) {
      const a = withGrad(new Array<number>(count).fill(value));
      const norm = await clipGradNorm([a], limit).item();
      if (value < 1e38) expectClose([norm / value], [Math.sqrt(count)], 'norm');
      else expect(norm).to.equal(Infinity); // float32 ends before it
      const clipped = (await gradOf(a)).map((g) => g / limit);
      expectClose(clipped, new Array<number>(count).fill(1 / Math.sqrt(count)), String(value));
    }
    for (const value of [1e-20, 1e-30]) {
      expectClose([(await clipGradNorm([withGrad([value, value])], 1).item()) / value], [Math.SQRT2], String(value));
    }
  });

  it('leaves very large and very small gradients alone within the limit, to the bit', async () => {
    for (const grad of [
      [1e20, 1e-30, 0],
      [1e-20, 1e-30, 0],
    ]) {
      const a = withGrad(grad);
      clipGradNorm([a], 1e30);
      expect(await gradOf(a)).to.deep.equal([...Float32Array.from(grad)]);
    }
  });

  it('takes a module, and refuses an iterator that was walked before', async () => {
    class Net extends Module {
      static override readonly className = 'Net';
      readonly w = withGrad([3, 4]);
      override dataShapeFrom(shape: readonly number[]): number[] {
        return [...shape];
      }
      protected override updateData(data: Variable): Variable {
        return data;
      }
    }
    const net = new Net();
    expectClose([await clipGradNorm(net, 10).item()], [5], 'norm');
    clipGradValue(net, 3.5);
    expect(await gradOf(net.w)).to.deep.equal([3, 3.5]);
    const walked = net.parameters();
    expectClose([await clipGradNorm(walked, 1).item()], [Math.hypot(3, 3.5)], 'norm');
    for (const given of [walked, undefined, 3, [3], [net]] as never[]) {
      expect(() => clipGradNorm(given, 1)).to.throw(OptimizerError, 'Pass the module itself');
      expect(() => clipGradValue(given, 1)).to.throw(OptimizerError, 'Pass the module itself');
    }
    expect(await clipGradNorm([], 1).item()).to.equal(0);
  });

  it('shows a NaN everywhere instead of hiding it', async () => {
    const [a, b] = [withGrad([1, NaN]), withGrad([2])];
    expect(await clipGradNorm([a, b], 1).item()).to.be.NaN;
    expect(await gradOf(b)).to.deep.equal([NaN]);
  });

  it('bounds each element, keeps what lies between to the bit, and NaN', async () => {
    const a = withGrad([-3, -0.5, -0.25, 0, 0.25, 0.5, 3, Infinity, NaN]);
    const b = withGrad([-Infinity]);
    clipGradValue([a, b], 0.5);
    expect(await gradOf(a)).to.deep.equal([-0.5, -0.5, -0.25, 0, 0.25, 0.5, 0.5, 0.5, NaN]);
    expect(await gradOf(b)).to.deep.equal([-0.5]);
  });

  it('refuses what is not a limit and changes nothing', async () => {
    const a = withGrad([3, 4]);
    for (const limit of [0, -1, NaN, Infinity]) {
      expect(() => clipGradNorm([a], limit)).to.throw(OptimizerError, `received ${limit}`);
      expect(() => clipGradValue([a], limit)).to.throw(OptimizerError, `received ${limit}`);
    }
    expect(await gradOf(a)).to.deep.equal([3, 4]);
  });

  itCollects('holds no more than before', async () => {
    const a = withGrad([3, 4]);
    await collectGarbage();
    const before = held();
    for (let i = 0; i < 3; i++) {
      clipGradNorm([a], 1).dispose();
      clipGradValue([a], 0.5);
    }
    expectNoMore(before);
  });
});
