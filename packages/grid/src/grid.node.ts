import { option, optionsOf, ValueError, type Given, type NodeInfo } from '@tessera-nn/core';
import { shownValue } from '@tessera-nn/core/internal';
import { availableParallelism } from 'node:os';
import { workerData } from 'node:worker_threads';
import { alone, type Engine } from './engine.js';
import { MpiEngine } from './mpi/mpi-engine.js';
import { openMpi } from './mpi/open-mpi.node.js';
import { Rank } from './rank.js';
import { runWorkers, type Seated } from './workers/run-workers.node.js';
import { WorkerEngine } from './workers/worker-engine.js';

const runOptions = optionsOf('Grid.run', {
  /** How many ranks. Default: one for each core. */
  ranks: option.count.optional,
  /** Arguments of the script, which are `process.argv.slice(2)` in it. Default none. */
  args: option.listOf(option.text, 'strings').or([]),
  /** Ends all ranks, with the signal's reason. */
  signal: option.abortSignal.optional,
});
/** How `Grid.run` runs a script. */
export type GridRunOptions = Given<typeof runOptions>;

let joined: Promise<NodeInfo> | undefined;

/**
 * Takes this program's place among the ranks that run it: those that `mpirun` started, those of `Grid.run`, or, in a program
 * that runs by itself, the only one. Optimizers take what it returns: `new Adam({ nodeinfo })`.
 *
 * @throws GridError where `mpirun` started the program, and koffi or Open MPI is not installed.
 */
export function join(): Promise<NodeInfo> {
  return (joined ??= ownEngine().then((engine) => new Rank(engine)));
}

async function ownEngine(): Promise<Engine> {
  const { tesseraSeat: seat } = (workerData ?? {}) as Partial<Seated>;
  if (seat) return new WorkerEngine(seat);
  return process.env['OMPI_COMM_WORLD_SIZE'] === undefined ? alone : joinMpi();
}

/** A program that ends well leaves the others. One that fails does not: `mpirun` ends them, when it has said why. */
async function joinMpi(): Promise<Engine> {
  const engine = new MpiEngine(await openMpi());
  process.once('exit', (code) => code === 0 && engine.leave());
  return engine;
}

/**
 * Runs a script once for each rank, in threads of this process; `Grid.join()` in it says which rank it is. PuzzleLib's
 * `runGrid`, with a file in the place of a function.
 *
 * @param script a module's path or URL, as `new URL('./train.js', import.meta.url)`.
 * @throws GridError when a rank fails, which ends all of them, with its error as the cause.
 */
export async function run(script: string | URL, options: GridRunOptions = {}): Promise<void> {
  if (typeof script !== 'string' && !(script instanceof URL)) {
    throw new ValueError('Grid.run takes the file that every rank runs', {
      path: 'Grid.run',
      expected: "a path, or new URL('./train.js', import.meta.url)",
      received: shownValue(script),
    });
  }
  const { ranks = availableParallelism(), args, signal } = runOptions.read(options);
  await runWorkers(script, { ranks, args, signal });
}
