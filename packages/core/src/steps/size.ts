/** A number that grows with the batch: each batch + more. */
export class BatchSize {
  constructor(
    readonly each: number,
    readonly more: number,
  ) {}
}

/** A size, place or count in a graph: the same for all batches, or of the batch. */
export type Size = number | BatchSize;

/** What grows with the batch is seen by tracing two of them. */
export const FIRST_BATCH = 2;
export const SECOND_BATCH = 3;

/** Where two runs differ in a way that does not follow from their batches. */
export class Difference extends Error {}

/** A number that was one with the first batch, and another with the second. */
function sizeOf(first: number, second: number): Size {
  const each = (second - first) / (SECOND_BATCH - FIRST_BATCH);
  const more = first - each * FIRST_BATCH;
  // What falls, or grows faster than the batch, is no count of something for each sample.
  if (!Number.isInteger(each) || !Number.isInteger(more) || each < 0 || more < 0) {
    throw new Difference(`${first} with a batch of ${FIRST_BATCH}, ${second} with one of ${SECOND_BATCH}`);
  }
  return new BatchSize(each, more);
}

/** Any plain data with a `Size` in each place where two of them have different numbers. @throws Difference */
export function merged(first: unknown, second: unknown): unknown {
  if (Object.is(first, second)) return first;
  if (typeof first === 'number' && typeof second === 'number') return sizeOf(first, second);
  if (Array.isArray(first) && Array.isArray(second) && first.length === second.length) {
    return first.map((value, i) => merged(value, second[i]));
  }
  if (isRecord(first) && isRecord(second) && String(Object.keys(first)) === String(Object.keys(second))) {
    return Object.fromEntries(Object.entries(first).map(([key, value]) => [key, merged(value, second[key])]));
  }
  throw new Difference('they were given different things');
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const sameSize = (a: Size, b: Size): boolean =>
  a === b || (a instanceof BatchSize && b instanceof BatchSize && a.each === b.each && a.more === b.more);

/** How many elements a shape has; undefined where that is a power of the batch. */
export function countOf(shape: readonly Size[]): Size | undefined {
  let count: Size = 1;
  for (const size of shape) {
    if (typeof size === 'number') count = typeof count === 'number' ? count * size : times(count, size);
    else if (typeof count === 'number') count = times(size, count);
    else return undefined;
  }
  return count;
}

const times = ({ each, more }: BatchSize, factor: number) => new BatchSize(each * factor, more * factor);

/** How long each row is where a shape has so many; undefined where that changes with the batch. */
export function rowLength(shape: readonly Size[], rows: Size): number | undefined {
  const count = countOf(shape);
  const [whole, parts] =
    count instanceof BatchSize && rows instanceof BatchSize ? [count.each, rows.each] : [count, rows];
  return typeof whole === 'number' && typeof parts === 'number' ? whole / parts : undefined;
}
