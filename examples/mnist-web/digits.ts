import { ArrayDataset, DataError, loadMnist, RandomStream, syntheticDigits } from 'tessera-nn';
import { nextFrame } from './next-frame.js';
import type { Settings } from './settings.js';

export interface Digits {
  train: ArrayDataset;
  /** Digits the network never learns from. */
  unseen: ArrayDataset;
}

export interface DigitsOptions {
  /** Where the server offers the files of MNIST; empty when it does not. */
  mnistUrl: string;
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

const PIXELS = 28 * 28;
/** Drawn within a few milliseconds, so that the page goes on moving. */
const DIGITS_PER_FRAME = 100;

/** Draws synthetic digits, or loads MNIST. */
export async function loadDigits(settings: Settings, options: DigitsOptions): Promise<Digits> {
  const { batch, count, unseen, seed } = settings;
  if (settings.data === 'mnist') return loadMnistDigits(settings, options);
  const streams = new RandomStream(seed);
  const [learned, measured] = [wholeBatches(count, batch), wholeBatches(unseen, batch)];
  const report = (done: number) => options.onProgress(done / (learned + measured));
  const train = await drawDigits(learned, streams.split('train'), options.signal, report);
  const others = await drawDigits(measured, streams.split('unseen'), options.signal, (n) => report(learned + n));
  return { train, unseen: others };
}

/** `syntheticDigits` in slices of a frame each. */
async function drawDigits(
  count: number,
  stream: RandomStream,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<ArrayDataset> {
  const data = new Float32Array(count * PIXELS);
  const labels = new Int32Array(count);
  for (let at = 0; at < count; at += DIGITS_PER_FRAME) {
    const slice = syntheticDigits({ count: Math.min(DIGITS_PER_FRAME, count - at), stream });
    data.set(slice.data, at * PIXELS);
    labels.set(slice.labels, at);
    onProgress(at + slice.length);
    await nextFrame();
    signal.throwIfAborted();
  }
  return new ArrayDataset({ data, shape: [count, 1, 28, 28], labels, checkFinite: false });
}

async function loadMnistDigits({ batch, unseen }: Settings, options: DigitsOptions): Promise<Digits> {
  const { mnistUrl, onProgress, signal } = options;
  if (!mnistUrl) {
    throw new DataError('The server offers no files of MNIST', {
      path: 'data=mnist',
      hint: 'Start it with --data FOLDER, or take synthetic digits',
    });
  }
  const { train, test } = await loadMnist({
    url: mnistUrl,
    onProgress: ({ received, total }) => onProgress(total ? received / total : 0),
    signal,
  });
  return { train, unseen: test.slice(0, Math.min(test.length, wholeBatches(unseen, batch))) };
}

/** At least `count`; in whole batches, because a short last one is another size that WebGL compiles shaders for. */
function wholeBatches(count: number, batch: number): number {
  return Math.ceil(count / batch) * batch;
}
