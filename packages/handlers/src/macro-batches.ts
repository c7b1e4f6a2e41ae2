import type { Step } from './step.js';

/** Walks to the end, and calls a function whenever so many samples went by, and behind each epoch; a Promise is awaited. */
export async function afterParts(steps: AsyncIterable<Step>, samples: number, call: () => unknown): Promise<void> {
  let seen = 0;
  for await (const step of steps) {
    const parts = Math.floor(seen / samples);
    seen += step.samples;
    if (Math.floor(seen / samples) > parts || step.batch === step.batches) await call();
  }
}
