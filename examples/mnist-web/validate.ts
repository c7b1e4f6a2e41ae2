import type { ArrayDataset, Validator } from 'tessera-nn';
import type { FrameWatch } from './frame-watch.js';

export interface ValidateOptions {
  frames: FrameWatch;
  signal: AbortSignal;
}

/** The share of digits read right, measured one batch at a time, so that the page can be drawn in between. */
export async function shareOfRight(
  validator: Validator,
  digits: ArrayDataset,
  { frames, signal }: ValidateOptions,
): Promise<number> {
  let wrong = 0;
  for (let at = 0; at < digits.length; at += validator.batchSize) {
    const part = digits.slice(at, Math.min(digits.length, at + validator.batchSize));
    wrong += part.length * (await validator.validate(part, undefined, { signal }));
    await frames.catchUp();
  }
  return 1 - wrong / digits.length;
}
