/** What a node computes from its arguments; `primitives.ts` has a row for each. */
export type Operation =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'neg'
  | 'abs'
  | 'min'
  | 'max'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'sign'
  | 'sqrt'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log1p'
  | 'pow'
  | 'sigmoid'
  | 'tanh'
  | 'softplus'
  | 'sin'
  | 'cos'
  | 'erf'
  | 'gt'
  | 'ge'
  | 'eq'
  | 'select'
  | 'chain';

/** What a node reads from outside: an input has a value for each element, a parameter one for all. */
export type Leaf = 'input' | 'parameter' | 'constant';

/** The nodes that somebody holds, by what they say. */
const made = new Map<string, WeakRef<Node<'number' | 'condition'>>>();
const forgotten = new FinalizationRegistry<string>((key) => {
  if (!made.get(key)?.deref()) made.delete(key);
});
let count = 0;

/**
 * A function of each element, written as mathematics: immutable, and shared, so that equal subformulas are one node.
 * It knows no shapes, no loops and no backends.
 */
export class Node<Type extends 'number' | 'condition'> {
  private constructor(
    readonly type: Type,
    readonly op: Operation | Leaf,
    readonly args: readonly Node<'number' | 'condition'>[],
    /** The name of an input or parameter. */
    readonly name: string,
    /** The value of a constant. */
    readonly value: number,
    /** Tells it from every other node. */
    readonly id: number,
  ) {}

  static of<Type extends 'number' | 'condition'>(
    type: Type,
    op: Operation | Leaf,
    args: readonly Node<'number' | 'condition'>[],
    name = '',
    value = NaN,
  ): Node<Type> {
    const key = [op, name, Object.is(value, -0) ? '-0' : value, ...args.map(({ id }) => id)].join(' ');
    const known = made.get(key)?.deref();
    if (known) return known as Node<Type>;
    const node = new Node(type, op, args, name, value, count++);
    made.set(key, new WeakRef(node));
    forgotten.register(node, key);
    return node;
  }
}

/** A number for each element. */
export type Formula = Node<'number'>;
/** Whether something holds, for each element: what `select` chooses by. */
export type Condition = Node<'condition'>;
/** Where a formula is wanted, a number is the constant. */
export type Operand = Formula | number;

/** What has a value for each element. */
export const input = (name: string): Formula => Node.of('number', 'input', [], name);
/** What is one number for all elements. */
export const parameter = (name: string): Formula => Node.of('number', 'parameter', [], name);
/** A number, as float32 has it, so that comparisons come out the same everywhere. */
export const constant = (value: number): Formula => Node.of('number', 'constant', [], '', Math.fround(value));

const formulaOf = (operand: Operand): Formula => (typeof operand === 'number' ? constant(operand) : operand);

const operation =
  <Arguments extends readonly Operand[]>(op: Operation) =>
  (...args: Arguments): Formula =>
    Node.of('number', op, args.map(formulaOf));
const unary = operation<[a: Operand]>;
const binary = operation<[a: Operand, b: Operand]>;

/** a + b. */
export const add = binary('add');
/** a - b. */
export const sub = binary('sub');
/** a b. */
export const mul = binary('mul');
/** a / b. */
export const div = binary('div');
/** -a. */
export const neg = unary('neg');
/** |a|. */
export const abs = unary('abs');
/** The smaller one; NaN if either is NaN. */
export const min = binary('min');
/** The larger one; NaN if either is NaN. */
export const max = binary('max');
/** The next whole number below. */
export const floor = unary('floor');
/** The next whole number above. */
export const ceil = unary('ceil');
/** The nearest whole number, the even one of two that are as near. */
export const round = unary('round');
/** -1, 1, or the number itself where it is a zero or NaN. */
export const sign = unary('sign');
/** The square root; NaN below 0. */
export const sqrt = unary('sqrt');
/** e^a. */
export const exp = unary('exp');
/** e^a - 1 with all its digits near 0. */
export const expm1 = unary('expm1');
/** The natural logarithm; -Infinity of 0, NaN below. */
export const log = unary('log');
/** ln(1 + a) with all its digits near 0. */
export const log1p = unary('log1p');
/** 1 / (1 + e^-a). */
export const sigmoid = unary('sigmoid');
/** The hyperbolic tangent. */
export const tanh = unary('tanh');
/** ln(1 + e^a). */
export const softplus = unary('softplus');
/** The sine of an angle in radians. */
export const sin = unary('sin');
/** The cosine of an angle in radians. */
export const cos = unary('cos');
/** The error function: the integral of 2 e^(-t^2) / sqrt(pi) from 0 to a. */
export const erf = unary('erf');
/**
 * The product of the chain rule: g slope, and nothing where g is 0, however steep the slope: what `select` did not choose
 * adds no NaN, neither from the root of a negative number nor from an exponential that overflows.
 */
export const chain = binary('chain');

const compare =
  (op: 'gt' | 'ge' | 'eq', swapped = false) =>
  (a: Operand, b: Operand): Condition => {
    const pair = [formulaOf(a), formulaOf(b)];
    return Node.of('condition', op, swapped ? pair.reverse() : pair);
  };
/** a > b; does not hold for NaN, as no comparison does. */
export const gt = compare('gt');
/** a >= b. */
export const ge = compare('ge');
/** a < b. */
export const lt = compare('gt', true);
/** a <= b. */
export const le = compare('ge', true);
/** a = b; 0 and -0 are equal. */
export const eq = compare('eq');

/** One of two values. The other has no influence, be it NaN. */
export const select = (condition: Condition, yes: Operand, no: Operand): Formula =>
  Node.of('number', 'select', [condition, formulaOf(yes), formulaOf(no)]);

const MOST_FACTORS = 8;

/** Whether a power is written as a product of few factors or as a root, which lose no digits. */
export const isExactPower = (exponent: number): boolean =>
  Math.abs(exponent) === 0.5 || (Number.isInteger(exponent) && Math.abs(exponent) <= MOST_FACTORS);

/** base^exponent as `Math.pow` has it. */
export function pow(base: Operand, exponent: Operand): Formula {
  const e = formulaOf(exponent);
  if (e.op === 'constant' && e.value === 0) return constant(1);
  return e.op === 'constant' && e.value === 1 ? formulaOf(base) : Node.of('number', 'pow', [formulaOf(base), e]);
}

/** Every node that the formulas are made of, once, arguments before what they are used in. */
export function nodesOf(...formulas: readonly Node<'number' | 'condition'>[]): Node<'number' | 'condition'>[] {
  const found = new Set<Node<'number' | 'condition'>>();
  const visit = (node: Node<'number' | 'condition'>): void => {
    if (found.has(node)) return;
    node.args.forEach(visit);
    found.add(node);
  };
  formulas.forEach(visit);
  return [...found];
}

/** The names of the inputs that the formulas read. */
export const inputsOf = (...formulas: readonly Formula[]): string[] =>
  nodesOf(...formulas).flatMap(({ op, name }) => (op === 'input' ? [name] : []));
