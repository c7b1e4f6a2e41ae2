import { AutogradError, CostError, DtypeError, ShapeError, gradients, Variable } from '@tessera-nn/core';
import { sizeOf } from '@tessera-nn/core/internal';
import {
  allRegimes,
  backendName,
  costSpec,
  describeAllBodies,
  expectClose,
  map,
  onBackend,
  type Nd,
} from '@tessera-nn/testing';
import { expect } from 'chai';
import { CrossEntropy } from './cross-entropy.js';
import { goldens } from './cross-entropy.golden.js';

const classWeights = [0.5, 2, 1.5, 0.25];

/** Rows of class scores in the order of the labels, whatever axes lie behind the classes. */
function rowsOf({ shape, data }: Nd): number[][] {
  const [batch, classes] = shape as [number, number];
  const places = sizeOf(shape.slice(2));
  const rows: number[][] = [];
  for (let n = 0; n < batch; n++) {
    for (let place = 0; place < places; place++) {
      rows.push(Array.from({ length: classes }, (_, c) => data[(n * classes + c) * places + place]!));
    }
  }
  return rows;
}

function logSumExp(row: readonly number[]): number {
  const largest = Math.max(...row);
  return largest + Math.log(row.reduce((sum, score) => sum + Math.exp(score - largest), 0));
}

/** The mean of -sum t log p, written from the definition. */
function reference(scores: Nd, labels: ArrayLike<number>, cost: CrossEntropy): number {
  const weights = cost.weights?.data.dataSync();
  let [total, norm] = [0, 0];
  for (const [i, row] of rowsOf(scores).entries()) {
    const label = labels[i]!;
    if (label === cost.ignoreIndex) continue;
    const w = (c: number) => weights?.[c] ?? 1;
    const logSum = logSumExp(row);
    const smoothing = cost.labelSmoothing;
    total += (1 - smoothing) * w(label) * (logSum - row[label]!);
    for (const [c, score] of row.entries()) total += (smoothing / row.length) * w(c) * (logSum - score);
    norm += cost.normalize === 'weights' ? w(label) : 1;
  }
  return total / norm;
}

/** (p - t) w / norm, in the order of the scores. */
function gradient(scores: Nd, labels: ArrayLike<number>, cost: CrossEntropy): Nd {
  const weights = cost.weights?.data.dataSync();
  const w = (c: number) => weights?.[c] ?? 1;
  const counted = Array.from(labels).filter((label) => label !== cost.ignoreIndex);
  const norm = counted.reduce((sum, label) => sum + (cost.normalize === 'weights' ? w(label) : 1), 0);
  const [classes, places] = [scores.shape[1]!, sizeOf(scores.shape.slice(2))];
  const rows = rowsOf(scores).map((row, i) => {
    const label = labels[i]!;
    if (label === cost.ignoreIndex) return row.map(() => 0);
    const targets = row.map(
      (_, c) => w(c) * (cost.labelSmoothing / classes + (c === label ? 1 - cost.labelSmoothing : 0)),
    );
    const total = targets.reduce((sum, target) => sum + target, 0);
    return row.map((score, c) => (total * Math.exp(score - logSumExp(row)) - targets[c]!) / norm);
  });
  return map(scores, (_, at) => {
    const [n, c, place] = [Math.floor(at / (classes * places)), Math.floor(at / places) % classes, at % places];
    return rows[n * places + place]![c]!;
  });
}

function wrong(scores: Nd, labels: ArrayLike<number>, { ignoreIndex }: CrossEntropy): number {
  const judged = rowsOf(scores)
    .map((row, i) => [row.indexOf(Math.max(...row)), labels[i]!] as const)
    .filter(([, label]) => label !== ignoreIndex);
  return judged.filter(([answer, label]) => answer !== label).length / judged.length;
}

const withWeights = (normalize: 'weights' | 'labels') =>
  new CrossEntropy({ weights: classWeights, normalize, labelSmoothing: 0.1 });

costSpec('CrossEntropy', {
  reference,
  gradient,
  validation: wrong,
  regimes: [...allRegimes, 'high'],
  reduced: (reduction) => new CrossEntropy({ maxlabels: 4, reduction }),
  cases: [
    {
      title: 'a matrix of scores',
      make: () => new CrossEntropy(4),
      shape: [5, 4],
      target: Int32Array.of(0, 3, 1, 1, 2),
    },
    {
      title: 'weights, as PyTorch divides',
      make: () => withWeights('weights'),
      shape: [3, 4],
      target: Int32Array.of(2, 0, 3),
    },
    {
      title: 'weights, as PuzzleLib divides',
      make: () => withWeights('labels'),
      shape: [3, 4],
      target: Int32Array.of(2, 0, 3),
    },
    {
      title: 'images of scores, some labels ignored',
      make: () => new CrossEntropy({ ignoreIndex: 255 }),
      shape: [2, 4, 2, 3],
      target: Int32Array.of(0, 1, 2, 3, 255, 1, 3, 3, 255, 0, 2, 1),
    },
    {
      title: 'sequences of scores',
      make: () => new CrossEntropy(),
      shape: [2, 3, 4],
      target: Int32Array.of(0, 1, 2, 2, 1, 1, 0, 2),
    },
  ],
  goldens: {
    producer: 'PyTorch 2.13.0',
    calls: goldens,
    make: (attrs) => new CrossEntropy(attrs),
    toTarget: (target) => (target.every(Number.isInteger) ? Int32Array : Float32Array).from(target),
  },
  refuses: [
    {
      title: 'a label beyond the classes, with its place',
      run: () =>
        new CrossEntropy().forward(
          [
            [1, 2, 3],
            [1, 2, 3],
          ],
          [0, 3],
        ),
      type: CostError,
      says: ['label 3 at position 1', '0 to 2', '3 classes'],
    },
    {
      title: 'a negative label',
      run: () => new CrossEntropy().forward([[1, 2]], [-1]),
      type: CostError,
      says: ['label -1 at position 0'],
    },
    {
      title: 'a label that is NaN',
      run: () => new CrossEntropy().forward([[1, 2]], [NaN]),
      type: CostError,
      says: ['label NaN at position 0'],
    },
    {
      title: 'a label between classes',
      run: () => new CrossEntropy().forward([[1, 2]], Float32Array.of(0.5)),
      type: CostError,
      says: ['label 0.5'],
    },
    {
      title: 'rows of another length than the scores',
      run: () => new CrossEntropy().forward([[1, 2]], [[0, 1, 0]]),
      type: ShapeError,
      says: ['[1]', '[1, 3]', 'of the shape of the scores'],
    },
    {
      title: 'a negative probability',
      run: () => new CrossEntropy().forward([[1, 2]], [[1.5, -0.5]]),
      type: CostError,
      says: ['target -0.5 at position 1 is not a probability'],
    },
    {
      title: 'another count of labels',
      run: () => new CrossEntropy().forward([[1, 2]], [0, 1]),
      type: ShapeError,
      says: ['[1]', '[2]'],
    },
    {
      title: 'float labels on the device',
      run: () => new CrossEntropy().forward([[1, 2]], new Variable([0])),
      type: DtypeError,
      says: ['int32', 'float32'],
    },
    {
      title: 'another count of classes than maxlabels',
      run: () => new CrossEntropy(3).forward([[1, 2]], [0]),
      type: ShapeError,
      says: ['2 classes', '3'],
    },
    {
      title: 'two labels for a single sample',
      run: () => new CrossEntropy().forward([1, 2, 3], [0, 1]),
      type: ShapeError,
      says: ['labels of [1]', '[2]'],
    },
    {
      title: 'an empty batch',
      run: () => new CrossEntropy().forward(new Variable(new Float32Array(0), { shape: [0, 3] }), new Int32Array(0)),
      type: ShapeError,
      says: ['empty', '[0, 3]'],
    },
    {
      title: 'a label of 64 bits that int32 does not hold',
      run: () => new CrossEntropy().forward([[1, 2]], BigInt64Array.of(2n ** 40n)),
      type: DtypeError,
      says: ['int32', '1099511627776'],
    },
    {
      title: 'an ignored label that is none',
      run: () => new CrossEntropy({ ignoreIndex: NaN }),
      type: CostError,
      says: ['ignoreIndex', 'NaN'],
    },
    {
      title: 'weights that want a gradient',
      run: () => {
        const weights = new Variable([1, 2], { requiresGrad: true });
        const cost = new CrossEntropy({ weights });
        try {
          return cost.forward([[1, 2]], [0]);
        } finally {
          cost.dispose();
        }
      },
      type: AutogradError,
      says: ['weights want a gradient', 'detach()'],
    },
    {
      title: 'a smoothing beyond 1',
      run: () => new CrossEntropy({ labelSmoothing: 2 }),
      type: CostError,
      says: ['from 0 to 1', '2'],
    },
  ],
});

/** Of a distribution over the classes for each place, and with gradients of it. */
const ofShares = (scores: Nd, shares: ArrayLike<number>, { labelSmoothing }: CrossEntropy): number => {
  const targets = rowsOf({ ...scores, data: Float64Array.from(shares) });
  const rows = rowsOf(scores).map((row, i) => {
    const smooth = (t: number) => (1 - labelSmoothing) * t + labelSmoothing / row.length;
    return row.reduce((sum, score, c) => sum + smooth(targets[i]![c]!) * (logSumExp(row) - score), 0);
  });
  return rows.reduce((sum, loss) => sum + loss, 0) / rows.length;
};

costSpec('CrossEntropy of probabilities', {
  reference: ofShares,
  validation: (scores, shares) => {
    const [answers, right] = [scores, { ...scores, data: Float64Array.from(shares) }].map((of) =>
      rowsOf(of).map((row) => row.indexOf(Math.max(...row))),
    );
    return answers!.filter((answer, i) => answer !== right![i]).length / answers!.length;
  },
  reduced: (reduction) => new CrossEntropy({ reduction }),
  cases: [
    {
      title: 'a matrix of scores',
      make: () => new CrossEntropy(),
      shape: [3, 4],
      target: Float32Array.of(0.1, 0.2, 0.3, 0.4, 1, 0, 0, 0, 0.25, 0, 0.5, 0.25),
    },
    {
      title: 'sequences of scores',
      make: () => new CrossEntropy({ labelSmoothing: 0.25 }),
      shape: [2, 2, 2],
      target: Float32Array.of(0.25, 1, 0.75, 0, 0.5, 0, 0.5, 1),
    },
  ],
});

describe(`CrossEntropy's targets [${backendName}]`, () => {
  onBackend();

  it('are one class, or probabilities, for a single sample without a batch', async () => {
    const cost = new CrossEntropy();
    const wanted = await new CrossEntropy().forward([[1, 2, 3]], [2]).item();
    const label = new Variable(2, { shape: [], dtype: 'int32' });
    for (const target of [2, [2], label, [0, 0, 1]]) {
      expectClose([await cost.forward([1, 2, 3], target).item()], [wanted], 'loss');
    }
    expect(cost.numOfSamples).to.equal(4);
    expect(await cost.validate([1, 2, 3], 0)).to.equal(1);
  });

  it('get a gradient where they are probabilities, -log p / batch, also beside scores of -Infinity', async () => {
    const shares = new Variable([[0.5, 0.5, 0]], { requiresGrad: true });
    const loss = new CrossEntropy().forward([[0, 0, -Infinity]], shares);
    loss.backward();
    expectClose([await loss.item()], [Math.LN2], 'loss');
    expectClose((await shares.grad!.data()).slice(0, 2), [Math.LN2, Math.LN2], 'gradient');
  });

  it('come in any typed array, and in a column', async () => {
    const scores = [
      [1, 2, 3],
      [3, 2, 0],
    ];
    const wanted = await new CrossEntropy().forward(scores, [2, 1]).item();
    const column = new Variable(Int32Array.of(2, 1), { shape: [2, 1] });
    for (const labels of [Uint8Array.of(2, 1), BigInt64Array.of(2n, 1n), Float64Array.of(2, 1), [[2], [1]], column]) {
      expect(await new CrossEntropy().forward(scores, labels).item()).to.equal(wanted);
    }
  });

  it('come in one map for images of scores', async () => {
    const scores = new Variable([5, 1, 2, 0, 3, 3, 1, 0], { shape: [1, 2, 2, 2] });
    const labels = new Variable(Int32Array.of(0, 1, 1, 0), { shape: [1, 2, 2] });
    const wanted = await new CrossEntropy().forward(scores, labels).item();
    expect(await new CrossEntropy().forward(scores, labels.reshape([1, 1, 2, 2])).item()).to.equal(wanted);
  });
});

describeAllBodies('CrossEntropy of extreme scores', () => {
  /** Loss and gradient of so many equal rows, divided by nothing. */
  const ofRows = async (count: number, row: readonly number[], label: number, labelSmoothing = 0) => {
    const data = Float32Array.from({ length: count * row.length }, (_, i) => row[i % row.length]!);
    const scores = new Variable(data, { shape: [count, row.length], requiresGrad: true });
    const loss = new CrossEntropy({ labelSmoothing }).forward(scores, new Int32Array(count).fill(label));
    loss.backward();
    return { loss: await loss.item(), grad: (await scores.grad!.data()).slice(-row.length).map((g) => g * count) };
  };

  it('depends on differences of scores alone, however large they are', async () => {
    const softmax = (x: number) => 1 / (1 + Math.exp(-x)); // of the second of [0, x]
    for (const count of [1, 3000]) {
      for (const size of [1e4, -1e4, 1e8, 1e17, -1e17, 3e38]) {
        const { loss, grad } = await ofRows(count, [size, size], 1);
        expectClose([loss], [Math.LN2], `loss of ${size}`);
        expectClose(grad, [0.5, -0.5], `gradient of ${size}`);
      }
      const { loss, grad } = await ofRows(count, [10000, 10001], 0);
      expectClose([loss], [1 + Math.log1p(Math.exp(-1))], 'loss', { relative: 2e-6 });
      expectClose(grad, [-softmax(1), softmax(1)], 'gradient', { relative: 2e-6 });
      const smooth = await ofRows(count, [-70000, -70002, -70002], 0, 0.3);
      const log = Math.log1p(2 * Math.exp(-2));
      expectClose([smooth.loss], [log + 0.2 * 2], 'smoothed loss', { relative: 2e-6 });
      const p = [Math.exp(-log), Math.exp(-2 - log), Math.exp(-2 - log)];
      expectClose(smooth.grad, [p[0]! - 0.8, p[1]! - 0.1, p[2]! - 0.1], 'smoothed gradient');
    }
  });

  it('stays finite where exp overflows and underflows', async () => {
    const scores = new Variable(
      [
        [1000, -1000, 0],
        [-1e30, 1e30, 0],
      ],
      { requiresGrad: true },
    );
    const loss = new CrossEntropy().forward(scores, [1, 1]);
    loss.backward();
    expectClose([await loss.item()], [1000], 'loss');
    expectClose(await scores.grad!.data(), [0.5, -0.5, 0, 0, 0, 0], 'gradient');
  });

  it('gives NaN, not a quiet number, for a label out of range that only the device knows', async () => {
    const cost = new CrossEntropy();
    const label = new Variable(Int32Array.of(7));
    expect(await cost.forward([[1, 2, 3]], label).item()).to.be.NaN;
  });

  it('keeps NaN scores NaN', async () => {
    expect(await new CrossEntropy().forward([[NaN, 0]], [0]).item()).to.be.NaN;
  });
});

describeAllBodies('CrossEntropy with nothing to learn', () => {
  it('takes a single class, which is always right, also for gradients of gradients', async () => {
    const scores = new Variable([[3], [4]], { requiresGrad: true });
    const loss = new CrossEntropy({ labelSmoothing: 0.1 }).forward(scores, [0, 0]);
    const [grad] = gradients(loss, [scores], { createGraph: true });
    expect(await loss.item()).to.equal(0);
    expect([...(await grad!.values())].map(Math.abs)).to.deep.equal([0, 0]);
    const [second] = gradients(grad!.sum(), [scores]);
    expectClose(await second!.values(), [0, 0], 'second gradient');
    expect(await new CrossEntropy().validate([[3], [4]], [0, 0])).to.equal(0);
  });

  it('is NaN with gradient 0, as in PyTorch, where all labels are ignored', async () => {
    const scores = new Variable(
      [
        [3, 1],
        [4, 2],
      ],
      { requiresGrad: true },
    );
    const cost = new CrossEntropy({ ignoreIndex: 1 });
    const loss = cost.forward(scores, [1, 1]);
    loss.backward();
    expect(await loss.item()).to.be.NaN;
    expect([...(await scores.grad!.data())].map(Math.abs)).to.deep.equal([0, 0, 0, 0]);
    expect(await cost.validate(scores.detach(), [1, 1])).to.be.NaN;
  });
});
