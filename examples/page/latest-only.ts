/** Runs `work` on one input at a time; of those that come meanwhile only the latest is kept. */
export function latestOnly<T>(work: (input: T) => Promise<void>): (input: T) => Promise<void> {
  let waiting: { input: T } | undefined;
  let running: Promise<void> | undefined;
  const run = async () => {
    try {
      while (waiting) {
        const { input } = waiting;
        waiting = undefined;
        await work(input);
      }
    } finally {
      running = undefined;
    }
  };
  return (input) => {
    waiting = { input };
    return (running ??= run());
  };
}
