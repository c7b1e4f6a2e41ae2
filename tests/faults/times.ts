/** How often a fault is tried: a few times in `npm test`, as often as FAULTS says in `npm run test:faults`. */
export function timesOr(few: number): number {
  return Number(process.env.FAULTS ?? few);
}
