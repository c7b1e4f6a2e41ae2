import { randomStream, Variable, type AnyModule, type Module, type StateDict, type Storage } from '@tessera-nn/core';
import { allOrNothing } from '@tessera-nn/core/internal';
import { load, readNpy, readSafetensors, type LoadOptions } from '@tessera-nn/io';
import { readOptimizer } from '@tessera-nn/io/internal';
import { History } from '../history.js';
import { RunProgress } from '../run-progress.js';
import type { FoundRun } from './find-run.js';
import { pairedStreams } from './module-streams.js';
import { entryNames, type RunState } from './save-run.js';

/** Puts a run that was found into what it consists of: all of it, or nothing. Returns where it goes on. */
export function restoreRun(
  { module, optimizer, cost, schedule, stream }: Omit<RunState, 'progress' | 'unsettled'>,
  { source, notes, entries }: FoundRun,
): RunProgress {
  const network = statesOf(entries.get(entryNames.network)!, source);
  const state = readOptimizer(entries.get(entryNames.optimizer)!, source);
  const losses = readNpy(entries.get(entryNames.losses)!, source).values as Float32Array;
  const moduleStreams = pairedStreams(module, notes.streams.modules ?? {});
  return allOrNothing(() => {
    module.loadStateDict(network);
    if (notes.schedule) schedule?.loadStateDict(notes.schedule);
    optimizer.loadStateDict(state); // behind the schedule, which sets a rate
    cost.loadStateDict(notes.cost);
    const progress = new RunProgress();
    Object.assign(progress, {
      ...{ epoch: notes.epoch, batch: notes.batch, lossSum: notes.lossSum, samples: notes.samples, stale: notes.stale },
      shuffledFrom: notes.shuffledFrom ?? undefined,
      plan: notes.plan ?? undefined,
      dataStreams: (notes.streams.data ?? []).map((state) => ({ state })),
      history: new History([...losses], notes.epochs),
    });
    const best = entries.get(entryNames.best);
    if (notes.best)
      progress.best = { ...notes.best, weights: best ? weightsOf(module, statesOf(best, source)) : new Map() };
    randomStream().state = notes.streams.shared;
    if (stream && notes.streams.own) stream.state = notes.streams.own;
    for (const [own, state] of moduleStreams) own.state = state;
    return progress;
  });
}

/** The network of a run, rebuilt. */
export function networkOf({ entries }: FoundRun, modules: LoadOptions['modules']): Promise<Module> {
  return load(entries.get(entryNames.network)!, { modules });
}

function statesOf(file: Uint8Array, source: string): StateDict {
  return Object.fromEntries(readSafetensors(file, source).tensors) as StateDict;
}

/** Values in memory of the device, for each Variable that there are some for. */
function weightsOf(module: AnyModule, states: StateDict): Map<Variable, Storage> {
  const named = new Map(module.namedTensors());
  const weights = Object.entries(states).flatMap(([name, { values, shape }]): [Variable, Storage][] => {
    const variable = named.get(name);
    if (!variable) return [];
    const reader = new Variable(values, { shape, dtype: variable.dtype });
    const storage = reader.storage.retain();
    reader.dispose();
    return [[variable, storage]];
  });
  return new Map(weights);
}
