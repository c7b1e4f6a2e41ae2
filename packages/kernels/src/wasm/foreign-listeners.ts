type Listener = (...args: unknown[]) => void;

/** Node's `process`; the package has no Node types, because it also runs in pages. */
const { process } = globalThis as {
  process?: {
    listeners?(event: string): Listener[];
    off(event: string, listener: Listener): void;
  };
};

/**
 * Runs the glue of tfjs-wasm, which adds process-wide listeners that rethrow every uncaught error from inside its own
 * bundle and so hide where an error came from. They are taken off again, before anybody else can add one.
 */
export function withoutListenersOf<T>(glue: () => T): T {
  const events = process?.listeners ? ['uncaughtException', 'unhandledRejection'] : [];
  const before = events.map((event) => process!.listeners!(event));
  try {
    return glue();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process!.listeners!(event)) {
        if (!before[i]!.includes(listener)) process!.off(event, listener);
      }
    });
  }
}
