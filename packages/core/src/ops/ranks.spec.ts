import { Variable, type TesseraError } from '@tessera-nn/core';
import { formula as f, sizeOf, ShapeError } from '@tessera-nn/kernels';
import { centralDifferences, describeAllBodies, expectClose, map, nd, randomNd, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import * as ops from './index.js';

type Shape = readonly number[];

/** One call of an op: what goes in, and in float64 what comes out. */
interface Use {
  inputs: readonly Shape[];
  run: (...inputs: Variable[]) => Variable | Variable[];
  exact: (...inputs: Nd[]) => Nd | Nd[];
}

/** How an op is used on data of a shape, or the error by which it refuses. */
type Row = (shape: Shape) => Use | Use[] | (new (...args: never[]) => TesseraError);

/** An array whose element at each place is that of a source at another place, or 0. */
function gather(shape: Shape, source: Nd, from: (place: number[]) => readonly number[] | undefined): Nd {
  const data = Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const place = shape.map((size, axis) => Math.floor(flat / sizeOf(shape.slice(axis + 1))) % size);
    const there = from(place);
    return there ? source.data[there.reduce((at, i, axis) => at * source.shape[axis]! + i, 0)]! : 0;
  });
  return nd(shape, data);
}

const repeated = (x: Nd, shape: Shape): Nd =>
  gather(shape, x, (place) => x.shape.map((size, axis) => (size === 1 ? 0 : place.at(axis - x.shape.length)!)));

function summed(x: Nd, axes: readonly number[], shape: Shape): Nd {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const total = nd(kept);
  const places = gather(
    x.shape,
    nd(
      kept,
      Array.from({ length: sizeOf(kept) }, (_, i) => i),
    ),
    (place) => place.map((i, axis) => (axes.includes(axis) ? 0 : i)),
  );
  x.data.forEach((value, i) => (total.data[places.data[i]!]! += value));
  return nd(shape, total.data);
}

/** Every third axis of the one and every second of the other is repeated, so that few neighbours can be joined. */
const wideAndNarrow = (shape: Shape): [Shape, Shape, Shape] => {
  const a = shape.map((size, axis) => (axis % 3 === 1 ? 1 : size));
  const b = shape.map((size, axis) => (axis % 2 === 0 ? 1 : size));
  return [a, b, shape.map((_, axis) => (a[axis] === 1 ? b[axis]! : a[axis]!))];
};

const unary =
  (run: (x: Variable) => Variable, exact: (x: number) => number): Row =>
  (shape) => ({ inputs: [shape], run, exact: (x) => map(x, exact) });

const binary =
  (run: (a: Variable, b: Variable) => Variable, exact: (a: number, b: number) => number): Row =>
  (shape) => {
    const [a, b, result] = wideAndNarrow(shape);
    const values = (x: Nd, y: Nd) => {
      const [wideX, wideY] = [repeated(x, result), repeated(y, result)];
      return map(wideX, (value, i) => exact(value, wideY.data[i]!));
    };
    return [
      { inputs: [a, b], run, exact: values },
      { inputs: [result, shape.slice(1).length ? b.slice(1) : []], run, exact: values },
    ];
  };

/** The sums over every second axis, and over all. */
const sums =
  (keep: boolean, run: (x: Variable, axes: number[] | undefined) => Variable, mean = false): Row =>
  (shape) =>
    [[...shape.keys()].filter((axis) => axis % 2 === 1), [...shape.keys()]].map((axes) => ({
      inputs: [shape],
      run: (x) => run(x, axes),
      exact: (x) => {
        const kept = shape.flatMap((size, axis) => (!axes.includes(axis) ? [size] : keep ? [1] : []));
        const count = mean ? sizeOf(axes.map((axis) => shape[axis]!)) : 1;
        return map(summed(x, axes, kept), (value) => value / count);
      },
    }));

const joined = (axis: number, parts: Nd[]): Nd => {
  const [first] = parts as [Nd];
  const sizes = parts.map(({ shape }) => shape[axis]!);
  const shape = first.shape.map((size, at) => (at === axis ? sizes.reduce((a, b) => a + b, 0) : size));
  const blocks = parts.map((part) => sizeOf(part.shape.slice(axis)));
  const data = Array.from({ length: sizeOf(shape.slice(0, axis)) }, (_, row) =>
    parts.flatMap((part, i) => [...part.data.subarray(row * blocks[i]!, (row + 1) * blocks[i]!)]),
  );
  return nd(shape, data.flat());
};

const bent = ops.elementwiseOp({ name: 'Bent', value: ({ x }) => f.mul(x, f.exp(x)) });

const rows: Record<keyof typeof ops, Row> = {
  affine: unary(
    (x) => ops.affine(x, -2, 0.5),
    (x) => 0.5 - 2 * x,
  ),
  elementwiseOp: unary(
    (x) => bent(x, {}),
    (x) => x * Math.exp(x),
  ),
  abs: unary(ops.abs, Math.abs),
  exp: unary(ops.exp, Math.exp),
  log: unary(
    (x) => ops.log(ops.add(ops.mul(x, x), ops.exp(x))),
    (x) => Math.log(x * x + Math.exp(x)),
  ),
  sqrt: unary(
    (x) => ops.sqrt(ops.exp(x)),
    (x) => Math.exp(x / 2),
  ),
  pow: unary(
    (x) => ops.pow(x, 3),
    (x) => x ** 3,
  ),
  sigmoid: unary(ops.sigmoid, (x) => 1 / (1 + Math.exp(-x))),
  tanh: unary(ops.tanh, Math.tanh),
  relu: unary(ops.relu, (x) => Math.max(x, 0)),
  add: binary(ops.add, (a, b) => a + b),
  sub: binary(ops.sub, (a, b) => a - b),
  mul: binary(ops.mul, (a, b) => a * b),
  div: binary(
    (a, b) => ops.div(a, ops.exp(b)),
    (a, b) => a / Math.exp(b),
  ),
  addAll: (shape) => ({
    inputs: [shape, shape, shape],
    run: (...terms) => ops.addAll(terms),
    exact: (...terms) => map(terms[0]!, (_, i) => terms.reduce((total, { data }) => total + data[i]!, 0)),
  }),
  sum: sums(false, (x, axes) => ops.sum(x, axes)),
  mean: sums(true, (x, axes) => ops.mean(x, axes, true), true),
  sumTo: (shape) => {
    const narrow = shape.map((size, axis) => (axis % 2 === 0 ? 1 : size)).slice(1);
    const axes = [...shape.keys()].filter((axis) => axis === 0 || axis % 2 === 0);
    return { inputs: [shape], run: (x) => ops.sumTo(x, narrow), exact: (x) => summed(x, axes, narrow) };
  },
  broadcastTo: (shape) => {
    const narrow = shape.map((size, axis) => (axis % 2 === 0 ? 1 : size)).slice(1);
    return { inputs: [narrow], run: (x) => ops.broadcastTo(x, shape), exact: (x) => repeated(x, shape) };
  },
  reshape: (shape) => ({
    inputs: [shape],
    run: (x) => ops.reshape(x, [...shape].reverse()),
    exact: ({ data }) => nd([...shape].reverse(), data),
  }),
  transpose: (shape) =>
    [[...shape.keys()].reverse(), [...shape.keys()].sort((a, b) => (a % 3) - (b % 3) || b - a)].map((order) => ({
      inputs: [shape],
      run: (x) => ops.transpose(x, order),
      exact: (x) =>
        gather(
          order.map((axis) => shape[axis]!),
          x,
          (place) => shape.map((_, a) => place[order.indexOf(a)]!),
        ),
    })),
  slice: (shape) => {
    const begin = shape.map((size) => Math.max(0, size - 2));
    const size = shape
      .map((length, axis) => (axis % 2 ? 1 : length - begin[axis]!))
      .map((n, axis) => Math.min(n, shape[axis]!));
    return {
      inputs: [shape],
      run: (x) => ops.slice(x, begin, size),
      exact: (x) => gather(size, x, (place) => place.map((i, axis) => i + begin[axis]!)),
    };
  },
  pad: (shape) => {
    const paddings = shape.map((_, axis) => (axis % 3 === 2 ? [0, 0] : [axis % 2, 1]));
    const wide = shape.map((size, axis) => size + paddings[axis]![0]! + paddings[axis]![1]!);
    return {
      inputs: [shape],
      run: (x) => ops.pad(x, paddings),
      exact: (x) =>
        gather(wide, x, (place) => {
          const there = place.map((i, axis) => i - paddings[axis]![0]!);
          return there.every((i, axis) => i >= 0 && i < shape[axis]!) ? there : undefined;
        }),
    };
  },
  concat: (shape) =>
    shape.length === 0
      ? ShapeError
      : [0, shape.length - 1].map((axis) => ({
          inputs: [1, 0, 2].map((size) => shape.map((other, at) => (at === axis ? size : other))),
          run: (...parts) => ops.concat(parts, axis),
          exact: (...parts) => joined(axis, parts),
        })),
  split: (shape) =>
    shape.length === 0
      ? ShapeError
      : [0, shape.length - 1].map((axis) => {
          const sizes = [Math.min(1, shape[axis]!), 0, Math.max(0, shape[axis]! - 1)];
          return {
            inputs: [shape],
            run: (x) => ops.split(x, sizes, axis),
            exact: (x) =>
              sizes.map((size, i) => {
                const before = i === 2 ? sizes[0]! : 0;
                const part = shape.map((other, at) => (at === axis ? size : other));
                return gather(part, x, (place) => place.map((p, at) => (at === axis ? p + before : p)));
              }),
          };
        }),
  stack: (shape) => ({
    inputs: [shape, shape],
    run: (...parts) => ops.stack(parts),
    exact: (...parts) =>
      joined(
        0,
        parts.map(({ data }) => nd([1, ...shape], data)),
      ),
  }),
  where: (shape) => ({
    inputs: [shape, shape, shape],
    run: (x, a, b) => ops.where(ops.greater(x, 0.1), a, b),
    exact: (x, a, b) => map(x, (value, i) => (value > 0.1 ? a : b).data[i]!),
  }),
  greater: (shape) => ({
    inputs: [shape],
    run: (x) => ops.where(ops.greater(x, 0.2), x, ops.zerosLike(x)),
    exact: (x) => map(x, (value) => (value > 0.2 ? value : 0)),
  }),
  zerosLike: (shape) => ({ inputs: [shape], run: (x) => ops.zerosLike(x), exact: (x) => map(x, () => 0) }),
  matmul: (shape) =>
    shape.length !== 2
      ? ShapeError
      : {
          inputs: [shape, [shape[1]!, 3], [3]],
          run: (a, b, bias) => ops.matmul(a, b, { bias: bias }),
          exact: (a, b, bias) =>
            nd(
              [shape[0]!, 3],
              Array.from({ length: shape[0]! * 3 }, (_, at) => {
                const [row, column] = [Math.floor(at / 3), at % 3];
                let total = bias.data[column]!;
                for (let k = 0; k < shape[1]!; k++) total += a.data[row * shape[1]! + k]! * b.data[k * 3 + column]!;
                return total;
              }),
            ),
        },
};

const SIZES = [2, 3, 1, 2, 2, 1, 2, 2];

/** Of every rank from 0 to 8, and with an axis of size 0 in front, in between and last. */
const SHAPES: Shape[] = [
  ...Array.from({ length: SIZES.length + 1 }, (_, rank) => SIZES.slice(0, rank)),
  ...[[0], [0, 2], [2, 0], [2, 0, 3], [2, 3, 2, 2, 0, 2], [0, 3, 1, 2, 2, 1, 2, 2]],
];

async function check(op: string, shape: Shape, { inputs, run, exact }: Use): Promise<void> {
  const given = inputs.map((one, i) => randomNd(one, i + 1));
  const variables = given.map((x) => new Variable(x.data, { shape: x.shape, requiresGrad: true }));
  const outputs = [run(...variables)].flat();
  const expected = [exact(...given)].flat();
  const what = `${op} of [${shape.join(', ')}]`;
  expect(
    outputs.map((output) => output.shape),
    `shapes of ${what}`,
  ).to.deep.equal(expected.map((y) => [...y.shape]));
  const cotangents = expected.map((y, i) => randomNd(y.shape, 9 + i));
  for (const [i, output] of outputs.entries()) {
    expectClose(await output.values(), expected[i]!.data, what);
    const { data } = cotangents[i]!;
    output.backward(new Variable(data, { shape: output.shape }), { retainGraph: true });
  }
  for (const [i, variable] of variables.entries()) {
    const slopes = expected.map((_, part) =>
      centralDifferences(() => [exact(...given)].flat()[part]!, given[i]!, cotangents[part]!),
    );
    const slope = slopes.reduce((total, part) => total.map((value, at) => value + part[at]!));
    if (slope.every((value) => value === 0) && !variable.grad) continue; // a condition gets none
    expect(variable.grad?.shape, `shape of the gradient ${i} of ${what}`).to.deep.equal([...inputs[i]!]);
    expectClose(await variable.grad!.data(), slope, `gradient ${i} of ${what}`);
  }
}

describeAllBodies('Every op takes ranks 0 to 8, and axes of size 0, or refuses by name', () => {
  it('has a row for every op that core exports', () => {
    expect(Object.keys(rows).sort()).to.deep.equal(Object.keys(ops).sort());
  });

  for (const [op, row] of Object.entries(rows)) {
    it(op, async () => {
      for (const shape of SHAPES) {
        const uses = row(shape);
        if (typeof uses === 'function') {
          const x = () => new Variable(randomNd(shape, 1).data, { shape });
          const attempt: Record<string, () => unknown> = {
            matmul: () => ops.matmul(x(), x()),
            concat: () => ops.concat([x(), x()]),
            split: () => ops.split(x(), [1, 1]),
          };
          expect(attempt[op], `${op} of [${shape.join(', ')}]`).to.throw(uses);
        } else for (const use of [uses].flat()) await check(op, shape, use);
      }
    });
  }
});
