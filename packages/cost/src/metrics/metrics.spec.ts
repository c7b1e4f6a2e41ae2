import { CostError, ShapeError, Variable } from '@tessera-nn/core';
import { backendName, expectClose, expectNoMore, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Accuracy, AUC, ConfusionMatrix, F1, IoU, Precision, Recall, TopKAccuracy, type AnyMetric } from '../index.js';

/** Scores of three classes in two batches; the answers are 0 2 1 0 2, the labels 0 2 2 1 2. */
const scores = [
  [
    [3, 1, 2],
    [0, 1, 2],
    [1, 4, 2],
  ],
  [
    [5, 1, 4],
    [0, -1, 2],
  ],
];
const labels = [
  [0, 2, 2],
  [1, 2],
];

async function over<Value>(metric: AnyMetric<Value>): Promise<Value> {
  scores.forEach((batch, i) => metric.update(batch, labels[i]!));
  return metric.compute();
}

describe(`Metrics [${backendName}]`, () => {
  onBackend();

  it('count right answers, and those among the first k', async () => {
    expectClose([await over(new Accuracy())], [3 / 5], 'accuracy');
    expectClose([await over(new TopKAccuracy({ k: 2 }))], [4 / 5], 'top 2');
    expectClose([await over(new TopKAccuracy({ k: 3 }))], [1], 'top 3');
  });

  it('count which class was answered for which, and from that precision, recall, F1 and IoU as scikit-learn does', async () => {
    expect(await over(new ConfusionMatrix())).to.deep.equal([
      [1, 0, 0],
      [1, 0, 0],
      [0, 1, 2],
    ]);
    const expected = [
      [Precision, [1 / 2, 0, 1], 0.7],
      [Recall, [1, 0, 2 / 3], 0.6],
      [F1, [2 / 3, 0, 0.8], (2 / 3 + 3 * 0.8) / 5],
      [IoU, [1 / 2, 0, 2 / 3], 0.5],
    ] as const;
    for (const [Class, perClass, weighted] of expected) {
      const metric = new Class();
      expectClose([await over(metric)], [perClass.reduce((a, b) => a + b) / 3], `macro ${metric.className}`);
      expectClose(await metric.perClass(), perClass, metric.className);
      expectClose([await over(new Class({ average: 'weighted' }))], [weighted], `weighted ${metric.className}`);
      const micro = Class === IoU ? 3 / 7 : 3 / 5;
      expectClose([await over(new Class({ average: 'micro' }))], [micro], `micro ${metric.className}`);
    }
  });

  it('take what they are told for a class of which nothing came', async () => {
    const precision = new Precision({ empty: 1 });
    precision.update([[2, 1]], [0]);
    expect(await precision.perClass()).to.deep.equal([1, 1]);
    const usual = new Precision();
    usual.update([[2, 1]], [1]);
    expect(await usual.perClass()).to.deep.equal([0, 0]);
  });

  it('leave labels out, and look at each place of images', async () => {
    const image = new Variable([3, 0, 1, 1, 2, 5, 0, 2], { shape: [1, 2, 2, 2] }); // the answers are 0 1 0 1
    const accuracy = new Accuracy({ ignoreIndex: 255 });
    accuracy.update(image, Int32Array.of(0, 1, 1, 255));
    expectClose([await accuracy.compute()], [2 / 3], 'accuracy');
    const matrix = new ConfusionMatrix({ ignoreIndex: 255 });
    matrix.update(image, Int32Array.of(0, 1, 1, 255));
    expect(await matrix.compute()).to.deep.equal([
      [1, 0],
      [1, 1],
    ]);
  });

  it('take a single column of logits for yes or no', async () => {
    const recall = new Recall();
    recall.update([[2], [-1], [3]], [[1], [1], [0]]);
    expect(await recall.perClass()).to.deep.equal([0, 0.5]);
  });

  it('know the area under the ROC curve, also where scores are equal and classes several', async () => {
    const auc = new AUC();
    auc.update([[0.1], [0.4]], [0, 0]);
    auc.update([[0.35], [0.8]], [1, 1]);
    expect(await auc.compute()).to.equal(0.75);
    auc.reset();
    auc.update([[1], [1], [2]], [0, 1, 1]);
    expect(await auc.compute()).to.equal(0.75);
    const several = new AUC({ ignoreIndex: 9 });
    several.update([...scores.flat(), [9, 9, 9]], [...labels.flat(), 9]);
    expectClose([await several.compute()], [(3 / 4 + 2 / 4 + 1.5 / 6) / 3], 'one against the others');
  });

  it('begin anew after a reset, and hold nothing then', async () => {
    const metrics = [new Accuracy(), new AUC(), new F1(), new TopKAccuracy()];
    const before = held();
    for (const metric of metrics) {
      await over(metric);
      metric.reset();
      const failed = await metric.compute().catch((error: unknown) => error);
      expect(failed).to.be.instanceOf(CostError);
      expect(String(failed)).to.contain('counted nothing yet');
    }
    expectNoMore(before);
  });

  it('refuse what does not fit, and count none of it', async () => {
    const accuracy = new Accuracy();
    expect(() => accuracy.update([1, 2], [0, 1])).to.throw(ShapeError, 'no axis of classes');
    expect(() => accuracy.update([[1, 2]], [2])).to.throw(CostError, 'Accuracy: label 2');
    const matrix = new ConfusionMatrix();
    matrix.update([[1, 2]], [1]);
    expect(() => matrix.update([[1, 2, 3]], [1])).to.throw(ShapeError, 'other classes than those before');
    expect(await matrix.compute()).to.deep.equal([
      [0, 0],
      [0, 1],
    ]);
  });
});
