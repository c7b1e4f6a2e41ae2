// Memory that is refused at any moment of a training step: the step changes nothing, in its own network and in others, and
// the next one is what it would have been.
import { backend } from '@tensorflow/tfjs-core';
import { heldAtRest, onBackend, tellCounts, timesOr } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  Adam,
  BackendError,
  BatchNorm2D,
  Conv2D,
  CrossEntropy,
  Dropout,
  Flatten,
  Linear,
  MaxPool2D,
  PRelu,
  RandomStream,
  randomStream,
  seed,
  Sequential,
  Trainer,
} from 'tessera-nn';

const BATCH = 6;
const random = new RandomStream(9);
const samples = {
  data: Float32Array.from({ length: BATCH * 64 }, () => random.normal()),
  shape: [BATCH, 1, 8, 8],
};
const labels = Int32Array.from({ length: BATCH }, () => random.integer(3));

function makeTrainer(): Trainer {
  const net = new Sequential([
    new Conv2D({ inmaps: 1, outmaps: 4, size: 3, pad: 1 }),
    new BatchNorm2D(4),
    new PRelu(4),
    new MaxPool2D(2),
    new Conv2D({ inmaps: 4, outmaps: 5, size: 3 }),
    new Activation('gelu'),
    new Flatten(),
    new Dropout(0.4),
    new Linear(20, 3),
  ]);
  return new Trainer(net, new CrossEntropy(), new Adam(0.01).setupOn(net), { batchSize: BATCH });
}

const step = ({ module, cost, optimizer }: Trainer) =>
  new Trainer(module, cost, optimizer, { batchSize: BATCH }).train(samples, labels, { shuffle: false });

/** All that a step may change: weights, statistics, the optimizer's state, the stream of random numbers. */
async function stateOf({ module, optimizer }: Trainer): Promise<unknown> {
  const tensors = Array.from(module.tensors(), async (variable) => [...(await variable.values())]);
  return [await Promise.all(tensors), await optimizer.stateDict(), randomStream().state];
}

interface WasmBackend {
  wasm: { _malloc: (bytes: number) => number };
}

/** Runs work whose memory is refused once, at the allocation with this number; also says how many there were. */
async function refusing<T>(at: number, work: () => Promise<T>): Promise<{ error: unknown; allocations: number }> {
  const { wasm } = backend() as unknown as WasmBackend;
  const malloc = wasm._malloc;
  let allocations = 0;
  wasm._malloc = (bytes) => (allocations++ === at ? 0 : malloc(bytes));
  try {
    const error = await work().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { error, allocations };
  } finally {
    wasm._malloc = malloc;
  }
}

describe('Memory that is refused amid a training step', function () {
  const times = timesOr(15);
  this.timeout(60_000 + 1000 * times);
  onBackend();

  it('changes no weight of any network, no state, and not the steps after it', async () => {
    seed(1);
    const [undisturbed, disturbed, bystander] = [makeTrainer(), makeTrainer(), makeTrainer()];
    disturbed.module.loadStateDict(undisturbed.module.stateDict({ keepVar: true }));
    const run = async (trainer: Trainer, at: number) => {
      seed(2);
      return refusing(at, () => step(trainer));
    };
    await run(bystander, Infinity); // what is kept for the next time is there
    const others = await stateOf(bystander);
    const { allocations } = await run(undisturbed, Infinity);
    await run(disturbed, Infinity);
    const live = (await heldAtRest()).tensors;
    const counts = { refusals: 0, 'of allocations in a step': allocations };
    for (let i = 0; i < times; i++) {
      seed(2);
      const before = await stateOf(disturbed);
      const at = i < allocations && times > allocations ? i : random.integer(allocations);
      const { error } = await run(disturbed, at);
      if (error) {
        counts.refusals++;
        expect(error, `allocation ${at}`).to.be.instanceOf(BackendError);
        expect((error as Error).message).to.match(/no room for \d+ bytes/);
        expect(await stateOf(disturbed), `allocation ${at}`).to.deep.equal(before);
        expect((await run(disturbed, Infinity)).error).to.equal(undefined);
      }
      await run(undisturbed, Infinity);
      expect(await stateOf(disturbed), `the step after allocation ${at}`).to.deep.equal(await stateOf(undisturbed));
      seed(2);
      expect(((await stateOf(bystander)) as unknown[]).slice(0, 2)).to.deep.equal((others as unknown[]).slice(0, 2));
    }
    expect((await heldAtRest()).tensors).to.equal(live);
    tellCounts(counts);
  });

  it('leaves a first step as if it had not begun, and holds nothing of it', async () => {
    const live = (await heldAtRest()).tensors;
    let refusals = 0;
    for (let i = 0; i < times; i++) {
      const trainer = makeTrainer();
      const before = await stateOf(trainer);
      const { error } = await refusing(random.integer(110), () => step(trainer));
      if (error) {
        refusals++;
        expect(error).to.be.instanceOf(BackendError);
        expect(((await stateOf(trainer)) as unknown[]).slice(0, 2)).to.deep.equal((before as unknown[]).slice(0, 2));
      }
      for (const part of [trainer.module, trainer.optimizer, trainer.cost]) part.dispose();
    }
    expect((await heldAtRest()).tensors).to.equal(live);
    tellCounts({ refusals });
  });
});
