import { nearestName, OptimizerError } from '@tessera-nn/core';
import { sameShape, shapeText, sizeOf } from '@tessera-nn/core/internal';

/** Reads a saved state that may come from anywhere; what is wrong with it names the class that it is for. */
export class SavedRecords {
  constructor(readonly className: string) {}

  /** A record of exactly these names, and perhaps others that are allowed, which are read as its own. */
  record(
    given: unknown,
    what: string,
    names: readonly string[],
    kind = 'entry',
    allowed = names,
  ): Record<string, unknown> {
    if (!isRecord(given)) return this.refuse(`${what} is not a record`, `an object with ${listed(names)}`, given);
    const known = new Set([...names, ...allowed]);
    const extra = Object.keys(given).find((name) => !known.has(name));
    if (extra !== undefined) {
      const near = nearestName(extra, names);
      this.refuse(
        `${what} has an unknown ${kind} "${extra}"`,
        near ? `perhaps "${near}"` : listed(names),
        `"${extra}"`,
      );
    }
    const missing = names.find((name) => !Object.hasOwn(given, name));
    if (missing !== undefined)
      this.refuse(`${what} has no ${kind} "${missing}"`, listed(names), listed(Object.keys(given)));
    return Object.fromEntries(
      [...known].filter((name) => Object.hasOwn(given, name)).map((name) => [name, given[name]]),
    );
  }

  /** The values of one array, all of them finite. */
  array(stored: unknown, what: string, shape: readonly number[]): Float32Array {
    const { shape: itsShape, values } = this.record(stored, what, ['shape', 'values']);
    const given = Array.isArray(itsShape) ? (itsShape as number[]) : undefined;
    if (!sameShape(given, shape)) {
      this.refuse(`${what} has another shape`, shapeText(shape), given ? shapeText(given) : itsShape);
    }
    const numbers = listOf(values);
    const size = sizeOf(shape);
    if (numbers?.length !== size)
      this.refuse(`${what} has not its values`, `${size} numbers`, numbers?.length ?? values);
    const array = Float32Array.from(numbers as number[]);
    const wrong = array.findIndex((value, i) => typeof numbers[i] !== 'number' || !Number.isFinite(value));
    if (wrong >= 0)
      this.refuse(`${what} holds no finite number at ${wrong}`, 'finite numbers of float32', numbers[wrong]);
    return array;
  }

  /** @throws OptimizerError */
  refuse(problem: string, expected: unknown, received: unknown): never {
    throw new OptimizerError(`${this.className} cannot go on from this state: ${problem}`, {
      path: this.className,
      expected: String(expected),
      received: isRecord(received) || Array.isArray(received) ? 'another object' : String(received),
      hint: `Take the state of another ${this.className} on a module with these parameters; nothing was changed`,
    });
  }
}

/** More names would not be read. */
const MOST_LISTED = 8;

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const rest = names.length - MOST_LISTED;
  return names.slice(0, MOST_LISTED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** Numbers one after the other; JSON makes `{ "0": 1, "1": 2 }` of a typed array. */
function listOf(values: unknown): ArrayLike<unknown> | undefined {
  if (Array.isArray(values)) return values as unknown[];
  if (ArrayBuffer.isView(values)) return 'length' in values ? (values as Float32Array) : undefined;
  if (!isRecord(values)) return undefined;
  const entries = Object.entries(values);
  return entries.every(([key], i) => key === String(i)) ? entries.map(([, value]) => value) : undefined;
}
