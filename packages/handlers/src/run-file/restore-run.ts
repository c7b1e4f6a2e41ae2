import { randomStream, Variable, type AnyModule, type Module, type StateDict, type Storage } from '@tessera-nn/core';
import { allOrNothing } from '@tessera-nn/core/internal';
import { load, readNpy, readSafetensors, type LoadOptions } from '@tessera-nn/io';
import { readOptimizer } from '@tessera-nn/io/internal';
import { History } from '../history.js';
import type { FoundRun } from './find-run.js';
import { pairedStreams } from './module-streams.js';
import { entryNames, type RunContents, type RunState } from './save-run.js';

/** What a file of a run holds. */
export function contentsOf({ source, notes, entries }: FoundRun): RunContents {
  const best = entries.get(entryNames.best);
  return {
    notes,
    losses: readNpy(entries.get(entryNames.losses)!, source).values as Float32Array,
    network: Object.fromEntries(readSafetensors(entries.get(entryNames.network)!, source).tensors) as StateDict,
    optimizer: readOptimizer(entries.get(entryNames.optimizer)!, source),
    best: best && readSafetensors(best, source).tensors,
  };
}

/** Puts a run back into what it consists of: all of it, or nothing. */
export function restoreRun(
  { module, optimizer, cost, schedule, stream, progress }: Omit<RunState, 'unsettled'>,
  { notes, losses, network, optimizer: state, best }: RunContents,
): void {
  const moduleStreams = pairedStreams(module, notes.streams.modules ?? {});
  allOrNothing(() => {
    module.loadStateDict(network);
    if (notes.schedule) schedule?.loadStateDict(notes.schedule);
    optimizer.loadStateDict(state); // behind the schedule, which sets a rate
    cost.loadStateDict(notes.cost);
    const weights = weightsOf(module, best ?? new Map());
    progress.forgetBest();
    Object.assign(progress, {
      ...{ epoch: notes.epoch, batch: notes.batch, lossSum: notes.lossSum, samples: notes.samples, stale: notes.stale },
      shuffledFrom: notes.shuffledFrom ?? undefined,
      plan: notes.plan ?? undefined,
      dataStreams: (notes.streams.data ?? []).map((state) => ({ state })),
      history: new History(Array.from(losses), notes.epochs),
      best: notes.best ? { ...notes.best, weights } : undefined,
    });
    randomStream().state = notes.streams.shared;
    if (stream && notes.streams.own) stream.state = notes.streams.own;
    for (const [own, state] of moduleStreams) own.state = state;
  });
}

/** The network of a run, rebuilt. */
export function networkOf({ entries }: FoundRun, modules: LoadOptions['modules']): Promise<Module> {
  return load(entries.get(entryNames.network)!, { modules });
}

/** Values in memory of the device, for each Variable that there are some for. */
function weightsOf(module: AnyModule, states: NonNullable<RunContents['best']>): Map<Variable, Storage> {
  const named = new Map(module.namedTensors());
  const weights = [...states].flatMap(([name, { values, shape }]): [Variable, Storage][] => {
    const variable = named.get(name);
    if (!variable) return [];
    const reader = new Variable(values, { shape, dtype: variable.dtype });
    const storage = reader.storage.retain();
    reader.dispose();
    return [[variable, storage]];
  });
  return new Map(weights);
}
