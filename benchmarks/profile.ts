import { profile } from 'tessera-nn';
import type { Timed } from './row.js';

/** Where the time of a step goes before its result is read, as a table. */
export async function profileStep(step: Timed): Promise<string> {
  for (let i = 0; i < 2; i++) await step();
  let read: Promise<unknown> | undefined;
  const report = await profile(() => {
    read = step();
  });
  await read;
  return String(report);
}
