// A page that trains, in a frame: this file is loaded there, too, and is its program.
import { expect } from 'chai';
import {
  Adam,
  ArrayDataset,
  BatchNorm1D,
  CrossEntropy,
  Dropout,
  EMA,
  indexedDbFile,
  Linear,
  originPrivateFile,
  seed,
  Sequential,
  startBackend,
  Trainer,
  type Place,
} from './index.js';

const FRAME = 'trains ';

/** What the page tells: how many steps it made so far, and at its end all that came of the run. */
interface Told {
  readonly steps?: number;
  readonly result?: string;
}

/** WebKitGTK has no origin private file system. */
const placeOf = (name: string): Place =>
  typeof navigator.storage?.getDirectory === 'function' ? originPrivateFile(name) : indexedDbFile(name);

async function program(run: string): Promise<void> {
  const tell = (told: Told) => parent.postMessage(told, '*');
  await startBackend('wasm', { wasmPath: '/wasm/' });
  seed(7);
  const labels = Int32Array.from({ length: 20 }, (_, i) => i % 2);
  const data = Float32Array.from({ length: 40 }, (_, i) => Math.sin(5 * i) + labels[i >> 1]!);
  const points = new ArrayDataset({ data, shape: [20, 2], labels });
  const net = new Sequential([new Linear(2, 4), new BatchNorm1D(4), new Dropout(0.2), new Linear(4, 2)], 'net');
  const ema = new EMA(net, { decay: 0.9 });
  const optimizer = new Adam(0.05).setupOn(net).addHook(ema);
  const trainer = new Trainer(net, new CrossEntropy(), optimizer, { batchSize: 4 });
  const place = (slot: number) => placeOf(`${run}-${slot}`);
  await trainer.load(place);
  let steps = 0;
  for await (const _ of trainer.run(points, undefined, { epochs: 4, saveTo: place, saveEvery: 1 })) {
    tell({ steps: ++steps });
  }
  const weights = await Promise.all(Array.from(net.tensors(), (variable) => variable.array()));
  tell({ result: JSON.stringify([weights, trainer.history, await optimizer.stateDict(), await ema.stateDict()]) });
}

/** Opens the page, and closes it again after so many steps, or when it is through. Returns what it told last. */
async function visit(run: string, closeAfter = Infinity): Promise<Told> {
  const frame = Object.assign(document.createElement('iframe'), { name: FRAME + run });
  frame.srcdoc = `<script type="module" src="${import.meta.url}"></script>`;
  try {
    return await new Promise((resolve) => {
      addEventListener('message', function hear({ source, data }: MessageEvent<Told>) {
        if (source !== frame.contentWindow || (!data.result && (data.steps ?? 0) < closeAfter)) return;
        removeEventListener('message', hear);
        resolve(data);
      });
      document.body.append(frame);
    });
  } finally {
    frame.remove();
  }
}

const { name = '' } = globalThis as { name?: string };
if (name.startsWith(FRAME)) await program(name.slice(FRAME.length));
else if ('document' in globalThis) {
  describe('A run in a page that is closed', () => {
    it('goes on in the next one from its file, and ends as one that was never closed, to the bit', async () => {
      const whole = await visit(`whole-${Date.now()}`);
      const run = `closed-${Date.now()}`;
      for (const steps of [3, 4, 2]) expect(await visit(run, steps)).to.deep.equal({ steps });
      expect((await visit(run)).result).to.equal(whole.result);
    });
  });
}
