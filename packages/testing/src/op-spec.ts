import { Variable, type TesseraError } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import { expect } from 'chai';
import { backendName, describeBodies, onBackend, type describeAllBodies } from './backend.js';
import { centralDifferences } from './central-differences.js';
import { expectClose, type Tolerance } from './close.js';
import { itHoldsFor, type Draw } from './draw.js';
import { map, type Nd } from './nd.js';
import { repeatedNd } from './nd-places.js';
import { randomNd } from './random-values.js';
import { checkSecondOrder } from './second-order.js';

type Shape = readonly number[];

/** One call of an op: what goes in, and in float64 what comes out. */
export interface OpUse {
  inputs: readonly Shape[];
  run: (...inputs: Variable[]) => Variable | Variable[];
  exact: (...inputs: Nd[]) => Nd | Nd[];
  /** Moves random inputs to where the op is defined and smooth. */
  at?: (x: Nd) => Nd;
  /** Default true. */
  hasGradient?: boolean;
  tolerance?: Tolerance;
}

/** An op on data that it refuses. */
export interface OpRefusal {
  refuses: new (...args: never[]) => TesseraError;
  attempt: (...inputs: Variable[]) => unknown;
}

/** How an op is used on data of a shape, or the error by which it refuses. */
export type OpRow = (shape: Shape) => OpUse | OpUse[] | OpRefusal;

/** A function of each element. */
export const unaryRow =
  (run: (x: Variable) => Variable, exact: (x: number) => number, more: Partial<OpUse> = {}): OpRow =>
  (shape) => ({ inputs: [shape], run, exact: (x) => map(x, exact), ...more });

/** Every third axis of the one and every second of the other is repeated, so that few neighbours can be joined. */
export const wideAndNarrow = (shape: Shape): [a: Shape, b: Shape, both: Shape] => {
  const a = shape.map((size, axis) => (axis % 3 === 1 ? 1 : size));
  const b = shape.map((size, axis) => (axis % 2 === 0 ? 1 : size));
  return [a, b, shape.map((_, axis) => (a[axis] === 1 ? b[axis]! : a[axis]!))];
};

/** A function of two elements, broadcast. */
export const binaryRow =
  (
    run: (a: Variable, b: Variable) => Variable,
    exact: (a: number, b: number) => number,
    more: Partial<OpUse> = {},
  ): OpRow =>
  (shape) => {
    const [a, b, result] = wideAndNarrow(shape);
    const values = (x: Nd, y: Nd) => {
      const [wideX, wideY] = [repeatedNd(x, result), repeatedNd(y, result)];
      return map(wideX, (value, i) => exact(value, wideY.data[i]!));
    };
    return [
      { inputs: [a, b], run, exact: values, ...more },
      { inputs: [result, shape.slice(1).length ? b.slice(1) : []], run, exact: values, ...more },
    ];
  };

/** Differences leave this much where there is nothing. */
const NOTHING = 1e-9;

const SIZES = [2, 3, 1, 2, 2, 1, 2, 2];
/** Of every rank from 0 to 8, and with an axis of size 0 in front, in between and last. */
const RANKS = backendName === 'webgl' ? [0, 1, 3, 4, 6, 8] : [0, 1, 2, 3, 4, 5, 6, 7, 8]; // each compiles programs there
const SHAPES: Shape[] = [
  ...RANKS.map((rank) => SIZES.slice(0, rank)),
  ...[[0], [0, 2], [2, 0], [2, 0, 3], [2, 3, 2, 2, 0, 2], [0, 3, 1, 2, 2, 1, 2, 2]],
];
/** For further bodies of the same kernels: the ends, and where they take another way. */
const FEW: Shape[] = [...[0, 3, 5, 8].map((rank) => SIZES.slice(0, rank)), [0, 2], [2, 0, 3]];
/** A drawn shape that has so many elements grows no further. */
const MOST = 32;
/** For gradients of gradients. */
const ORDINARY: Shape[] = backendName === 'webgl' ? [[3, 2, 4]] : [[3], [2, 4], [3, 2, 4]];

/**
 * Holds ops against float64: values and gradients on data of ranks 0 to 8 and with axes of size 0, and gradients of
 * gradients.
 *
 * @param describeOn on which bodies of the backend.
 */
export function opSpec(
  title: string,
  rows: Readonly<Record<string, OpRow>>,
  describeOn: typeof describeAllBodies = describeBodies,
): void {
  describeOn(title, (isFirst) => {
    for (const [op, row] of Object.entries(rows)) {
      it(`${op} of ranks 0 to 8 and of axes of size 0`, async () => {
        for (const shape of isFirst ? SHAPES : FEW) {
          await checkRow(op, shape, row);
        }
      });
    }
    if (!isFirst) return;
    itHoldsFor('ops and shapes', async (draw) => {
      const [op, row] = draw.oneOf(Object.entries(rows));
      await checkRow(op, drawnShape(draw), row, draw.whole(1, 1e6));
    });
  });

  describe(`${title}: gradients of gradients [${backendName}]`, () => {
    onBackend();
    for (const [op, row] of Object.entries(rows)) {
      const uses = ORDINARY.flatMap((shape) => {
        const found = row(shape);
        return 'refuses' in found ? [] : found;
      }).filter(({ hasGradient = true }) => hasGradient);
      if (uses.length === 0) continue;
      it(op, async () => {
        for (const use of uses) await checkTwice(use);
      });
    }
  });
}

/** Of few elements, for the differences; now and then of none. */
function drawnShape(draw: Draw): Shape {
  const shape: number[] = [];
  for (let rank = draw.whole(0, 8); rank > 0; rank--) shape.push(sizeOf(shape) < MOST ? draw.whole(1, 4) : 1);
  if (shape.length > 0 && draw.whole(1, 8) === 1) shape[draw.whole(0, shape.length - 1)] = 0;
  return shape;
}

async function checkRow(op: string, shape: Shape, row: OpRow, seed = 0): Promise<void> {
  const uses = row(shape);
  if ('refuses' in uses) {
    const x = () => new Variable(randomNd(shape, 1).data, { shape });
    expect(() => uses.attempt(x(), x()), `${op} of [${shape.join(', ')}]`).to.throw(uses.refuses);
  } else for (const use of [uses].flat()) await check(op, shape, use, seed);
}

async function checkTwice({ inputs, run, exact, at = (x) => x, tolerance }: OpUse): Promise<void> {
  const values = inputs.map((shape, i) => at(randomNd(shape, i + 1)));
  const leaves = values.map(({ data, shape }, i) => {
    return [`input ${i}`, new Variable(data, { shape, requiresGrad: true })] as const;
  });
  const parts = [exact(...values)].flat().length;
  for (let part = 0; part < parts; part++) {
    await checkSecondOrder({
      forward: () => [run(...leaves.map(([, leaf]) => leaf))].flat()[part]!,
      leaves,
      reference: () => [exact(...values)].flat()[part]!,
      values,
      tolerance,
    });
  }
}

async function check(op: string, shape: Shape, use: OpUse, seed: number): Promise<void> {
  const { inputs, run, exact, at = (x) => x, hasGradient = true, tolerance } = use;
  const given = inputs.map((one, i) => at(randomNd(one, seed + i + 1)));
  const variables = given.map((x) => new Variable(x.data, { shape: x.shape, requiresGrad: hasGradient }));
  const outputs = [run(...variables)].flat();
  const expected = [exact(...given)].flat();
  const what = `${op} of [${shape.join(', ')}]`;
  expect(
    outputs.map((output) => output.shape),
    `shapes of ${what}`,
  ).to.deep.equal(expected.map((y) => [...y.shape]));
  for (const [i, output] of outputs.entries()) expectClose(await output.values(), expected[i]!.data, what, tolerance);
  if (!hasGradient) return;
  const cotangents = expected.map((y, i) => randomNd(y.shape, 9 + i));
  for (const [i, output] of outputs.entries()) {
    const { data } = cotangents[i]!;
    output.backward(new Variable(data, { shape: output.shape }), { retainGraph: true });
  }
  for (const [i, variable] of variables.entries()) {
    const slopes = expected.map((_, part) =>
      centralDifferences(() => [exact(...given)].flat()[part]!, given[i]!, cotangents[part]!),
    );
    const slope = slopes.reduce((total, part) => total.map((value, at) => value + part[at]!));
    if (slope.every((value) => Math.abs(value) < NOTHING)) slope.fill(0);
    if (slope.every((value) => value === 0) && !variable.grad) continue; // a condition gets none
    expect(variable.grad?.shape, `shape of the gradient ${i} of ${what}`).to.deep.equal([...inputs[i]!]);
    expectClose(await variable.grad!.data(), slope, `gradient ${i} of ${what}`, tolerance);
  }
}
