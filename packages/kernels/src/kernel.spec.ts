import { backendName, onBackend } from '@tessera-nn/testing';
import { add, memory, mul, sub, tensor, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { defineKernel, kernelReport, runKernel, type Kernel } from './kernel.js';
import { elementwiseLaunch } from './webgl/elementwise-launch.js';

type X = { x: Tensor };
type Bodies = Partial<Pick<Kernel<X, object, Tensor>, 'wasm' | 'loops' | 'webgl'>>;

const kernelOf = (name: string, bodies: Bodies = {}) =>
  defineKernel<X, object, Tensor>({
    name,
    outputs: ({ x }) => ({ shape: x.shape }),
    compose: ({ x }) => add(mul(x, 2), 1),
    ...bodies,
  });

const run = async (kernel: Kernel<X, object, Tensor>) => {
  const x = tensor([1, 2]);
  const y = runKernel(kernel, { x }, {});
  const values = [...(await y.data())];
  x.dispose();
  y.dispose();
  return values;
};

const rowOf = (name: string) =>
  kernelReport().find(({ kernel, backend }) => kernel === name && backend === backendName);

describe(`kernels [${backendName}]`, () => {
  onBackend();

  it('run as a composition of tfjs ops where they have no better body, and free its intermediates', async () => {
    const kernel = kernelOf('SpecComposed');
    const before = memory().numTensors;
    expect(await run(kernel)).to.deep.equal([3, 5]);
    expect(memory().numTensors).to.equal(before);
    expect(rowOf('SpecComposed')).to.deep.include({ body: 'compose', calls: 1 });
  });

  it('run the body of the backend and no other', async () => {
    const kernel = kernelOf('SpecBodies', {
      webgl: ({ x }) =>
        elementwiseLaunch({ name: 'SpecBodies', inputs: ['x'], results: ['x * 10.0'] }, [x], {}, x.shape)?.[0],
      loops: ({ values, outputs }) => outputs[0]!.set(values.x.map((value) => value * 100)),
    });
    const expected = { webgl: [10, 20], wasm: [100, 200] }[backendName] ?? [3, 5];
    expect(await run(kernel)).to.deep.equal(expected);
    expect(rowOf('SpecBodies')!.body).to.equal({ webgl: 'webgl', wasm: 'loops' }[backendName] ?? 'compose');
  });

  it('pass on from a wasm body that gives nothing to the loops, and to the composition where there are none', async () => {
    const declines = (): TensorInfo | undefined => undefined;
    const looped = kernelOf('SpecDeclined', {
      wasm: declines,
      loops: ({ values, outputs }) => outputs[0]!.set(values.x.map((value) => value * 100)),
    });
    expect(await run(looped)).to.deep.equal(backendName === 'wasm' ? [100, 200] : [3, 5]);
    expect(await run(kernelOf('SpecDeclinedTwice', { wasm: declines }))).to.deep.equal([3, 5]);
  });

  it('may give several results, and leave inputs out', async () => {
    type Pair = { x: Tensor; y: Tensor | undefined };
    const kernel = defineKernel<Pair, { factor: number }, Tensor[]>({
      name: 'SpecSeveral',
      outputs: ({ x }) => [{ shape: x.shape }, { shape: [1], dtype: 'int32' }],
      compose: ({ x, y }, { factor }) => [mul(x, factor), tensor([y ? 1 : 0], [1], 'int32')],
      loops: ({ values: { x, y }, outputs: [scaled, given] }, { factor }) => {
        x.forEach((value, i) => (scaled![i] = value * factor));
        given![0] = (y as Float32Array | undefined) ? 1 : 0;
      },
    });
    const x = tensor([1, 2]);
    const [scaled, given] = runKernel(kernel, { x, y: undefined }, { factor: 3 });
    expect([...(await scaled!.data())]).to.deep.equal([3, 6]);
    expect(given!.dtype).to.equal('int32');
    expect([...(await given!.data())]).to.deep.equal([0]);
    expect([...(await runKernel(kernel, { x, y: x }, { factor: 3 })[1]!.data())]).to.deep.equal([1]);
  });

  it('count their calls', async () => {
    const kernel = kernelOf('SpecCounted');
    for (let i = 0; i < 3; i++) await run(kernel);
    expect(rowOf('SpecCounted')!.calls).to.equal(3);
  });

  it('run their own body, also where two share a name', async () => {
    const first = kernelOf('SpecTwice');
    const second = defineKernel<X, object, Tensor>({
      name: 'SpecTwice',
      outputs: ({ x }) => ({ shape: x.shape }),
      compose: ({ x }) => sub(x, 1),
    });
    expect(await run(first)).to.deep.equal([3, 5]);
    expect(await run(second)).to.deep.equal([0, 1]);
    expect(await run(first)).to.deep.equal([3, 5]);
  });

  it('free what they made when a body throws', () => {
    const kernel = defineKernel<X, object, Tensor>({
      name: 'SpecThrows',
      outputs: ({ x }) => ({ shape: x.shape }),
      compose: ({ x }) => {
        mul(x, 2);
        throw new RangeError('on purpose');
      },
    });
    const x = tensor([1, 2]);
    const before = memory().numTensors;
    expect(() => runKernel(kernel, { x }, {})).to.throw(RangeError, 'on purpose');
    expect(memory().numTensors).to.equal(before);
    x.dispose();
  });
});
