// Runs whose WebGL context is taken away anywhere end as the run that kept it, to the bit.
import { launcher } from '@tessera-nn/kernels';
import { backendName, expectNoMore, held, onBackend, tellCounts, timesOr } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  Activation,
  Adam,
  ArrayDataset,
  BackendError,
  BatchNorm1D,
  CosineAnnealingLR,
  CrossEntropy,
  Dropout,
  Linear,
  RandomStream,
  seed,
  startBackend,
  Sequential,
  Trainer,
  type ContextLoss,
  type TrainerOptions,
} from 'tessera-nn';

/** As a browser does it, which tells the page a moment later; one that is lost already has no extensions. */
function lose(): void {
  launcher()?.backend.gpgpu.gl.getExtension('WEBGL_lose_context')?.loseContext();
}

const labels = Int32Array.from({ length: 40 }, (_, i) => i % 2);
const points = Float32Array.from({ length: 80 }, (_, i) => Math.sin(5 * i) + labels[i >> 1]!);
const dataset = new ArrayDataset({ data: points, shape: [40, 2], labels });
const BATCH_SIZE = 8;
const STEPS = 5;

/** Of as few shaders as can be: they are compiled anew for each context. */
const smallNet = () => new Sequential([new Linear(2, 2), new Dropout(0.2)]);

/** With all that a run holds on the GPU beside weights and state: statistics, masks, weights of classes. */
const richNet = () =>
  new Sequential([
    new Linear(2, 4),
    new BatchNorm1D(4),
    new Activation('relu', { start: 0, stop: -1 }),
    new Dropout(0.2),
    new Linear(4, 2),
  ]);

function makeTrainer(makeNet: () => Sequential, options: TrainerOptions = {}): Trainer {
  seed(7);
  const net = makeNet();
  const optimizer = new Adam(0.02).setupOn(net);
  const schedule = new CosineAnnealingLR(optimizer, { tMax: 100 });
  const works = { batchSize: BATCH_SIZE, snapshotEvery: 2, schedule, scheduleEvery: 'step' as const };
  return new Trainer(net, new CrossEntropy({ weights: [1, 2] }), optimizer, { ...works, ...options });
}

async function resultOf({ module, optimizer, history, cost }: Trainer): Promise<unknown> {
  const weights = await Promise.all(Array.from(module.tensors(), (variable) => variable.array()));
  return [weights, await optimizer.stateDict(), history, await cost.getMeanError()];
}

if (backendName === 'webgl') {
  describe('A WebGL context that is lost while a network is trained', function () {
    const times = timesOr(20);
    this.timeout(30_000 + 6000 * times);
    onBackend();
    const { warn } = console;
    const told: string[] = [];
    beforeEach(() => {
      told.length = 0;
      console.warn = (text: string) => told.push(text);
    });
    afterEach(() => (console.warn = warn));

    it('costs nothing but time: weights, state and history are those of the run that kept it', async () => {
      const epochs = Math.ceil(times / 2);
      const goes = { epochs };
      const whole = makeTrainer(smallNet);
      await whole.train(dataset, undefined, goes);
      const expected = await resultOf(whole);

      const random = new RandomStream(3);
      const counts = { 'in a step': 0, 'between steps': 0, 'between epochs': 0, 'at any time': 0 };
      let caused = 0;
      const perhaps = (where: keyof typeof counts, chance: number, causes: () => unknown = lose) => {
        if (caused === times || random.integer(chance) > 0) return;
        causes();
        caused++;
        counts[where]++;
      };
      const losses: ContextLoss[] = [];
      const trainer = makeTrainer(smallNet, {
        onContextLoss: (loss) => losses.push(loss),
        onEpochFinish: () => perhaps('between epochs', 4),
        onBatchFinish: () => {
          perhaps('between steps', 8);
          perhaps('at any time', 8, () => setTimeout(lose, random.integer(20)));
        },
      });
      const fragile = {
        length: dataset.length,
        gather: (indices: ArrayLike<number>) => {
          perhaps('in a step', 8);
          return dataset.gather(indices);
        },
      };
      await trainer.train(fragile, undefined, goes);
      expect(await resultOf(trainer)).to.deep.equal(expected);
      expect(losses.length).to.be.within(times / 2, times); // two may fall together, or one after the end
      expect(losses.every(({ lostSteps }) => lostSteps >= 0 && lostSteps <= 2)).to.equal(true);
      expect(told.filter((text) => /WebGL context was lost/.test(text))).to.have.length(losses.length);
      tellCounts({ ...counts, recovered: losses.length });
    });

    it('is said once for each time, with where training goes on, and leaves nothing in memory', async () => {
      const goes = { epochs: 3, validation: dataset, keepBest: true };
      const whole = makeTrainer(richNet);
      await whole.train(dataset, undefined, goes);

      const losses: ContextLoss[] = [];
      const steps: string[] = [];
      const trainer = makeTrainer(richNet, { snapshotEvery: 3, onContextLoss: (loss) => losses.push(loss) });
      let before: ReturnType<typeof held> | undefined;
      for await (const { epoch, batch } of trainer.run(dataset, undefined, goes)) {
        steps.push(`${epoch}.${batch}`);
        if (steps.length === STEPS + 2) before = held();
        if (steps.length === STEPS + 3) lose();
      }
      expectNoMore(before!);
      expect(steps.slice(STEPS, STEPS + 6)).to.deep.equal(['2.1', '2.2', '2.3', '2.2', '2.3', '2.4']);
      expect(losses).to.deep.equal([{ epoch: 2, batch: 2, lostSteps: 2 }]);
      expect(told).to.deep.equal([
        'Tessera: the WebGL context was lost. Training goes on at batch 2 of epoch 2, with 2 steps made again',
      ]);
      expect(await resultOf(trainer)).to.deep.equal(await resultOf(whole));
    });

    it('ends a run without copies, and one whose every step loses it', async () => {
      const errorOf = (trainer: Trainer, onStep: () => void) =>
        trainer.train({ length: dataset.length, gather: (indices) => (onStep(), dataset.gather(indices)) }).then(
          () => undefined,
          (error: unknown) => error,
        );
      for (const snapshotEvery of [0, 1]) {
        let tries = 0;
        const error = await errorOf(makeTrainer(smallNet, { snapshotEvery }), () => {
          tries++;
          lose();
        });
        expect(error).to.be.instanceOf(BackendError);
        expect((error as Error).message).to.match(/WebGL context was lost/);
        expect(tries).to.equal(snapshotEvery === 0 ? 1 : 11);
        await startBackend('webgl');
      }
    });
  });
}
