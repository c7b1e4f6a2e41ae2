/**
 * Whether something synchronous gave a Promise, which the caller then refuses. That it may reject later is taken as seen:
 * the refusal says more, and a rejection that nobody handles ends Node.
 */
export function isUnwantedPromise(value: unknown): boolean {
  if (typeof (value as PromiseLike<unknown> | null | undefined)?.then !== 'function') return false;
  (value as PromiseLike<unknown>).then(undefined, () => undefined);
  return true;
}
