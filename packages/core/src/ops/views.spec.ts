import { expectClose, backendName, onBackend, randomNd } from '@tessera-nn/testing';
import { Variable } from '../variable/variable.js';

/** Far enough from the beginning, and large enough that no backend computes it elsewhere. */
const ROWS = [32, 64] as const;
const WIDTH = 28;
const whole = randomNd([96, WIDTH], 1);
const part = whole.data.slice(ROWS[0] * WIDTH, ROWS[1] * WIDTH);

const view = () => new Variable(whole.data, { shape: whole.shape }).slice([ROWS[0], 0], [ROWS[1] - ROWS[0], WIDTH]);

const columnSums = (values: Float64Array) =>
  Array.from({ length: WIDTH }, (_, column) => {
    let sum = 0;
    for (let i = column; i < values.length; i += WIDTH) sum += values[i]!;
    return sum;
  });

/** What reads its input in different ways: alone, with another, along rows, in sums, moved. */
const readings: Record<string, { of: (x: Variable) => Variable; expected: ArrayLike<number> }> = {
  relu: { of: (x) => x.relu(), expected: part.map((value) => Math.max(value, 0)) },
  'a sum of two': { of: (x) => x.add(x), expected: part.map((value) => 2 * value) },
  'a broadcast': {
    of: (x) => x.mul(new Variable(part.subarray(0, WIDTH))),
    expected: part.map((value, i) => value * part[i % WIDTH]!),
  },
  'sums of columns': { of: (x) => x.sum(0), expected: columnSums(part) },
  'a product': {
    of: (x) =>
      new Variable(new Float32Array(2 * (ROWS[1] - ROWS[0])).fill(1), { shape: [2, ROWS[1] - ROWS[0]] }).matmul(x),
    expected: [...columnSums(part), ...columnSums(part)],
  },
  'a transpose, twice': { of: (x) => x.transpose([1, 0]).transpose([1, 0]), expected: part },
  'a slice of the slice': {
    of: (x) => x.slice([8, 0], [16, WIDTH]).relu(),
    expected: part.slice(8 * WIDTH, 24 * WIDTH).map((value) => Math.max(value, 0)),
  },
};

describe(`A view into a larger tensor [${backendName}]`, () => {
  onBackend();

  for (const [title, { of, expected }] of Object.entries(readings)) {
    it(`is read where it begins: ${title}`, async () => {
      expectClose(await of(view()).values(), expected, title);
    });
  }
});
