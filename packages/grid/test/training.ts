import type { NodeInfo } from '@tessera-nn/core';
import { seed } from '@tessera-nn/core';
import { Sequential } from '@tessera-nn/containers';
import { CrossEntropy } from '@tessera-nn/cost';
import { syntheticDigits } from '@tessera-nn/data';
import { Trainer, type Step } from '@tessera-nn/handlers';
import { Activation, Flatten, Linear } from '@tessera-nn/modules';
import { Adam } from '@tessera-nn/optim';

/** In four steps of 41 samples, which no two ranks share evenly, and one of 26. */
const SAMPLES = 190;
const BATCH = 41;
/** One step of each epoch meets a sample that is not finite, on one rank: the others make 52. */
const EPOCHS = 13;

/** Trains a small network; goes on where there is a run already. Each rank begins with weights and a stream of its own. */
export async function trainDigits(
  nodeinfo?: NodeInfo,
  { place, onBatchFinish }: { place?: string; onBatchFinish?: (step: Step) => void } = {},
) {
  seed(5);
  const digits = syntheticDigits({ count: SAMPLES });
  digits.data[100 * 784] = NaN;
  seed(7 + (nodeinfo?.rank ?? 0));
  const net = new Sequential([new Flatten(), new Linear(784, 12), new Activation('tanh'), new Linear(12, 10)]);
  const optimizer = new Adam({ learnRate: 3e-3, nodeinfo }).setupOn(net);
  const options = { batchSize: BATCH, clipNorm: 0.5, nonFinite: 'skip', onBatchFinish } as const;
  const trainer = new Trainer(net, new CrossEntropy(), optimizer, options);
  const goesOn = place !== undefined && (await trainer.load(place));
  await trainer.train(digits, undefined, { epochs: EPOCHS, saveTo: place });
  return { net, goesOn, losses: trainer.history.losses };
}
