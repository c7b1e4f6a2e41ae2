import { DataError, randomStream, RandomStream, type Data, type Values, type Variable } from '@tessera-nn/core';
import { noteState } from '@tessera-nn/core/internal';
import { clipGradNorm, clipGradValue, ReduceLROnPlateau } from '@tessera-nn/optim';
import { DivergenceError, explain } from './divergence.js';
import { inOrder } from './handler.js';
import type { EpochRecord } from './history.js';
import type { HandlerInput } from './host-arrays.js';
import { checkEnough } from './over-ranks.js';
import { Pace, type Gate } from './pace.js';
import type { EpochPlan } from './run-file/run-notes.js';
import type { RunPlace } from './run-file/run-place.js';
import type { RunProgress } from './run-progress.js';
import type { AnySamples } from './samples.js';
import { Snapshots } from './snapshots.js';
import type { Step } from './step.js';
import { attemptStep, partsOf, type Learner } from './train-step.js';
import type { runOptions, trainerOptions, ValidationData } from './trainer-options.js';
import { LossReader, UnsettledSteps, type MadeStep } from './unsettled-steps.js';
import { Validator, type Evaluation } from './validator.js';

/** So many steps in a row that are not finite are no accident: the run ends. */
const MOST_SKIPPED = 10;
/** What `nonFinite: 'lower'` multiplies the learning rate by. */
const LOWERED = 0.5;

/** What a run is made of. */
export interface RunParts<Input extends Data, Output extends Data> {
  readonly learner: Learner<Input, Output>;
  readonly samples: AnySamples;
  readonly batchSize: number;
  /** How its Trainer works. */
  readonly works: Values<typeof trainerOptions>;
  /** How this run goes. */
  readonly goes: Values<typeof runOptions>;
  /** Where it is, and goes on from. */
  readonly progress: RunProgress;
  readonly gate: Gate;
  /** Writes it where the run is saved. */
  readonly save: (place: RunPlace) => Promise<unknown>;
}

/** One run of a Trainer, from where its progress says to its last epoch. */
export class TrainingRun<Input extends Data = Variable, Output extends Data = Variable> {
  readonly #parts: RunParts<Input, Output>;
  /** Samples of a step. */
  readonly #stepSize: number;
  /** Steps of an epoch. */
  readonly #batches: number;
  readonly #unsettled: UnsettledSteps<Input>;
  readonly #pace: Pace;
  readonly #snapshots: Snapshots;
  readonly #start = performance.now();
  #seen = 0;
  #skippedInARow = 0;

  constructor(parts: RunParts<Input, Output>) {
    const { learner, samples, batchSize, works, goes, progress } = parts;
    this.#parts = parts;
    this.#stepSize = batchSize * works.accumulate;
    const batches = samples.length / this.#stepSize;
    this.#batches = Math.max(1, goes.dropLast ? Math.floor(batches) : Math.ceil(batches));
    const { nodeinfo } = learner.optimizer;
    if (nodeinfo) checkEnough(Math.min(batchSize, samples.length), nodeinfo, 'Trainer');
    this.#pace = new Pace(works.frameBudgetMs);
    this.#checkPlan({ samples: samples.length, stepSize: this.#stepSize });
    this.#takeStreams();
    const { module, cost, optimizer } = learner;
    const { schedule, stream, snapshotEvery } = works;
    this.#snapshots = new Snapshots(nodeinfo ? 0 : snapshotEvery, () => ({
      ...{ module, cost, optimizer, schedule, stream, progress, unsettled: this.unsettled },
    }));
    this.#unsettled = new UnsettledSteps(learner.module, works.nonFinite !== 'ignore', (step, loss) => {
      this.#skippedInARow = 0;
      progress.add(loss, step.samples);
    });
  }

  /** @throws DataError when a run goes on amid an epoch of other data, or of other steps. */
  #checkPlan(plan: EpochPlan): void {
    const { progress } = this.#parts;
    const before = progress.plan;
    progress.plan = plan;
    if (!before || progress.batch === 0) return;
    if (before.samples === plan.samples && before.stepSize === plan.stepSize) return;
    throw new DataError('A run cannot go on amid an epoch with other samples', {
      path: 'Trainer',
      expected: `${before.samples} samples in steps of ${before.stepSize}`,
      received: `${plan.samples} samples in steps of ${plan.stepSize}`,
      hint: 'Pass the same data, batchSize and accumulate',
    });
  }

  /** Puts the streams of the samples where they stood. @throws DataError when a run goes on amid an epoch with others. */
  #takeStreams(): void {
    const { progress, samples } = this.#parts;
    const streams = samples.streams ?? [];
    const before = progress.dataStreams;
    progress.dataStreams = streams;
    if (before.length === streams.length) streams.forEach((stream, i) => (stream.state = before[i]!.state));
    else if (progress.batch > 0 && before.length > 0) {
      throw new DataError('A run cannot go on amid an epoch with samples that draw from other streams', {
        path: 'Trainer',
        expected: `${before.length}, as before`,
        received: String(streams.length),
        hint: 'Pass the same data, made with its streams',
      });
    }
  }

  /** Makes the steps one by one; each is told when the loss of the one before it is known. */
  async *steps(): AsyncGenerator<Step, void, undefined> {
    const { progress, goes } = this.#parts;
    try {
      await this.#snapshots.take();
      while (progress.epoch <= goes.epochs && !this.#isStale) {
        try {
          yield* this.#epoch(this.#order());
          await this.#endEpoch();
        } catch (error) {
          await this.#goOn(error);
        }
      }
      if (goes.keepBest) progress.restoreBest();
    } catch (error) {
      await this.#unsettled.leave();
      throw error;
    } finally {
      await this.#end();
    }
  }

  async *#epoch(order: Uint32Array): AsyncGenerator<Step, void, undefined> {
    const { progress, gate, goes } = this.#parts;
    for (;;) {
      while (progress.batch < this.#batches) {
        await gate.pass(goes.signal);
        const step = this.#step(order);
        const wrong = await this.#unsettled.advance();
        if (wrong) await this.#leaveOut(wrong);
        else {
          yield this.#told(step);
          await this.#pace.pause();
          await this.#secure();
        }
      }
      const wrong = await this.#unsettled.settle();
      if (!wrong) return;
      await this.#leaveOut(wrong);
    }
  }

  /** Steps whose losses are not known yet. */
  get unsettled(): readonly MadeStep<Input>[] {
    return this.#unsettled.steps;
  }

  /** Saves the run, and copies it to the host, where it is time for that. */
  async #secure(): Promise<void> {
    const { goes, progress, save } = this.#parts;
    const { saveTo, saveEvery } = goes;
    const saves = saveTo !== undefined && saveEvery !== undefined && progress.batch % saveEvery === 0;
    const copies = this.#snapshots.count();
    if (!saves && !copies) return;
    const wrong = await this.#unsettled.settle();
    if (wrong) return this.#leaveOut(wrong);
    if (copies) await this.#snapshots.take();
    if (saves) await save(saveTo);
  }

  /** Goes on from the last copy where the WebGL context was lost. @throws the error where that is not why it came. */
  async #goOn(error: unknown): Promise<void> {
    const loss = await this.#snapshots.putBack();
    if (!loss) throw error;
    this.#unsettled.drop();
    this.#takeStreams();
    await this.#parts.works.onContextLoss?.(loss);
  }

  /** The order of samples in the epoch that begins, or goes on. */
  #order(): Uint32Array {
    const { learner, progress, samples, works, goes } = this.#parts;
    if (progress.samples === 0) learner.cost.resetAccumulator();
    if (!goes.shuffle) return inOrder(samples.length);
    const stream = works.stream ?? randomStream();
    const goesOn = new RandomStream(0);
    if (progress.shuffledFrom) goesOn.state = progress.shuffledFrom;
    const from = progress.shuffledFrom ? goesOn : stream;
    progress.shuffledFrom = from.state;
    const order = from.permutation(samples.length);
    learner.optimizer.nodeinfo?.broadcast(order); // each rank has a stream of its own
    return order;
  }

  /** Learns from the next batch. Where the run is changes along with the weights, and is taken back with them. */
  #step(order: Uint32Array): MadeStep<Input> {
    const { learner, samples, batchSize, works, progress } = this.#parts;
    const at = progress.batch * this.#stepSize;
    const indices = order.subarray(at, at + this.#stepSize);
    const parts = partsOf<Input>(samples, indices, batchSize, learner.optimizer.nodeinfo);
    const attempt = attemptStep(learner, parts, {
      changeGrads: () => this.#clip(),
      afterUpdate: () => {
        noteState(progress, () => progress.memento());
        progress.batch++;
        if (works.scheduleEvery === 'step') this.#stepSchedule(undefined);
      },
    });
    // Kept: an asynchronous scope of somebody else may end before it is read.
    const loss = new LossReader(attempt.result.keep());
    const step = { batch: progress.batch, samples: indices.length, parts, attempt, loss };
    this.#unsettled.add(step);
    return step;
  }

  #clip(): void {
    const { learner, works } = this.#parts;
    if (works.clipValue === undefined && works.clipNorm === undefined) return;
    learner.optimizer.averageGradients();
    if (works.clipValue !== undefined) clipGradValue(learner.module, works.clipValue);
    if (works.clipNorm !== undefined) clipGradNorm(learner.module, works.clipNorm).dispose();
  }

  /** @param score what the last validation said. */
  #stepSchedule(score: number | undefined): void {
    const { schedule } = this.#parts.works;
    if (!schedule) return;
    const before = schedule.stateDict();
    noteState(schedule, () => ({ restore: () => schedule.loadStateDict(before), release: () => undefined }));
    if (!(schedule instanceof ReduceLROnPlateau)) schedule.step();
    else if (score !== undefined) schedule.step(score);
  }

  #told({ batch, samples, loss }: MadeStep<Input>): Step {
    const { progress, goes, samples: all } = this.#parts;
    const { epochs } = goes;
    this.#seen += samples;
    const samplesPerSecond = (1000 * this.#seen) / (performance.now() - this.#start);
    const ofEpoch = Math.min(all.length, this.#batches * this.#stepSize);
    const left = (epochs - progress.epoch) * ofEpoch + Math.max(0, ofEpoch - batch * this.#stepSize);
    return {
      ...{ epoch: progress.epoch, epochs, batch, batches: this.#batches, samples, samplesPerSecond },
      secondsLeft: left / samplesPerSecond,
      loss: () => loss.read(),
    };
  }

  /** Goes on behind a step that was taken back. @throws DivergenceError where the run shall stop, or nothing else happens. */
  async #leaveOut(wrong: MadeStep<Input>): Promise<void> {
    const { learner, works, progress } = this.#parts;
    const error = new DivergenceError(await this.#explain(wrong));
    if (works.nonFinite === 'stop' || ++this.#skippedInARow > MOST_SKIPPED) throw error;
    progress.batch = wrong.batch;
    if (works.nonFinite === 'lower') learner.optimizer.learnRate *= LOWERED;
    await works.onDivergence?.(error.divergence);
  }

  async #explain({ batch, loss, parts }: MadeStep<Input>) {
    const { learner, progress } = this.#parts;
    const step = { epoch: progress.epoch, batch, loss: await loss.read(), rate: learner.optimizer.learnRate };
    return explain(learner, parts, step);
  }

  /** Validation, schedule, record; then the next epoch is the one that runs. */
  async #endEpoch(): Promise<void> {
    const { learner, works, goes, progress } = this.#parts;
    const { validation, validateEvery, watch, patience, keepBest } = goes;
    const { epoch, lossSum, samples } = progress;
    let record: EpochRecord = { epoch, loss: lossSum / samples, rate: learner.optimizer.learnRate, samples };
    let score: number | undefined;
    if (validation && (epoch % validateEvery === 0 || epoch === goes.epochs)) {
      const { loss, error, metrics } = await this.#validate(validation);
      record = {
        ...record,
        ...{ validationLoss: loss, validationError: error as number | readonly number[] },
        ...(metrics && { metrics }),
      };
      const own = watch === 'error' && typeof error === 'number' ? error : loss;
      score = learner.optimizer.nodeinfo?.meanValue(own) ?? own; // ranks on unlike machines must decide alike
      progress.judge(score, keepBest || patience !== undefined ? learner.module.tensors() : []);
    }
    if (works.scheduleEvery === 'epoch') this.#stepSchedule(score ?? record.loss);
    progress.history.epochs.push(record);
    progress.beginNextEpoch();
    await works.onEpochFinish?.(record);
    if (goes.saveTo !== undefined) await this.#parts.save(goes.saveTo);
  }

  async #validate(validation: ValidationData): Promise<Evaluation<unknown>> {
    const { learner, batchSize, works, goes } = this.#parts;
    const parts = Array.isArray(validation) ? (validation as unknown[]) : [validation];
    const [data, target, sampleWeights] = parts as [HandlerInput, HandlerInput?, ArrayLike<number>?];
    const validator = new Validator(learner.module, learner.cost, { batchSize, metrics: works.metrics });
    return validator.evaluate(data, target, { signal: goes.signal, sampleWeights });
  }

  get #isStale(): boolean {
    const { goes, progress } = this.#parts;
    return goes.patience !== undefined && progress.stale >= goes.patience;
  }

  /** Makes the last steps final, also when somebody left the loop. */
  async #end(): Promise<void> {
    const wrong = await this.#unsettled.settle();
    if (wrong && this.#parts.works.nonFinite === 'stop') throw new DivergenceError(await this.#explain(wrong));
  }
}
