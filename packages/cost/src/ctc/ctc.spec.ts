import { CostError, ShapeError, Variable } from '@tessera-nn/core';
import { backendName, costSpec, expectClose, onBackend, type Nd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { CTC } from './ctc.js';
import { goldens } from './ctc.golden.js';

/** The sum over each single path that spells the labels: all classes at all times. */
function reference({ data, shape }: Nd, target: ArrayLike<number>, { blank }: CTC): number {
  const [batch, classes, time] = shape as [number, number, number];
  const width = target.length / batch;
  let total = 0;
  for (let sample = 0; sample < batch; sample++) {
    const labels = Array.from(target)
      .slice(sample * width, (sample + 1) * width)
      .filter((label) => label >= 0);
    const share = Array.from({ length: time }, (_, t) => {
      const scores = Array.from({ length: classes }, (_, c) => data[(sample * classes + c) * time + t]!);
      const top = Math.max(...scores);
      const sum = scores.reduce((all, score) => all + Math.exp(score - top), 0);
      return scores.map((score) => Math.exp(score - top) / sum);
    });
    let likelihood = 0;
    for (let code = 0; code < classes ** time; code++) {
      const path = Array.from({ length: time }, (_, t) => Math.floor(code / classes ** t) % classes);
      const spelt = path.filter((c, t) => c !== blank && c !== path[t - 1]);
      if (spelt.join() === labels.join()) likelihood += path.reduce((product, c, t) => product * share[t]![c]!, 1);
    }
    total -= Math.log(likelihood) / batch;
  }
  return total;
}

const shape = [2, 3, 4];
const logits = () => new Variable(new Float32Array(24), { shape, requiresGrad: true });

costSpec('CTC', {
  reference,
  validation: reference,
  regimes: ['ordinary'], // of others the reference's probabilities are 0
  cases: [
    { title: 'labels of two lengths', make: () => new CTC(), shape, target: Int32Array.of(1, 2, 2, -1) },
    { title: 'a repeated label', make: () => new CTC({ blank: 2 }), shape, target: Int32Array.of(0, 0, 1, 0) },
    { title: 'no labels', make: () => new CTC({ blank: 1 }), shape: [1, 2, 3], target: Int32Array.of(-1) },
  ],
  reduced: (reduction) => new CTC({ reduction }),
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: ({ blank }) => new CTC({ blank: Number(blank) }),
    toTarget: (target) => Int32Array.from(target),
  },
  refuses: [
    {
      title: 'other shapes',
      run: () => new CTC().forward(new Variable([[1, 2]]), [[1]]),
      type: ShapeError,
      says: ['[batch, classes, time], with a class 0 for the blank', '[1, 2]'],
    },
    { title: 'the blank as a label', run: () => new CTC().forward(logits(), [[1, 0], [1, 2]]), type: CostError, says: ['sample 0', '1, 0'] }, // prettier-ignore
    { title: 'a gap amid labels', run: () => new CTC().forward(logits(), [[1, 2], [-1, 2]]), type: CostError, says: ['sample 1', '-1, 2'] }, // prettier-ignore
    {
      title: 'rows for other samples',
      run: () => new CTC().forward(logits(), [[1, 2]]),
      type: ShapeError,
      says: ['[2, most]', '[1, 2]'],
    },
    { title: 'lengths beyond the input', run: () => new CTC().forward(logits(), [Int32Array.of(1, 2), Int32Array.of(4, 5)]), type: CostError, says: ['2 whole numbers from 1 to 4', '4, 5'] }, // prettier-ignore
  ],
});

describe(`The lengths of CTC [${backendName}]`, () => {
  onBackend();

  it('leave out what comes behind them', async () => {
    const x = Float32Array.from({ length: 24 }, (_, i) => Math.sin(5 * i));
    const whole = new Variable(x, { shape, requiresGrad: true });
    const loss = new CTC({ reduction: 'sum' }).forward(whole, [Int32Array.of(1, 2), Int32Array.of(3, 4)]);
    loss.backward();
    const short = new Variable(x, { shape }).slice([0, 0, 0], [1, 3, 3]);
    const rest = new Variable(x, { shape }).slice([1, 0, 0], [1, 3, 4]);
    const alone = [new CTC().forward(short, [[1]]), new CTC().forward(rest, [[2]])];
    expectClose([await loss.item()], [(await alone[0]!.item()) + (await alone[1]!.item())], 'loss');
    const grad = await whole.grad!.data();
    expect([3, 7, 11].map((i) => Math.abs(grad[i]!))).to.deep.equal([0, 0, 0]);
  });

  it('cost Infinity where labels do not fit in, or nothing on request, without a gradient', async () => {
    for (const [zeroInfinity, expected] of [
      [false, Infinity],
      [true, 0],
    ] as const) {
      const x = logits();
      const loss = new CTC({ zeroInfinity }).forward(x, [
        [1, 1, 1],
        [1, 1, 1],
      ]);
      expect(await loss.item()).to.equal(expected);
      loss.backward();
      for (const value of await x.grad!.data()) expect(Math.abs(value)).to.equal(0);
    }
  });
});
