let undoings: (() => void)[] | undefined;

/** Notes how to take back what was made of sizes that came with an input. To be called inside `builtTogether`. */
export function noteBuilt(undo: () => void): void {
  undoings?.push(undo);
}

/**
 * Runs work that may be the first to say sizes. When it fails, what was made of them waits again: a first batch that one
 * module refuses must not have fixed the sizes of the modules before it. Inside of other such work it is a part of that.
 */
export function builtTogether<T>(work: () => T): T {
  if (undoings) return work();
  const own: (() => void)[] = [];
  undoings = own;
  try {
    return work();
  } catch (error) {
    for (const undo of own.reverse()) undo();
    throw error;
  } finally {
    undoings = undefined;
  }
}
