import {
  DataError,
  randomStream,
  stateDict,
  Variable,
  type AnyModule,
  type RandomStream,
  type StateDict,
} from '@tessera-nn/core';
import type { AnyCost } from '@tessera-nn/cost';
import { save, saveOptimizer, writeBytes, writeNpy, writeSafetensors, type StoredTensor } from '@tessera-nn/io';
import { writeZip } from '@tessera-nn/io/internal';
import type { Optimizer, OptimizerState, ReduceLROnPlateau, Schedule } from '@tessera-nn/optim';
import type { Best, RunProgress } from '../run-progress.js';
import type { MadeStep } from '../unsettled-steps.js';
import { streamStates } from './module-streams.js';
import { writeNotes, type RunNotes } from './run-notes.js';
import { fileOf, type RunPlace } from './run-place.js';

/** All that a run consists of. */
export interface RunState {
  readonly module: AnyModule;
  readonly cost: AnyCost<never, unknown>;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule | ReduceLROnPlateau | undefined;
  /** The stream of the Trainer, where it has one of its own. */
  readonly stream: RandomStream | undefined;
  readonly progress: RunProgress;
  /** Made, with a loss that is not known yet. */
  readonly unsettled: readonly Pick<MadeStep, 'loss' | 'samples'>[];
}

/** A run on the host: what it is put back from, out of a file or not. */
export interface RunContents {
  readonly notes: RunNotes;
  readonly losses: ArrayLike<number>;
  readonly network: StateDict;
  readonly optimizer: OptimizerState;
  readonly best: ReadonlyMap<string, StoredTensor> | undefined;
}

/** The names of the files in the zip file of a run; everything but the notes can be opened by itself. */
export const entryNames = {
  notes: 'run.json',
  network: 'network.safetensors',
  optimizer: 'optimizer.safetensors',
  best: 'best.safetensors',
  losses: 'losses.npy',
} as const;

/** Writes a run as it is at the moment of the call into the slot of its number. @throws as `save` and `saveOptimizer` do. */
export async function saveRun(
  run: RunState,
  place: RunPlace,
  { number, kept }: { number: number; kept: number },
): Promise<void> {
  const { module, optimizer } = run;
  const parts = [pictureOf(run, number), save(module), saveOptimizer(optimizer)] as const;
  const [{ notes, losses, best }, network, state] = await Promise.all(parts);
  const files: [string, Uint8Array][] = [
    [entryNames.notes, writeNotes(notes)],
    [entryNames.network, network],
    [entryNames.optimizer, state],
    [entryNames.losses, writeNpy({ shape: [losses.length], values: Float32Array.from(losses) })],
  ];
  if (best) files.push([entryNames.best, writeSafetensors(best)]);
  await writeBytes(fileOf(place, number % kept), await writeZip(files));
}

/** Takes a run as it is at the moment of the call to the host. @throws DataError behind a step whose loss is not finite. */
export async function readRun(run: RunState): Promise<RunContents> {
  const { module, optimizer } = run;
  const parts = [pictureOf(run, 0), stateDict(module), optimizer.stateDict()] as const;
  const [picture, network, state] = await Promise.all(parts);
  return { ...picture, network, optimizer: state };
}

/** All but network and optimizer. */
async function pictureOf(run: RunState, number: number): Promise<Omit<RunContents, 'network' | 'optimizer'>> {
  const finish = notesOf(run, number); // before anything is waited for, as what follows
  const [best, cost] = await Promise.all([bestOf(run.module, run.progress.best), run.cost.stateDict()]);
  const { notes, losses } = await finish();
  return { notes: { ...notes, cost }, losses, best };
}

/** Takes a picture of everything on the host; what it returns waits for the losses that are still to come. */
function notesOf(
  { module, schedule, stream, progress, unsettled }: RunState,
  number: number,
): () => Promise<{ notes: Omit<RunNotes, 'cost'>; losses: readonly number[] }> {
  const { epoch, batch, stale, shuffledFrom = null, plan = null, history, best } = progress;
  let { lossSum, samples } = progress;
  const losses = [...history.losses];
  const epochs = [...history.epochs];
  const streams = {
    ...{ shared: randomStream().state, own: stream?.state ?? null },
    ...{ modules: streamStates(module), data: progress.dataStreams.map(({ state }) => state) },
  };
  const pending = unsettled.map(({ loss, samples }) => ({ loss: loss.read(), samples }));
  const common = { number, epoch, batch, stale, shuffledFrom, plan, streams, epochs };
  const more = {
    schedule: schedule?.stateDict() ?? null,
    best: best ? { epoch: best.epoch, score: best.score } : null,
  };
  return async () => {
    for (const step of pending) {
      const loss = await step.loss;
      if (!Number.isFinite(loss)) {
        throw new DataError('A run is not saved behind a step that is not finite', {
          path: 'Trainer.save',
          received: `a loss of ${loss}`,
          hint: 'Save it behind another step, or go on from the file before',
        });
      }
      losses.push(loss);
      lossSum += loss * step.samples;
      samples += step.samples;
    }
    return { notes: { ...common, ...more, lossSum, samples }, losses };
  };
}

async function bestOf(module: AnyModule, best: Best | undefined): Promise<RunContents['best']> {
  if (!best || best.weights.size === 0) return undefined;
  const named = [...module.namedTensors()].flatMap(([name, variable]) => {
    const storage = best.weights.get(variable);
    return storage ? [[name, new Variable(storage.retain()).keep()] as const] : [];
  });
  try {
    const read = named.map(async ([name, variable]): Promise<[string, StoredTensor]> => {
      return [name, { dtype: variable.dtype, shape: variable.shape, values: await variable.values() }];
    });
    return new Map(await Promise.all(read));
  } finally {
    for (const [, variable] of named) variable.dispose();
  }
}
