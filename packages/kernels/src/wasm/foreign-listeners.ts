import { isNode } from './node.js';

type Listener = (...args: unknown[]) => void;

/** Node's `process`; the package has no Node types, because it also runs in pages. */
const nodeProcess = (
  globalThis as {
    process?: {
      listeners(event: string): Listener[];
      off(event: string, listener: Listener): void;
    };
  }
).process;

/**
 * The glue of tfjs-wasm adds process-wide listeners that rethrow every uncaught error from inside its own bundle, which
 * hides where an error came from. They are taken off again.
 */
export async function withoutForeignListeners<T>(start: () => Promise<T>): Promise<T> {
  const process = isNode ? nodeProcess : undefined;
  const events = process ? ['uncaughtException', 'unhandledRejection'] : [];
  const before = events.map((event) => process!.listeners(event));
  const result = await start();
  events.forEach((event, i) => {
    for (const listener of process!.listeners(event)) {
      if (!before[i]!.includes(listener)) process!.off(event, listener);
    }
  });
  return result;
}
