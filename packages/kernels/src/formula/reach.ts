import { nodesOf, type Formula, type Operation } from './formula.js';

/** How far the values of a formula go: they are finite, or at least not NaN, or anything. In the order of worse. */
const REACHES = ['finite', 'number', 'any'] as const;
type Reach = (typeof REACHES)[number];

const worst = (reaches: readonly Reach[]): Reach =>
  REACHES[Math.max(0, ...reaches.map((reach) => REACHES.indexOf(reach)))]!;

/** Of any number it is finite. */
const limited = (args: readonly Reach[]): Reach => (worst(args) === 'any' ? 'any' : 'finite');
/** Infinities make NaN of it. */
const arithmetic = (args: readonly Reach[]): Reach => (worst(args) === 'finite' ? 'finite' : 'any');
/** A comparison holds or not, whatever it compares. */
const condition = (): Reach => 'finite';

/** What is left out may be infinite or NaN of finite numbers. */
const ofOperations: Readonly<Partial<Record<Operation, (args: readonly Reach[]) => Reach>>> = {
  ...{ sigmoid: limited, tanh: limited, erf: limited, sign: limited },
  ...{ neg: worst, abs: worst, min: worst, max: worst, floor: worst, ceil: worst, round: worst, select: worst },
  ...{ add: arithmetic, sub: arithmetic, mul: arithmetic, chain: arithmetic },
  ...{ gt: condition, ge: condition, eq: condition },
};

/**
 * Whether a formula is finite wherever its inputs are numbers. Parameters count as small ones, as do the inputs that
 * `finite` names.
 */
export function isBounded(formula: Formula, finite: readonly string[] = []): boolean {
  const reaches = new Map<object, Reach>();
  for (const node of nodesOf(formula)) {
    const { op, args, name, value } = node;
    if (op === 'parameter') reaches.set(node, 'finite');
    else if (op === 'input') reaches.set(node, finite.includes(name) ? 'finite' : 'number');
    else if (op === 'constant') reaches.set(node, Number.isFinite(value) ? 'finite' : 'any');
    else reaches.set(node, ofOperations[op]?.(args.map((arg) => reaches.get(arg)!)) ?? 'any');
  }
  return reaches.get(formula) === 'finite';
}
