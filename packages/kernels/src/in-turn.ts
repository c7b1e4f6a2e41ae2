let last: Promise<unknown> = Promise.resolve();

/** Runs work that changes which backend computes when all such work from before has ended: pages may ask twice at once. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work);
  last = done.catch(() => undefined);
  return done;
}
