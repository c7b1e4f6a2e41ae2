/** What a stretch of work is: a call of a module, an op, a kernel, or a draw of ours on WebGL. */
export type SpanKind = 'module' | 'op' | 'kernel' | 'draw';

/** The module call that a span belongs to; its path is asked for while the span is open. */
export type SpanPlace = { describe(): string } | undefined;

/** Is told of every span that begins and ends while some work runs. */
export interface SpanWatcher {
  enter(kind: SpanKind, name: string, place: SpanPlace): void;
  /** Ends the span that began last. */
  leave(): void;
}

let watcher: SpanWatcher | undefined;

/** Runs work as a span of its own, for whoever watches. Without a place it belongs to the module call that runs. */
export function inSpan<T>(kind: SpanKind, name: string, work: () => T, place?: SpanPlace): T {
  if (!watcher) return work();
  const watching = watcher;
  watching.enter(kind, name, place);
  try {
    return work();
  } finally {
    watching.leave();
  }
}

/** Whether somebody watches now. */
export const hasSpanWatcher = (): boolean => watcher !== undefined;

/** Runs synchronous work whose spans are told to a watcher. */
export function watchingSpans<T>(next: SpanWatcher, work: () => T): T {
  watcher = next;
  try {
    return work();
  } finally {
    watcher = undefined;
  }
}
