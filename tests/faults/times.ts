/** How often a fault is tried: a few times in `npm test`, as often as FAULTS says on demand: `FAULTS=1000 SPEC=tests/faults npm run test:node`. */
export function timesOr(few: number): number {
  return Number(process.env.FAULTS ?? few);
}
