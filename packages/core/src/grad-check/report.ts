import { checkList } from '@tessera-nn/kernels/internal';
/** One element of an input or parameter. */
export interface CheckedElement {
  /** `input 0`, or the path of a parameter. */
  variable: string;
  /** Place in the flat values. */
  index: number;
  /** What the op's gradient says. */
  gradient: number;
  /** What the differences say. */
  quotient: number;
  /** How many times the tolerance they are apart. */
  excess: number;
  /** Two steps gave two quotients: there is a kink nearby. */
  skipped: boolean;
}

/** What `gradCheck` found. */
export class GradCheckReport {
  /** Whether every gradient agrees, and at least half of each Variable could be checked. */
  readonly ok: boolean;
  /** How many elements were checked. */
  readonly checked: number;
  /** How many lie at kinks and were not. */
  readonly skipped: number;
  /** The elements furthest off, worst first; in a good report they are all within the tolerance. */
  readonly worst: readonly CheckedElement[];
  /** Variables of which more than half lies at kinks. */
  readonly uncheckable: readonly string[];

  constructor(elements: readonly CheckedElement[], count: number) {
    checkList(elements, 'GradCheckReport', 'the elements that were checked');
    const kept = elements.filter(({ skipped }) => !skipped);
    const size = (excess: number) => (Number.isNaN(excess) ? Infinity : excess);
    this.worst = [...kept].sort((a, b) => size(b.excess) - size(a.excess)).slice(0, count);
    this.checked = kept.length;
    this.skipped = elements.length - kept.length;
    this.uncheckable = [...new Set(elements.map(({ variable }) => variable))].filter((name) => {
      const own = elements.filter(({ variable }) => variable === name);
      return 2 * own.filter(({ skipped }) => skipped).length > own.length;
    });
    this.ok = this.uncheckable.length === 0 && kept.every(({ excess }) => excess <= 1);
  }

  /** A line for the verdict and one for each of the worst elements. */
  toString(): string {
    const verdict = `gradCheck ${this.ok ? 'passed' : 'failed'}: ${this.checked} elements, ${this.skipped} at kinks`;
    const kinks = this.uncheckable.map((name) => `  ${name}: more than half lies at kinks; choose other values`);
    const lines = this.worst.map(
      ({ variable, index, gradient, quotient, excess }) =>
        `  ${variable}[${index}]: gradient ${number(gradient)}, differences ${number(quotient)}, ` +
        `${excess.toFixed(2)} times the tolerance`,
    );
    return [verdict, ...kinks, ...lines].join('\n');
  }
}

const DIGITS = 6;
const number = (value: number) => String(Number(value.toPrecision(DIGITS)));
