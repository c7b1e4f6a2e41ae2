import { allFilled, numerics, onWorkbench, repeat, sumRows, valueOf } from '@tessera/kernels';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

interface Numbers {
  labelSmoothing: number;
  /** A value that no counted label has. */
  ignoreIndex: number;
  byWeights: boolean;
}

/**
 * Loss and gradient in four draws: for each row its log of the sum of exponentials, its sum of targets and what it adds
 * to norm and loss; the sums of these; then the gradient, and the loss.
 */
export function crossEntropyWebgl(
  { scores, labels, weights }: { scores: Tensor; labels: Tensor; weights: Tensor },
  { labelSmoothing, ignoreIndex, byWeights }: Numbers,
): TensorInfo[] | undefined {
  if (!allFilled(scores, labels)) return undefined;
  return onWorkbench((bench) => {
    const rows = labels.size;
    const classes = weights.size;
    const uniforms = {
      rows,
      classes,
      hitShare: 1 - labelSmoothing,
      spreadShare: labelSmoothing / classes,
      ignored: ignoreIndex,
      byWeights: Number(byWeights),
    };
    const declared = {
      rows: 'int',
      classes: 'int',
      hitShare: 'float',
      spreadShare: 'float',
      ignored: 'int',
      byWeights: 'int',
    } as const;
    const inputs = [bench.read(scores), bench.read(labels), bench.read(weights)];
    const readers = ['Scores', 'Labels', 'Weights'].map(valueOf).join('\n');
    const parts = bench.dense([rows, 4], 1 + Math.floor(Math.sqrt(rows)));
    bench.run(
      'CrossEntropyRows',
      () => ({
        inputs: ['Scores', 'Labels', 'Weights'],
        targets: 1,
        uniforms: declared,
        functions: `${numerics}\n${readers}`,
        main: `
  int label = texel < rows ? int(valueLabels(texel)) : ignored;
  result0 = vec4(0.0);
  if (label == ignored) return;
  int first = texel * classes;
  float largest = -infinity();
  for (int c = 0; c < classes; c++) {
    float score = valueScores(first + c);
    if (isnan(score) || score > largest) largest = score;
    if (isnan(score)) break;
  }
  float exponentials = 0.0;
  for (int c = 0; c < classes; c++) exponentials += exponential(valueScores(first + c) - largest);
  float logSum = largest + logarithm(exponentials);
  bool known = label >= 0 && label < classes;
  float weight = known ? valueWeights(label) : notANumber();
  float hit = hitShare * weight;
  float loss = known ? 0.0 : notANumber();
  float targets = hit;
  if (hit != 0.0 && known) loss -= hit * (valueScores(first + label) - logSum);
  if (spreadShare != 0.0) {
    for (int c = 0; c < classes; c++) {
      float target = spreadShare * valueWeights(c);
      targets += target;
      if (target != 0.0) loss -= target * (valueScores(first + c) - logSum);
    }
  }
  result0 = vec4(logSum, targets, byWeights != 0 ? weight : 1.0, loss);`,
      }),
      [parts],
      inputs,
      uniforms,
    );
    const total = sumRows(bench, parts, rows, 1);
    const grads = bench.dense(scores.shape);
    bench.run(
      'CrossEntropyGradient',
      () => ({
        inputs: ['Scores', 'Labels', 'Weights', 'Parts', 'Total'],
        targets: 1,
        uniforms: declared,
        functions: `${numerics}\n${readers}
float gradient(int i, float norm) {
  int row = i / classes;
  int c = i - row * classes;
  int label = row < rows ? int(valueLabels(row)) : ignored;
  if (label == ignored) return 0.0;
  vec4 part = readParts(row);
  float weight = valueWeights(c);
  float target = (c == label ? hitShare * weight : 0.0) + spreadShare * weight;
  return (exponential(valueScores(i) - part.x) * part.y - target) / norm;
}`,
        main: `
  float norm = fetchTotal(0, 0).z;
  result0 = vec4(${repeat(4, (l) => `gradient(texel * 4 + ${l}, norm)`, ', ')});`,
      }),
      [grads],
      [...inputs, parts, total],
      uniforms,
    );
    const loss = bench.plain([]);
    bench.run(
      'CrossEntropyLoss',
      () => ({
        inputs: ['Total'],
        targets: 1,
        main: 'vec4 total = fetchTotal(0, 0); result0 = vec4(total.w / total.z);',
      }),
      [loss],
      [total],
    );
    return [bench.give(loss), bench.give(grads)];
  });
}
