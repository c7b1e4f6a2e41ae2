import { add, chain, constant, mul, neg, select, type Condition, type Formula, type Node } from './formula.js';
import { primitives } from './primitives.js';
import { isBounded } from './reach.js';

const zero = constant(0);
const one = constant(1);
const minusOne = constant(-1);

/** Whether a slope is 0 everywhere. */
export const isZero = (formula: Formula): boolean => formula === zero;

/**
 * The slope of a formula by one of its inputs or parameters.
 *
 * Kinks: at 0, `abs` has slope 0 and so has `max(x, 0)`: where both sides are equal, `max` and `min` are the
 * second one. Where a side is NaN they are the first one, so that a gradient goes on where the NaN did. `floor` and `sign`
 * have no slope. A `select` has that of what it chose.
 */
export function derivative(formula: Formula, name: string): Formula {
  const known = new Map<Formula, Formula>();
  const slopeOf = (node: Formula): Formula => {
    let slope = known.get(node);
    if (!slope) known.set(node, (slope = work(node)));
    return slope;
  };
  const work = (node: Formula): Formula => {
    const { op } = node;
    if (op === 'input' || op === 'parameter') return node.name === name ? one : zero;
    if (op === 'constant') return zero;
    if (op === 'select') {
      const [condition, yes, no] = node.args as [Condition, Formula, Formula];
      return either(condition, slopeOf(yes), slopeOf(no));
    }
    const args = node.args as Formula[];
    return args.reduce<Formula>((total, arg, i) => {
      const inner = slopeOf(arg);
      return inner === zero ? total : sum(total, product(primitives[op].slopes![i]!(node, ...args), inner, mul));
    }, zero);
  };
  return slopeOf(formula);
}

/**
 * What comes back through a slope when g comes back to what has it. Where g is 0 that is 0, see `chain`; a slope that is
 * finite wherever its inputs are numbers needs no question for it, and passes NaN on. `finite` names inputs that are.
 */
export const gradientThrough = (slope: Formula, g: Formula, finite: readonly string[] = []): Formula =>
  product(slope, g, (other, flow) => (isBounded(other, finite) ? mul(flow, other) : chain(flow, other)));

function product(slope: Formula, inner: Formula, times: (slope: Formula, inner: Formula) => Formula): Formula {
  if (slope === zero || inner === zero) return zero;
  if (slope === one) return inner;
  if (inner === one) return slope;
  if (slope.op === 'constant' && inner.op === 'constant') return constant(slope.value * inner.value);
  // Before anything else, so that no factor hides a choice of 0 from what comes back infinite.
  if (choosesConstants(slope)) return chosen(slope, (branch) => product(branch, inner, times));
  if (choosesConstants(inner)) return chosen(inner, (branch) => product(slope, branch, times));
  if (slope === minusOne) return neg(inner);
  if (slope.op === 'constant') return mul(inner, slope);
  if (slope.op === 'neg') return neg(product(slope.args[0] as Formula, inner, times));
  return times(slope, inner);
}

/** Of choices between constants it is one again: x - min(x, 1) has slope 0, and not 1 - 1, where x is small. */
function sum(a: Formula, b: Formula): Formula {
  if (a === zero) return b;
  if (b === zero) return a;
  if (a.op === 'constant' && b.op === 'constant') return constant(a.value + b.value);
  if (isSettled(a) && isSettled(b)) {
    const [choice, other] = a.op === 'select' ? [a, b] : [b, a];
    return chosen(choice, (branch) => sum(branch, other));
  }
  return add(a, b);
}

/** Whether it is a constant, whichever is chosen. */
const isSettled = ({ op, args }: Formula): boolean =>
  op === 'constant' || (op === 'select' && args.slice(1).every((branch) => isSettled(branch as Formula)));

const choosesConstants = ({ op, args }: Formula): boolean =>
  op === 'select' && args.slice(1).some((branch) => branch.op === 'constant' || choosesConstants(branch as Formula));

function chosen({ args }: Node<'number'>, change: (branch: Formula) => Formula): Formula {
  const [condition, yes, no] = args as [Condition, Formula, Formula];
  return either(condition, change(yes), change(no));
}

const either = (condition: Condition, yes: Formula, no: Formula): Formula =>
  yes === no ? yes : select(condition, yes, no);
