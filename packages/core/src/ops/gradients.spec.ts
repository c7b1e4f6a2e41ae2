import {
  backendName,
  centralDifferences,
  doubleDifferences,
  expectClose,
  map,
  nd,
  offKinks,
  onBackend,
  randomNd,
  type Nd,
} from '@tessera-nn/testing';
import { sizeOf } from '@tessera-nn/kernels';
import { expect } from 'chai';
import { gradients } from '../autograd/gradients.js';
import { Variable } from '../variable/variable.js';
import * as ops from './index.js';

interface OpCase {
  title: string;
  /** The shapes of the inputs. */
  shapes: readonly (readonly number[])[];
  /** The op on Variables and the same in float64. */
  run: (...inputs: Variable[]) => Variable;
  exact: (...inputs: Nd[]) => Nd;
  /** Moves random inputs to where the op is defined and smooth. */
  at?: (x: Nd) => Nd;
}

const positive = (x: Nd) => map(x, (value) => Math.fround(Math.abs(value) + 0.3));
const awayFromZero = (x: Nd) => offKinks(x, [0], 0.3);
const unary = (
  title: string,
  run: (x: Variable) => Variable,
  exact: (x: number) => number,
  at?: (x: Nd) => Nd,
): OpCase => ({ title, shapes: [[2, 5, 3]], run, exact: (x) => map(x, exact), ...(at ? { at } : {}) });

/** Both inputs read where NumPy would read them for each element of the larger shape. */
function broadcast(a: Nd, b: Nd, f: (a: number, b: number) => number): Nd {
  const rank = Math.max(a.shape.length, b.shape.length);
  const padded = [a, b].map((x) => [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape]);
  const shape = padded[0]!.map((size, axis) => Math.max(size, padded[1]![axis]!));
  const place = (of: readonly number[], flat: number) =>
    of.reduce((at, size, axis) => {
      const index = Math.floor(flat / sizeOf(shape.slice(axis + 1))) % shape[axis]!;
      return at * size + (size === 1 ? 0 : index);
    }, 0);
  const values = Array.from({ length: sizeOf(shape) }, (_, i) =>
    f(a.data[place(padded[0]!, i)]!, b.data[place(padded[1]!, i)]!),
  );
  return nd(shape, values);
}

/** Reads each element of a new shape from a place of x. */
const gather = (x: Nd, shape: readonly number[], from: (index: number[]) => number): Nd =>
  nd(
    shape,
    Array.from({ length: sizeOf(shape) }, (_, flat) => {
      const at = from(shape.map((size, axis) => Math.floor(flat / sizeOf(shape.slice(axis + 1))) % size));
      return at < 0 ? 0 : x.data[at]!;
    }),
  );

function sumOver(x: Nd, axes: readonly number[], divisor = 1): Nd {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const result = nd(kept);
  x.data.forEach((value, flat) => {
    const at = kept.reduce((place, size, axis) => {
      return place * size + (size === 1 ? 0 : Math.floor(flat / sizeOf(x.shape.slice(axis + 1))) % x.shape[axis]!);
    }, 0);
    result.data[at]! += value / divisor;
  });
  return { ...result, shape: x.shape.filter((_, axis) => !axes.includes(axis)) };
}

const pairs: OpCase[] = (
  [
    ['add', ops.add, (a: number, b: number) => a + b],
    ['sub', ops.sub, (a: number, b: number) => a - b],
    ['mul', ops.mul, (a: number, b: number) => a * b],
    ['div', ops.div, (a: number, b: number) => a / b],
  ] as const
).flatMap(([name, run, exact]) =>
  (
    [
      ['of one shape', [2, 3], [2, 3]],
      ['with a row for every row', [2, 3, 4], [4]],
      ['with a number for all', [2, 3], []],
      ['that each stretch the other', [3, 1, 2], [4, 1]],
    ] as const
  ).map(([how, a, b]) => ({
    title: `${name} ${how}`,
    shapes: [a, b],
    run: (x: Variable, y: Variable) => run(x, y),
    exact: (x: Nd, y: Nd) => broadcast(x, y, exact),
    at: awayFromZero,
  })),
);

const cases: OpCase[] = [
  ...pairs,
  unary(
    'affine',
    (x) => ops.affine(x, -1.5, 0.25),
    (x) => -1.5 * x + 0.25,
  ),
  unary('exp', ops.exp, Math.exp),
  unary('log', ops.log, Math.log, positive),
  unary('sqrt', ops.sqrt, Math.sqrt, positive),
  unary('abs', ops.abs, Math.abs, awayFromZero),
  unary('sigmoid', ops.sigmoid, (x) => 1 / (1 + Math.exp(-x))),
  unary('tanh', ops.tanh, Math.tanh),
  unary('relu', ops.relu, (x) => Math.max(x, 0), awayFromZero),
  unary(
    'square',
    (x) => x.square(),
    (x) => x * x,
  ),
  ...[3, 2, 1, 0, -1].map((exponent) =>
    unary(
      `pow ${exponent}`,
      (x) => ops.pow(x, exponent),
      (x) => Math.pow(x, exponent),
      awayFromZero,
    ),
  ),
  unary('pow 0.5', (x) => ops.pow(x, 0.5), Math.sqrt, positive),
  ...[undefined, 0, [1], [0, -1], [0, 1, 2]].map((axes): OpCase => {
    const chosen = axes === undefined ? [0, 1, 2] : [axes].flat().map((axis) => (axis + 3) % 3);
    return {
      title: `sum over ${JSON.stringify(axes ?? 'all')}`,
      shapes: [[2, 3, 4]],
      run: (x) => ops.sum(x, axes),
      exact: (x) => sumOver(x, chosen),
    };
  }),
  {
    title: 'mean over the last axes',
    shapes: [[2, 3, 4]],
    run: (x) => x.mean([1, 2]),
    exact: (x) => sumOver(x, [1, 2], 12),
  },
  {
    title: 'broadcastTo',
    shapes: [[3, 1]],
    run: (x) => ops.broadcastTo(x, [2, 3, 4]),
    exact: (x) => gather(x, [2, 3, 4], ([, row]) => row!),
  },
  {
    title: 'addAll',
    shapes: [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
    run: (...terms) => ops.addAll(terms),
    exact: (...terms) => map(terms[0]!, (value, i) => value + terms[1]!.data[i]! + terms[2]!.data[i]!),
  },
  {
    title: 'reshape',
    shapes: [[2, 6]],
    run: (x) => x.reshape([3, -1]),
    exact: (x) => nd([3, 4], x.data),
  },
  {
    title: 'transpose in an order that is not its own inverse',
    shapes: [[2, 3, 4]],
    run: (x) => x.transpose([1, 2, 0]),
    exact: (x) => gather(x, [3, 4, 2], ([i, j, k]) => (k! * 3 + i!) * 4 + j!),
  },
  {
    title: 'slice',
    shapes: [[4, 5]],
    run: (x) => x.slice([1, 2], [2, -1]),
    exact: (x) => gather(x, [2, 3], ([i, j]) => (i! + 1) * 5 + j! + 2),
  },
  {
    title: 'pad',
    shapes: [[2, 3]],
    run: (x) =>
      ops.pad(x, [
        [1, 0],
        [2, 1],
      ]),
    exact: (x) => gather(x, [3, 6], ([i, j]) => (i! < 1 || j! < 2 || j! > 4 ? -1 : (i! - 1) * 3 + j! - 2)),
  },
  {
    title: 'where',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    run: (a, b) =>
      ops.where(
        new Variable(
          [
            [1, 0, 1],
            [0, 0, 1],
          ],
          { dtype: 'bool' },
        ),
        a,
        b,
      ),
    exact: (a, b) => map(a, (value, i) => ([0, 2, 5].includes(i) ? value : b.data[i]!)),
  },
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): OpCase => ({
      title: `matmul${transposeA ? ' with a transposed' : ''}${transposeB ? ' with b transposed' : ''} and a bias`,
      shapes: [transposeA ? [4, 3] : [3, 4], transposeB ? [5, 4] : [4, 5], [5]],
      run: (a, b, bias) => ops.matmul(a, b, { bias: bias, transposeA, transposeB }),
      exact: (a, b, bias) =>
        nd(
          [3, 5],
          Array.from({ length: 15 }, (_, at) => {
            const [i, j] = [Math.floor(at / 5), at % 5];
            let total = bias.data[j]!;
            for (let k = 0; k < 4; k++) {
              total += a.data[transposeA ? k * 3 + i : i * 4 + k]! * b.data[transposeB ? j * 4 + k : k * 5 + j]!;
            }
            return total;
          }),
        ),
    })),
  ),
];

describe(`ops: values and gradients against float64 [${backendName}]`, () => {
  onBackend();

  for (const { title, shapes, run, exact, at = (x: Nd) => x } of cases) {
    it(title, async () => {
      const inputs = shapes.map((shape, i) => at(randomNd(shape, i + 1)));
      const variables = inputs.map(({ data, shape }) => new Variable(data, { shape, requiresGrad: true }));
      const output = run(...variables);
      const expected = exact(...inputs);
      expect(output.shape).to.deep.equal([...expected.shape]);
      expectClose(await output.values(), expected.data, 'value');

      const cotangent = randomNd(expected.shape, 9);
      output.backward(new Variable(cotangent.data, { shape: cotangent.shape }));
      for (const [i, variable] of variables.entries()) {
        const slope = centralDifferences(() => exact(...inputs), inputs[i]!, cotangent);
        expect(variable.grad!.shape, `shape of the gradient of input ${i}`).to.deep.equal([...shapes[i]!]);
        expectClose(await variable.grad!.data(), slope, `gradient of input ${i}`);
      }
    });
  }

  for (const { title, shapes, run, exact, at = (x: Nd) => x } of cases) {
    it(`${title}: gradients of gradients`, async () => {
      const inputs = shapes.map((shape, i) => at(randomNd(shape, i + 1)));
      const leaf = ({ data, shape }: Nd) => new Variable(data, { shape, requiresGrad: true });
      const variables = inputs.map(leaf);
      const output = run(...variables);
      const cotangent = randomNd(output.shape, 9);
      const seed = leaf(cotangent);
      const directions = shapes.map((shape, i) => randomNd(shape, 20 + i));
      const grads = gradients(output, variables, { seed, createGraph: true });
      const along = grads.map((grad, i) => grad.mul(new Variable(directions[i]!.data, { shape: grad.shape })).sum());
      const second = gradients(ops.addAll(along), [...variables, seed], { allowUnused: true });
      for (const [i, input] of inputs.entries()) {
        const expected = doubleDifferences(() => exact(...inputs), inputs, directions, i, cotangent);
        const straight = expected.every((value) => Math.abs(value) < 1e-6);
        expectClose(await second[i]!.values(), straight ? expected.fill(0) : expected, `second gradient of input ${i}`);
        expect([...input.data], 'put back').to.deep.equal([...at(randomNd(input.shape, i + 1)).data]);
      }
      // The gradient is linear in the seed: what comes back there is the derivative along the directions.
      const h = 1e-5;
      const [above, below] = [h, -h].map((step) =>
        exact(...inputs.map((x, i) => map(x, (value, e) => value + step * directions[i]!.data[e]!))),
      ) as [Nd, Nd];
      const tangent = above.data.map((value, e) => (value - below.data[e]!) / (2 * h));
      expectClose(await second.at(-1)!.values(), tangent, 'gradient of the seed');
    });
  }

  it('gives a gradient to those inputs alone that ask for one', async () => {
    for (const op of [ops.add, ops.sub, ops.mul, ops.div, ops.matmul]) {
      for (const asking of [0, 1]) {
        const inputs = [0, 1].map((i) => new Variable([[i + 2]], { requiresGrad: i === asking }));
        op(inputs[0]!, inputs[1]!).backward();
        expect(inputs[1 - asking]!.grad).to.equal(null);
        expect(await inputs[asking]!.grad!.data()).to.have.length(1);
      }
    }
  });

  it('takes 0 for the slope of relu and abs at 0, whatever comes back, and lets NaN through', async () => {
    for (const op of [ops.relu, ops.abs]) {
      const x = new Variable([0, -0, NaN], { requiresGrad: true });
      op(x).backward([Infinity, 1, 1]);
      const [zero, minusZero, last] = await x.grad!.data();
      expect([Math.abs(zero!), Math.abs(minusZero!)]).to.deep.equal([0, 0]);
      if (op === ops.abs) expect(last).to.be.NaN;
    }
  });

  // So many uploads take WebGL half a minute, and its limit is another one.
  const many = backendName === 'webgl' ? 3_000 : 20_000;
  it('adds up more terms than tfjs-wasm can take at once', async () => {
    const terms = Array.from({ length: many }, (_, i) => new Variable([i % 7, 1]));
    const sum = terms.reduce((total, _, i) => total + (i % 7), 0);
    expect(await ops.addAll(terms).array()).to.deep.equal([sum, many]);
  });

  it('has no slope at all in x^0, not even at 0', async () => {
    const x = new Variable([0, 2, -1], { requiresGrad: true });
    x.pow(0).backward([1, 1, 1]);
    expect([...(await x.grad!.data())].map(Math.abs)).to.deep.equal([0, 0, 0]);
  });

  it('selects the gradient of where: nothing comes from what was not taken, not even of infinities', async () => {
    const [a, b] = [1, 2].map((value) => new Variable([value, value], { requiresGrad: true })) as [Variable, Variable];
    ops.where(new Variable([true, false], { dtype: 'bool' }), a, b).backward([Infinity, Infinity]);
    expect([...(await a.grad!.data())]).to.deep.equal([Infinity, 0]);
    expect([...(await b.grad!.data())]).to.deep.equal([0, Infinity]);
  });
});
