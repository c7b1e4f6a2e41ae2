import { DtypeError, ShapeError, sizeOf } from '@tessera-nn/kernels';
import {
  backendName,
  gatherNd,
  nd,
  onBackend,
  opSpec,
  reducedNd,
  repeatedNd,
  type Nd,
  type OpRow,
  type OpUse,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { Variable } from '../variable/variable.js';
import * as ops from './index.js';

type Moves = typeof import('./einsum.js') &
  Pick<typeof import('./gather.js'), 'gather'> &
  typeof import('./take-along-axis.js') &
  typeof import('./moves.js') &
  typeof import('./pad.js') &
  typeof import('./matmul.js');

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

/** Each element of the result from a place along one axis. */
const alongAxis = (x: Nd, axis: number, size: number, from: (i: number) => number): Nd => {
  const shape = x.shape.map((length, at) => (at === axis ? size : length));
  return gatherNd(shape, x, (place) => place.map((i, at) => (at === axis ? from(i) : i)));
};

/** On webgl along three of them: each compiles programs. */
const onEveryAxis = (shape: readonly number[], use: (axis: number) => Omit<OpUse, 'inputs'>): OpUse[] =>
  [...shape.keys()]
    .filter((axis) => backendName !== 'webgl' || [0, shape.length >> 1, shape.length - 1].includes(axis))
    .map((axis) => ({ inputs: [shape], ...use(axis) }));

/** The sums of products over the last axis of a and the one before the last of b, broadcast. */
function products(a: Nd, b: Nd): Nd {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const outer = [a, b].map(({ shape }) => shape.slice(0, -2));
  const rank = Math.max(...outer.map((one) => one.length));
  const sizes = outer.map((one) => [...new Array<number>(rank - one.length).fill(1), ...one]);
  const batch = sizes[0]!.map((size, axis) => (size === 1 ? sizes[1]![axis]! : size));
  const wide = [
    { x: a, shape: [...batch, m, k, 1], own: [...a.shape, 1] },
    { x: b, shape: [...batch, 1, k, n], own: [...b.shape.slice(0, -2), 1, k, n] },
  ].map(({ x, shape, own }) => repeatedNd(repeatedNd(nd(own, x.data), shape), [...batch, m, k, n])) as [Nd, Nd];
  const product = nd(
    wide[0].shape,
    wide[0].data.map((value, i) => value * wide[1].data[i]!),
  );
  return reducedNd(product, [rank + 1], total);
}

const indices = [1, 0, 1, 1];

const rows: Record<keyof Moves, OpRow> = {
  flip: (shape) =>
    onEveryAxis(shape, (axis) => ({
      run: (x) => ops.flip(x, axis),
      exact: (x) => alongAxis(x, axis, shape[axis]!, (i) => shape[axis]! - 1 - i),
    })),
  roll: (shape) =>
    onEveryAxis(shape, (axis) => ({
      run: (x) => ops.roll(x, -1, axis),
      exact: (x) => alongAxis(x, axis, shape[axis]!, (i) => (i + 1) % shape[axis]!),
    })),
  tile: (shape) => {
    const repeats = [2, ...shape.map((_, axis) => (axis === 1 || axis === shape.length - 1 ? 3 : 1))];
    const result = [2, ...shape.map((size, axis) => size * repeats[axis + 1]!)];
    return {
      inputs: [shape],
      run: (x) => ops.tile(x, repeats),
      exact: (x) => gatherNd(result, x, ([, ...place]) => place.map((i, axis) => i % shape[axis]!)),
    };
  },
  squeeze: (shape) => ({
    inputs: [shape],
    run: (x) => ops.squeeze(x),
    exact: ({ data }) =>
      nd(
        shape.filter((size) => size !== 1),
        data,
      ),
  }),
  unsqueeze: (shape) => ({
    inputs: [shape],
    run: (x) => ops.unsqueeze(x, -1),
    exact: ({ data }) => nd([...shape, 1], data),
  }),
  pad: (shape) =>
    (
      [
        ['constant', 2, (i) => i],
        ['reflect', 1, (i, size) => (i < 0 ? -i : i >= size ? 2 * size - 2 - i : i)],
        ['edge', 2, (i, size) => Math.min(Math.max(i, 0), size - 1)],
        ['circular', 1, (i, size) => (i + size) % size],
      ] as [mode: 'constant', most: number, from: (i: number, size: number) => number][]
    )
      // Beyond two axes one mode for each rank: each shape is programs to compile.
      .filter((_, i) => shape.length <= 2 || shape.length % 4 === i)
      .map(([mode, most, from]) => {
        const value = mode === 'constant' ? 0.5 : 0;
        const paddings = shape.map((size, axis) => {
          const room =
            mode === 'constant' ? most : Math.min(most, mode === 'reflect' ? Math.max(0, size - 1) : size * most);
          const isOuter = axis === 0 || axis === shape.length - 1; // so that the rest stays small
          return isOuter ? [axis === 0 ? 0 : room, room] : [0, 0];
        });
        const wide = shape.map((size, axis) => size + paddings[axis]![0]! + paddings[axis]![1]!);
        return {
          inputs: [shape],
          run: (x) => ops.pad(x, paddings, { mode, value }),
          exact: (x) => {
            const places = (place: number[]) => place.map((i, axis) => from(i - paddings[axis]![0]!, shape[axis]!));
            const inside = (place: number[]) => places(place).every((i, axis) => i >= 0 && i < shape[axis]!);
            const found = gatherNd(wide, x, (place) => (inside(place) ? places(place) : undefined));
            const isInside = gatherNd(wide, nd(shape, new Float64Array(sizeOf(shape)).fill(1)), (place) =>
              inside(place) ? places(place) : undefined,
            );
            return nd(
              wide,
              found.data.map((one, i) => (isInside.data[i] ? one : value)),
            );
          },
        };
      }),
  gather: (shape) => {
    const axes = [...shape.keys()].filter((axis) => shape[axis]! >= 2);
    return axes.map((axis) => ({
      inputs: [shape],
      run: (x) => ops.gather(x, new Variable(indices, { dtype: 'int32', shape: [2, 2] }), axis),
      exact: (x) => {
        const { data } = alongAxis(x, axis, indices.length, (i) => indices[i]!);
        return nd([...shape.slice(0, axis), 2, 2, ...shape.slice(axis + 1)], data);
      },
    }));
  },
  takeAlongAxis: (shape) => {
    const axes = [...shape.keys()].filter((axis) => shape[axis]! >= 2);
    return axes.slice(-2).map((axis) => {
      const result = shape.map((size, i) => (i === axis ? 3 : size));
      const narrow = result.map((size, i) => (i === 0 && axis > 0 ? 1 : size));
      const named = (place: readonly number[]) =>
        place.reduce((sum, i, at) => sum + (narrow[at] === 1 ? 0 : i * (at + 1)), 0) % shape[axis]!;
      const places = gatherNd(
        narrow,
        nd(
          [shape[axis]!],
          Float64Array.from({ length: shape[axis]! }, (_, i) => i),
        ),
        (place) => [named(place)],
      );
      return {
        inputs: [shape],
        run: (x) =>
          ops.takeAlongAxis(x, new Variable(Int32Array.from(places.data), { dtype: 'int32', shape: narrow }), axis),
        exact: (x) => gatherNd(result, x, (place) => place.map((i, at) => (at === axis ? named(place) : i))),
      };
    });
  },
  matmul: (shape) => {
    if (shape.length === 0) return { refuses: ShapeError, attempt: (a, b) => ops.matmul(a, b) };
    const k = shape.at(-1)!;
    const bias: OpUse = {
      inputs: [shape, [k, 3], [3]],
      run: (a, b, own) => ops.matmul(a, b, { bias: own }),
      exact: (a, b, own) => {
        const flat = products(nd([sizeOf(shape.slice(0, -1)), k], a.data), b);
        const { data } = nd(
          flat.shape,
          flat.data.map((value, i) => value + own.data[i % 3]!),
        );
        return nd([...shape.slice(0, -1), 3], data);
      },
    };
    if (shape.length < 3) return bias;
    const rank = Math.min(shape.length, 5);
    const outer = shape.slice(-rank, -2).map((size, axis) => (axis % 2 === 0 ? size : 1));
    return [
      bias,
      { inputs: [shape, [...outer, k, 2]], run: (a, b) => ops.matmul(a, b), exact: products },
      {
        inputs: [shape.slice(-2), [...shape.slice(0, -2), k, 2]],
        run: (a, b) =>
          ops.matmul(a, ops.transpose(b, [...b.shape.keys()].slice(0, -2).concat(-1, -2)), { transposeB: true }),
        exact: products,
      },
    ];
  },
  einsum: (shape) => {
    const letters = 'abcdefgh'.slice(0, shape.length);
    if (shape.length === 0) return { inputs: [shape], run: (x) => ops.einsum('->', x), exact: (x) => x };
    const last = letters.at(-1)!;
    const outer = shape.slice(0, 6);
    return [
      {
        inputs: [shape, [shape.at(-1)!, 2]],
        run: (a, b) => ops.einsum(`${letters}, ${last}z -> z${letters.slice(0, -1)}`, a, b),
        exact: (a, b) => {
          const flat = products(nd([sizeOf(shape.slice(0, -1)), shape.at(-1)!], a.data), b);
          return nd([2, ...shape.slice(0, -1)], gatherNd([2, flat.shape[0]!], flat, ([z, i]) => [i!, z!]).data);
        },
      },
      {
        inputs: [[2, ...outer, 2]],
        run: (x) => ops.einsum('i...i->...i', x),
        exact: (x) => gatherNd([...outer, 2], x, (place) => [place.at(-1)!, ...place]),
      },
    ];
  },
};

opSpec('moves and products', rows);

describe('moves and products', () => {
  onBackend();
  const matrix = () =>
    new Variable([
      [1, 2, 3],
      [4, 5, 6],
    ]);

  it('multiply vectors as rows and columns', async () => {
    const [row, column] = [new Variable([1, -1]), new Variable([1, 0, 2])];
    expect(await ops.matmul(row, matrix()).array()).to.deep.equal([-3, -3, -3]);
    expect(await ops.matmul(matrix(), column).array()).to.deep.equal([7, 16]);
    expect(await ops.matmul(row, row).item()).to.equal(2);
    expect(ops.matmul(new Variable(new Float32Array(24), { shape: [4, 2, 3] }), column).shape).to.deep.equal([4, 2]);
    expect(() =>
      ops.matmul(
        new Variable(new Float32Array(12), { shape: [2, 3, 2] }),
        new Variable(new Float32Array(12), { shape: [3, 2, 2] }),
      ),
    ).to.throw(ShapeError, 'broadcast');
  });

  it('sum products by letters', async () => {
    const x = matrix();
    expect(await ops.einsum('ij->ji', x).array()).to.deep.equal([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(await ops.einsum('ij->', x).item()).to.equal(21);
    expect(await ops.einsum('ij,ij->i', x, x).array()).to.deep.equal([14, 77]);
    expect(await ops.einsum('ij,kj', x, x).array()).to.deep.equal([
      [14, 32],
      [32, 77],
    ]);
    expect(await ops.einsum('i,j->ij', new Variable([1, 2]), new Variable([3, 4])).array()).to.deep.equal([
      [3, 4],
      [6, 8],
    ]);
    expect(await ops.einsum('ij,jk,k->i', x, x.transpose(), new Variable([1, 1])).array()).to.deep.equal([46, 109]);
    for (const equation of [
      'ii->i',
      'ij->k',
      'ijk->i',
      'ijk...->i',
      'i......j',
      'ij->ii',
      'i->j->i',
      '1j',
      'ij,jk->ik',
    ]) {
      expect(() => ops.einsum(equation, x), equation).to.throw(ShapeError, 'does not fit');
    }
  });

  it('sum products by letters with axes that have none, are repeated, or meet themselves', async () => {
    const x = matrix();
    const square = new Variable([
      [1, 2],
      [3, 4],
    ]);
    const cube = new Variable(
      new Float32Array(8).map((_, i) => i),
      { shape: [2, 2, 2] },
    );
    const once = async (equation: string, ...factors: Variable[]) => await ops.einsum(equation, ...factors).array();
    expect(await once('ii->i', square)).to.deep.equal([1, 4]);
    expect(await once('ii', square)).to.equal(5);
    expect(await once('iji->ij', cube)).to.deep.equal([
      [0, 2],
      [5, 7],
    ]);
    expect(await once('iii->i', cube)).to.deep.equal([0, 7]);
    expect(await once('...j->...', x)).to.deep.equal([6, 15]);
    expect(await once('i...->...', x)).to.deep.equal([5, 7, 9]);
    expect(await once('...ij', square)).to.deep.equal(await square.array());
    expect(await once('...j', square)).to.deep.equal(await square.array());
    expect(await once('...ij,jk->...ik', cube, square)).to.deep.equal(await ops.matmul(cube, square).array());
    expect(await once('i...,j...->...ij', square, cube)).to.have.nested.property('[1][1][0][1]', 2 * 7);
    expect(await once('ij,ij->ij', x, new Variable([[2], [3]]))).to.deep.equal([
      [2, 4, 6],
      [12, 15, 18],
    ]);
    expect(await once('ii->i', new Variable([[7]]))).to.deep.equal([7]);
  });

  it('refuse what does not fit', () => {
    const x = matrix();
    expect(() => ops.squeeze(x, 0)).to.throw(ShapeError, 'more than one place');
    expect(() => ops.pad(x, [[1, 1]])).to.throw(ShapeError, 'these counts do not fit');
    expect(() =>
      ops.pad(
        x,
        [
          [2, 0],
          [0, 0],
        ],
        { mode: 'reflect' },
      ),
    ).to.throw(ShapeError, 'reflect');
    expect(() =>
      ops.pad(
        x,
        [
          [0, 0],
          [0, 4],
        ],
        { mode: 'circular' },
      ),
    ).to.throw(ShapeError, 'circular');
    expect(() => ops.tile(x, [-1])).to.throw(ShapeError, 'not counts');
    expect(() => ops.roll(x, 0.5, 0)).to.throw(ShapeError, 'not whole');
    expect(() => ops.gather(x, new Variable([0]))).to.throw(DtypeError, 'whole numbers');
  });
});
