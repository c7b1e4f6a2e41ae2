import { Worker } from 'node:worker_threads';
import { GridError } from '../grid-error.js';
import { SharedMemory } from './shared-memory.js';
import type { Seat } from './worker-engine.js';

/** Milliseconds that the other ranks have to end by themselves, when one has failed. */
const GRACE = 2000;

/** How ranks are started. */
export interface Crew {
  readonly ranks: number;
  readonly args: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** What workers of a grid find in their `workerData`. */
export interface Seated {
  readonly tesseraSeat: Seat;
}

/** Runs a script once for each rank, each in a thread. @throws GridError with the first failure as its cause. */
export async function runWorkers(script: string | URL, { ranks: size, args, signal }: Crew): Promise<void> {
  signal?.throwIfAborted();
  const memory = new SharedMemory(size);
  let failure: GridError | undefined;
  const fail = (rank: number, cause: unknown) => {
    failure ??= new GridError(`Rank ${rank} has failed, which ends the run`, {
      path: 'Grid.run',
      received: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  };
  const workers = Array.from({ length: size }, (_, rank) => {
    const workerData: Seated = { tesseraSeat: { rank, size, buffer: memory.buffer } };
    return new Worker(script, { argv: [...args], workerData });
  });
  const end = () => void Promise.all(workers.map((worker) => worker.terminate()));
  signal?.addEventListener('abort', end, { once: true });
  let grace: NodeJS.Timeout | undefined;
  const ends = workers.map((worker, rank) => {
    worker.once('error', (error) => fail(rank, error));
    return new Promise<void>((resolve) => {
      worker.once('exit', (code) => {
        if (code !== 0) fail(rank, `exit code ${code}`);
        memory.end(rank);
        if (failure) grace ??= setTimeout(end, GRACE);
        resolve();
      });
    });
  });
  await Promise.all(ends);
  clearTimeout(grace);
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
  if (failure) throw failure;
}
