import { ModuleError, ValueError } from '@tessera-nn/core';
import { nodeModule, shownValue } from '@tessera-nn/core/internal';

/** One end of the channel between a worker and who started it. */
export type Port = { postMessage(message: unknown, transfer: ArrayBuffer[]): void } & (PageEvents | NodeEvents);

/** A worker of a page or of Node's `worker_threads`, as `new Worker(file)` makes it. */
export type AnyWorker = Port & { terminate(): unknown };

interface PageEvents {
  addEventListener(type: string, hear: (event: { readonly data?: unknown; readonly message?: string }) => void): void;
}

interface NodeEvents {
  on(type: string, hear: (value: unknown) => void): void;
}

/** @throws ValueError for what is not a worker. */
export function checkWorker(value: unknown): void {
  const has = (method: string) => typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function';
  if (has('postMessage') && has('terminate') && (has('on') || has('addEventListener'))) return;
  throw new ValueError('WorkerTrainer.start takes a worker first', {
    path: 'WorkerTrainer',
    expected: 'new Worker(file)',
    received: shownValue(value),
  });
}

/** Calls a function with each message. */
export function onMessage(port: Port, hear: (message: unknown) => void): void {
  if ('on' in port) port.on('message', hear);
  else port.addEventListener('message', ({ data }) => hear(data));
}

/** Calls a function when nothing more can come. */
export function onFailure(port: Port, fail: (cause: unknown) => void): void {
  for (const type of ['error', 'messageerror']) {
    if ('on' in port) port.on(type, fail);
    else port.addEventListener(type, ({ message }) => fail(new Error(message ?? 'Its file cannot be loaded')));
  }
  if ('on' in port) port.on('exit', (code) => fail(new Error(`It ended by itself, with code ${String(code)}`)));
}

/** The port of the worker that this runs in. @throws ModuleError outside of a worker. */
export function ownPort(): Port {
  const threads = nodeModule<{ parentPort: Port | null }>('node:worker_threads');
  if (threads?.parentPort) return threads.parentPort;
  if (!threads && 'WorkerGlobalScope' in globalThis) return globalThis as unknown as Port;
  throw new ModuleError('serveTrainer belongs in the file of a worker', {
    path: 'serveTrainer',
    hint: 'Put it in a file of its own, and start it with WorkerTrainer.start(new Worker(file))',
  });
}
