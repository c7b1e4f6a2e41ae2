import { expectClose, onBackend, randomNd, type Nd } from '@tessera-nn/testing';
import { dispose, engine, memory, tensor, type Tensor } from '@tensorflow/tfjs-core';
import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { conv2d, conv2dFilterGradient, conv2dInputGradient } from '../conv2d/conv2d.js';
import type { ConvGeometry } from '../conv2d/geometry.js';
import { runKernel } from '../kernel.js';
import { matmulKernel } from '../matmul/matmul.js';
import { onSharedMemory } from './companion.js';
import { ThreadPool } from './thread-pool.js';
import { TASKS } from './thread.source.js';
import { setThreads, threads } from './threads.js';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const geometry: ConvGeometry = { strides: [1, 2], pads: [1, 1, 0, 2], dilations: [1, 1], groups: 1 };
const [images, window] = [
  [13, 24, 27, 12],
  [3, 3, 12, 20],
] as const;

/** Maps enough that the gradient in the filter is summed in another basis. */
const [wideImages, wideWindow] = [
  [5, 10, 11, 38],
  [3, 3, 38, 27],
] as const;

const toTensor = ({ shape, data }: Nd): Tensor => tensor(Float32Array.from(data), [...shape]);

async function values(...tensors: Tensor[]): Promise<Float32Array[]> {
  const read = await Promise.all(tensors.map(async (tensor) => (await tensor.data()) as Float32Array));
  dispose(tensors);
  return read;
}

/** Every kind of work that is shared: sizes that neither tiles nor parts divide. */
async function compute(): Promise<Float32Array[]> {
  const wideGrads = [...wideImages.slice(0, 3), wideWindow[3]];
  const shapes = [images, window, [301, 129], [129, 263], wideImages, wideGrads];
  const [x, filter, a, b, wide, grads] = shapes.map((shape, i) => toTensor(randomNd(shape, i + 1)));
  const y = conv2d(x!, filter!, undefined, geometry);
  const results = [
    y,
    conv2dInputGradient(y, filter!, geometry, images),
    conv2dFilterGradient(x!, y, geometry, window),
    conv2dFilterGradient(wide!, grads!, { ...geometry, strides: [1, 1], pads: [1, 1, 1, 1] }, wideWindow),
    runKernel(matmulKernel, { a: a!, b: b!, bias: undefined }, { transposeA: false, transposeB: false }),
    runKernel(matmulKernel, { a: b!, b: a!, bias: undefined }, { transposeA: true, transposeB: true }),
  ];
  dispose([x!, filter!, a!, b!, wide!, grads!]);
  return values(...results);
}

/** How many tasks are handed out while work runs, and how many of them the calling thread takes; it is held up at each. */
async function tasksOf(work: () => Promise<unknown>): Promise<{ all: number; own: number }> {
  const { sub } = Atomics;
  const tasks = { all: 0, own: 0 };
  const pools = ThreadPool.prototype;
  const run = Object.getOwnPropertyDescriptor(pools, 'run')!;
  pools.run = function (name, parts, bytes) {
    tasks.all += parts.length;
    (run.value as typeof pools.run).call(this, name, parts, bytes);
  };
  Atomics.sub = ((array: Int32Array, at: number, value: number) => {
    const left = sub(array, at, value);
    if (at === TASKS && left > 0) {
      tasks.own++;
      const until = performance.now() + 5;
      while (performance.now() < until);
    }
    return left;
  }) as typeof sub;
  try {
    await work();
  } finally {
    Atomics.sub = sub;
    Object.defineProperty(pools, 'run', run);
  }
  return tasks;
}

describe('setThreads', () => {
  onBackend();
  after(() => setThreads(1));

  it('has other threads take a part of the work, and none when it is 1', async () => {
    await setThreads(2);
    const { all, own } = await tasksOf(compute);
    expect(all).to.be.greaterThan(4);
    expect(own).to.be.within(0, all - 1);
    await setThreads(1);
    expect(await tasksOf(compute)).to.deep.equal({ all: 0, own: 0 });
  });

  it('gives the same to the bit for any number of threads', async () => {
    await setThreads(1);
    const alone = await compute();
    for (const count of [2, 3, 5]) {
      await setThreads(count);
      expect(threads()).to.equal(count);
      for (let repeat = 0; repeat < 5; repeat++) {
        (await compute()).forEach((result, i) => {
          expect(Buffer.compare(bytes(result), bytes(alone[i]!)), `result ${i} of ${count} threads`).to.equal(0);
        });
      }
    }
  });

  it('takes tensors along that were made before', async () => {
    const before = memory().numTensors;
    const kept = toTensor(randomNd([4, 5], 9));
    await setThreads(2);
    expect(onSharedMemory(engine().backend)).to.equal(true);
    const product = runKernel(
      matmulKernel,
      { a: kept, b: kept, bias: undefined },
      { transposeA: false, transposeB: true },
    );
    const data = randomNd([4, 5], 9).data;
    const row = (i: number) => data.subarray(5 * i, 5 * i + 5);
    const expected = Array.from({ length: 16 }, (_, at) =>
      row(Math.floor(at / 4)).reduce((total, value, k) => total + value * row(at % 4)[k]!, 0),
    );
    expectClose(await product.data(), expected, 'product');
    expectClose(await kept.data(), data, 'the tensor itself');
    dispose([kept, product]);
    expect(memory().numTensors).to.equal(before);
  });

  it('leaves the process free to end, whether it comes before or after the backend', async function () {
    this.timeout(60_000);
    const program = (first: string, second: string) => `
      import { matmulKernel, runKernel, setThreads, startBackend } from '@tessera-nn/kernels';
      import { ones } from '@tensorflow/tfjs-core';
      ${first}; ${second};
      const a = ones([300, 300]);
      const y = runKernel(matmulKernel, { a, b: a, bias: undefined }, { transposeA: false, transposeB: false });
      console.log((await y.data())[7]);`;
    const [start, share] = [`await startBackend('wasm')`, 'await setThreads(2)'];
    for (const [first, second] of [
      [start, share],
      [share, start],
    ]) {
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--conditions=tessera-source', '--import=tsx/esm', '--input-type=module', '--eval', program(first!, second!)],
        { cwd: root, timeout: 30_000 },
      );
      expect(stdout).to.equal('300\n');
    }
  });

  it('refuses what is not a number of threads, and stays as it was', async () => {
    await setThreads(2);
    for (const count of [0, 1.5, -1, NaN, 65]) {
      const error = await setThreads(count).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(String(error), String(count)).to.match(/ValueError: setThreads.*whole number from 1 to 64.*received/);
    }
    expect(threads()).to.equal(2);
  });

  it('refuses where memory cannot be shared, and stays as it was', async () => {
    await setThreads(1);
    const { SharedArrayBuffer: original } = globalThis;
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
    try {
      const error = await setThreads(2).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(String(error)).to.match(/^BackendError: Threads cannot share memory here/);
      expect(threads()).to.equal(1);
    } finally {
      Object.assign(globalThis, { SharedArrayBuffer: original });
    }
  });
});

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer => Buffer.from(buffer, byteOffset, byteLength);
