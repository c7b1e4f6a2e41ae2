// How a page lives while a Trainer works: this file is loaded in a worker, too, and is its program.
import { Sequential } from '@tessera-nn/containers';
import { seed } from '@tessera-nn/core';
import { CrossEntropy } from '@tessera-nn/cost';
import { ArrayDataset } from '@tessera-nn/data';
import { startBackend } from '@tessera-nn/kernels';
import { Activation, Linear } from '@tessera-nn/modules';
import { Adam } from '@tessera-nn/optim';
import { backendName } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Trainer } from '../trainer.js';
import { serveTrainer } from './serve-trainer.js';
import { WorkerTrainer } from './worker-trainer.js';

/** Milliseconds between two frames that a reader notices. */
const LONGEST_GAP = 50;
const isLong = (gap: number) => gap > LONGEST_GAP;
/** The processor may be taken away by other programs once. */
const OF_OTHERS = 1;
const FEATURES = 512;
const RUN = { epochs: 3 };
const STEPS = 6;

/** A network whose steps take longer than that. */
async function serve() {
  await startBackend('wasm', { wasmPath: '/wasm/' });
  seed(1);
  const points = new ArrayDataset({
    data: Float32Array.from({ length: 1280 * FEATURES }, (_, i) => Math.sin(i)),
    shape: [1280, FEATURES],
    labels: Int32Array.from({ length: 1280 }, (_, i) => i % 10),
  });
  const net = new Sequential([new Linear(FEATURES, 2048), new Activation('relu'), new Linear(2048, 10)]);
  const trainer = new Trainer(net, new CrossEntropy(), new Adam().setupOn(net), { batchSize: 640 });
  return { trainer, data: { points } };
}

/** The milliseconds between the frames that the page draws while work goes on. */
async function gapsDuring(work: Promise<unknown>): Promise<number[]> {
  const gaps: number[] = [];
  let works = true;
  const end = () => (works = false);
  void work.then(end, end);
  for (let last = performance.now(); works;) {
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }
  await work;
  return gaps;
}

function specs(): void {
  after(() => startBackend(backendName));

  it('draws its frames while it trains in a worker, and does not while the same loop runs on its own thread', async () => {
    const trainer = await WorkerTrainer.start(new Worker(import.meta.url, { type: 'module' }));
    await trainer.train('points'); // warms up
    const inWorker = await gapsDuring(trainer.train('points', undefined, RUN));
    await trainer.close();
    const local = await serve();
    await local.trainer.train(local.data.points);
    const onPage = await gapsDuring(local.trainer.train(local.data.points, undefined, RUN));
    expect(inWorker.length).to.be.above(STEPS);
    expect(inWorker.filter(isLong).length, `of ${String(inWorker)}`).to.be.at.most(OF_OTHERS);
    expect(onPage.filter(isLong).length, `of ${String(onPage)}`).to.be.at.least(STEPS - OF_OTHERS);
  });
}

if (typeof describe !== 'function') serveTrainer(serve);
else if ('document' in globalThis) describe('A page', specs);
