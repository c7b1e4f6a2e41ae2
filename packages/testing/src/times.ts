import { settingOf } from './backend.js';

/** How often a fault is tried: a few times in `npm test`, on demand as often as `npm run faults -- --count 300` says. */
export function timesOr(few: number): number {
  return Number(settingOf('faults') ?? few);
}

/** Says what happened how often, where it was asked for more than a few times. */
export function tellCounts(counts: Readonly<Record<string, number>>): void {
  if (settingOf('faults') === undefined) return;
  console.log(
    `      ${Object.entries(counts)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')}`,
  );
}
