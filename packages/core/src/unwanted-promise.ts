import { AutogradError, type ErrorDetails } from '@tessera-nn/kernels';

/**
 * Whether something synchronous gave a Promise, which the caller then refuses. That it may reject later is taken as seen:
 * the refusal says more, and a rejection that nobody handles ends Node.
 */
export function isUnwantedPromise(value: unknown): boolean {
  if (typeof (value as PromiseLike<unknown> | null | undefined)?.then !== 'function') return false;
  (value as PromiseLike<unknown>).then(undefined, () => undefined);
  return true;
}

/**
 * What a function of somebody else's returned, where there is no waiting for it.
 *
 * @throws the `kind` of error when it is a Promise.
 */
export function synchronous<T>(
  returned: T,
  problem: string,
  {
    kind = AutogradError,
    ...details
  }: ErrorDetails & { kind?: new (message: string, details: ErrorDetails) => Error } = {},
): T {
  if (!isUnwantedPromise(returned)) return returned;
  throw new kind(problem, {
    expected: 'a function that returns its result',
    received: 'one that returns a Promise',
    ...details,
  });
}
