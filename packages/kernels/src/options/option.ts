import type { ErrorDetails, TesseraError } from '../errors.js';

/** What a value may be. */
export interface Rule {
  /** As messages say it: `a whole number from 1`. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** The words, where it is one of some. */
  readonly choices?: readonly string[];
  /** The class of error that refuses it, where ValueError is not it. */
  readonly error?: new (summary: string, details?: ErrorDetails) => TesseraError;
}

/**
 * One option: what it may be, and what it is where nothing is given. `count` must be given; `count.or(1)` is 1 where it is
 * not; `count.optional` is undefined then. See `kinds.ts` for those there are.
 */
export class Option<Value, Omissible extends boolean = false> {
  /** Only there for the types. */
  declare protected readonly omissible: Omissible;
  readonly rule: Rule;
  readonly required: boolean;
  readonly preset: Value | undefined;

  constructor(rule: Rule, required = true, preset?: Value) {
    this.rule = rule;
    this.required = required;
    this.preset = preset;
  }

  /** The same with a value for where none is given. Null stands for itself: it can be given, too. */
  or<Preset extends Value | null>(preset: Preset): Option<Value | Preset, true> {
    return new Option<Value | Preset, true>(this.rule, false, preset);
  }

  /** The same, undefined where nothing is given. */
  get optional(): Option<Value | undefined, true> {
    return new Option<Value | undefined, true>(this.rule, false);
  }

  /** Whether a value fits; null does where it is what stands for nothing given. */
  accepts(value: unknown): boolean {
    return (value === null && this.preset === null) || this.rule.accepts(value);
  }
}

/** A second name of an option; it takes what the option takes. */
export class SecondName<Value> extends Option<Value, true> {
  constructor(readonly of: string) {
    super({ expected: `what ${of} may be`, accepts: () => true }, false);
  }
}
