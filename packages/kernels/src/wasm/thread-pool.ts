import { BackendError } from '../errors.js';
import type { CompanionFunctions, SharedFunction } from './companion-functions.js';
import { isNode, nodeModule } from './node.js';
import {
  ARGUMENTS,
  CONTROLS,
  FAILED,
  FUNCTION,
  LEFT,
  SCRATCH_STEP,
  TASKS,
  threadSource,
  WAKE,
} from './thread.source.js';

/** Numbers of all tasks that are handed out at once. */
const MAX_VALUES = 1 << 16;
const LOOKS = 20_000;
/** How long no task may end, in milliseconds and in times of the longest one that the calling thread had. */
const [PATIENCE, TIMES_LONGEST] = [5_000, 20];
/** Milliseconds that count for one look: a machine that stood still was not waiting. */
const LONGEST_LOOK = 2;

/** What Node's workers and those of a page have in common here. */
interface Thread {
  terminate(): unknown;
}

interface NodeWorker extends Thread {
  once(event: string, listener: (value: unknown) => void): void;
  unref(): void;
}

/**
 * Threads that run functions of the companion on one shared memory. Tasks are taken from a counter, by the calling thread
 * too, so that a thread that the machine holds up takes fewer; which thread computes what changes no result.
 */
export class ThreadPool {
  /** Milliseconds without the end of a task after which a thread is taken for dead. Tests have less. */
  static patience = PATIENCE;

  readonly threads: number;
  #longest = 0;
  #isClosed = false;
  readonly #workers: Thread[] = [];
  readonly #controls = new Int32Array(new SharedArrayBuffer(4 * CONTROLS));
  readonly #values = new Float64Array(new SharedArrayBuffer(8 * MAX_VALUES));
  readonly #functions: CompanionFunctions;
  readonly #names: string[];

  private constructor(functions: CompanionFunctions, threads: number) {
    this.threads = threads;
    this.#functions = functions;
    this.#names = Object.keys(functions);
  }

  /** Starts the threads beside the calling one and waits until all are ready. */
  static async start(
    functions: CompanionFunctions,
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    threads: number,
  ): Promise<ThreadPool> {
    const pool = new ThreadPool(functions, threads);
    const shared = { module, memory, controls: pool.#controls, values: pool.#values, names: pool.#names };
    try {
      const starts = Array.from({ length: threads - 1 }, (_, i) => pool.#startThread({ ...shared, thread: i + 1 }));
      await Promise.all(starts);
    } catch (cause) {
      pool.close();
      throw new BackendError('A thread did not start', { path: 'setThreads', cause });
    }
    return pool;
  }

  #startThread(data: object): Promise<void> {
    return new Promise((resolve, reject) => {
      if (isNode) {
        const { Worker } = nodeModule<{ Worker: new (source: string, options: object) => NodeWorker }>(
          'node:worker_threads',
        )!;
        const worker = new Worker(threadSource, { eval: true, execArgv: [], workerData: data });
        this.#workers.push(worker);
        worker.once('error', reject);
        worker.once('message', () => {
          worker.unref(); // the process ends by itself; not before, or it would end while the thread starts
          resolve();
        });
        return;
      }
      const url = URL.createObjectURL(new Blob([threadSource], { type: 'text/javascript' }));
      const worker = new Worker(url);
      this.#workers.push(worker);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.onmessage = () => {
        URL.revokeObjectURL(url);
        resolve();
      };
      worker.postMessage(data);
    });
  }

  /**
   * Calls a function once for each list of numbers; its last one points to `threads` rooms of `scratchBytes` bytes each.
   *
   * @throws BackendError when a call traps in a thread, and when a thread ended in the middle of one. The pool is closed
   *   then, and memory that the call was given must not be used again: what is taken for dead may still write.
   */
  run(name: SharedFunction, tasks: readonly (readonly number[])[], scratchBytes: number): void {
    const count = tasks[0]!.length;
    const call = this.#functions[name] as unknown as (...values: readonly number[]) => void;
    const together = Math.floor(MAX_VALUES / count);
    for (let from = 0; from < tasks.length; from += together) {
      this.#runTogether(name, call, tasks.slice(from, from + together), count, scratchBytes);
    }
  }

  #runTogether(
    name: SharedFunction,
    call: (...values: readonly number[]) => void,
    tasks: readonly (readonly number[])[],
    count: number,
    scratchBytes: number,
  ): void {
    const controls = this.#controls;
    tasks.forEach((task, i) => this.#values.set(task, i * count));
    controls[FUNCTION] = this.#names.indexOf(name);
    controls[ARGUMENTS] = count;
    controls[SCRATCH_STEP] = scratchBytes;
    Atomics.store(controls, LEFT, tasks.length);
    // Last, and at once the number of tasks and the leave to take them: a thread may still be looking for old ones.
    Atomics.store(controls, TASKS, tasks.length);
    Atomics.add(controls, WAKE, 1);
    Atomics.notify(controls, WAKE);
    let failure: unknown;
    for (let task; (task = Atomics.sub(controls, TASKS, 1) - 1) >= 0;) {
      const start = performance.now();
      try {
        call(...tasks[task]!);
      } catch (error) {
        failure = error;
      }
      this.#longest = Math.max(this.#longest, performance.now() - start);
      Atomics.sub(controls, LEFT, 1);
    }
    if (!this.#allEnd()) {
      this.close();
      throw new BackendError(`A thread ended in the middle of ${name}`, {
        path: 'setThreads',
        hint: `One thread computes from now on; setThreads(${this.threads}) starts the others anew`,
      });
    }
    if (Atomics.exchange(controls, FAILED, 0) || failure !== undefined) {
      throw new BackendError(`${name} failed in one of ${this.threads} threads`, { cause: failure });
    }
  }

  /** Waits until every task is done; false when none ends any more. A page's own thread may not sleep. */
  #allEnd(): boolean {
    const patience = Math.max(ThreadPool.patience, TIMES_LONGEST * this.#longest);
    let [before, quiet, last] = [0, 0, 0];
    for (let looks = 0; ; looks++) {
      const left = Atomics.load(this.#controls, LEFT);
      if (left === 0) return true;
      if (looks < LOOKS) continue;
      if (isNode) Atomics.wait(this.#controls, LEFT, left, 1);
      const now = performance.now();
      quiet = left === before ? quiet + Math.min(now - last, LONGEST_LOOK) : 0;
      if (quiet > patience) return false;
      [before, last] = [left, now];
    }
  }

  /** Whether its threads were ended, or taken for dead. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Ends the threads. */
  close(): void {
    this.#isClosed = true;
    for (const worker of this.#workers) void worker.terminate();
  }
}
