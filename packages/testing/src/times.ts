import { settingOf } from './backend.js';

/** How often a fault is tried: a few times in `npm test`, on demand as often as `npm run faults -- --count 300` says. */
export function timesOr(few: number): number {
  return Number(settingOf('faults') ?? few);
}
