import { namedErrors } from './named-errors.js';

/** What an error says beside its message: where it happened, what was wanted, what came, what to do next. */
export interface ErrorDetails {
  /** Dotted path of the module, parameter or file the error is about, such as `net.conv2`. */
  path?: string;
  /** What would have been accepted. */
  expected?: string;
  /** What was given. */
  received?: string;
  /** The next step that mends it. */
  hint?: string | undefined;
  /** The error this one explains. */
  cause?: unknown;
}

/**
 * Base of every error Tessera throws on purpose.
 *
 * The message reads `<summary>. Expected <expected>, received <received>. <hint>`; each part is also a field,
 * so that a program can act on it without parsing text.
 */
export class TesseraError extends Error {
  static {
    this.named('TesseraError');
  }
  readonly summary: string;
  readonly path: string | undefined;
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly hint: string | undefined;

  constructor(summary: string, given?: ErrorDetails) {
    const details = given ?? {};
    super(compose(summary, details), details.cause === undefined ? undefined : { cause: details.cause });
    this.summary = summary;
    this.path = details.path;
    this.expected = details.expected;
    this.received = details.received;
    this.hint = details.hint;
    // Consoles often print the stack alone, which in Firefox and Safari holds no message.
    if (this.stack !== undefined && !this.stack.includes(this.message)) {
      this.stack = `${this.name}: ${this.message}\n${this.stack}`;
    }
  }

  /** Gives a class its name, which minifiers leave alone. Each class calls it once, in a static block. */
  protected static named(name: string): void {
    // On the prototype, where the stack takes it from: it is written before any field is there.
    this.prototype.name = name;
    namedErrors.set(name, this.prototype);
  }

  /** Puts where the error travelled through in front of its message, outermost first; the type stays. */
  within(place: string): this {
    const before = this.message;
    this.message = `${place}:\n${before}`;
    // The stack was written when the error was made and is what consoles print.
    if (this.stack) this.stack = this.stack.replace(before, () => this.message);
    return this;
  }
}

function compose(summary: string, { expected, received, hint }: ErrorDetails): string {
  const facts = [expected && `expected ${expected}`, received && `received ${received}`].filter(Boolean).join(', ');
  const sentences = [summary, facts && facts[0]?.toUpperCase() + facts.slice(1), hint].filter(Boolean) as string[];
  return sentences.map((s) => (/[.!?]$/.test(s) ? s : `${s}.`)).join(' ');
}

/** A shape, rank, count or axis does not fit. */
export class ShapeError extends TesseraError {
  static {
    this.named('ShapeError');
  }
}

/** A number type does not fit. */
export class DtypeError extends TesseraError {
  static {
    this.named('DtypeError');
  }
}

/** A value is outside what is allowed: an unknown option, a negative size, a NaN where none may be. */
export class ValueError extends TesseraError {
  static {
    this.named('ValueError');
  }
}

/** A module was used in a way it does not allow. */
export class ModuleError extends TesseraError {
  static {
    this.named('ModuleError');
  }
}

/** A container was built or asked wrongly. */
export class ContainerError extends ModuleError {
  static {
    this.named('ContainerError');
  }
}

/** Predictions or targets do not fit the cost. */
export class CostError extends TesseraError {
  static {
    this.named('CostError');
  }
}

/** An optimizer cannot step: not set up, no gradients, or outside training. */
export class OptimizerError extends TesseraError {
  static {
    this.named('OptimizerError');
  }
}

/** A gradient was asked for that cannot be given: a released graph, a missing seed, an op without one. */
export class AutogradError extends TesseraError {
  static {
    this.named('AutogradError');
  }
}

/** A data file or batch cannot be used: missing, truncated, of a foreign format, or empty. */
export class DataError extends TesseraError {
  static {
    this.named('DataError');
  }
}

/** A backend is unknown, cannot start here, or lacks what a kernel needs. */
export class BackendError extends TesseraError {
  static {
    this.named('BackendError');
  }
}

/** A value was read or used after its memory was given back. */
export class ReleasedError extends TesseraError {
  static {
    this.named('ReleasedError');
  }
}

/** Longer than any name that somebody misspelt. */
const LONGEST_NAME = 200;

/** Names up to here that begin otherwise are other words, as `gelu` and `relu`, and not slips of a key. */
const SHORT_NAME = 4;

/** The known name nearest to a misspelt one by edit distance, or undefined when none is near; a short one begins alike. */
export function nearestName(wrong: string, known: readonly string[]): string | undefined {
  const isList: boolean = Array.isArray(known);
  if (typeof wrong !== 'string' || !isList) {
    throw new ValueError('nearestName() looks for a name among others', {
      expected: 'a string, and a list of strings',
    });
  }
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(wrong.length / 2)) + 1;
  for (const name of known) {
    // Files may hold names of any length, and the time goes with the product of both.
    if (Math.max(wrong.length, name.length) > LONGEST_NAME) continue;
    const [given, meant] = [wrong.toLowerCase(), name.toLowerCase()];
    if (wrong.length <= SHORT_NAME && given[0] !== meant[0]) continue;
    const distance = editDistance(given, meant);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** The hint for a misspelt name; undefined when no known one is near. */
export function didYouMean(wrong: string, known: readonly string[]): string | undefined {
  const near = nearestName(wrong, known);
  return near === undefined ? undefined : `Did you mean "${near}"?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
