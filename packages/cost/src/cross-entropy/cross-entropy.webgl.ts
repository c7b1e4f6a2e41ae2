import {
  allFilled,
  functionsUsed,
  onWorkbench,
  sumRows,
  readFromZero,
  readValues,
  valuesOf,
  type TensorTexture,
} from '@tessera-nn/kernels';
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';

interface Numbers {
  labelSmoothing: number;
  /** A value that no counted label has. */
  ignoreIndex: number;
  byWeights: boolean;
}

/** Up to so many scores, whoever needs a number of a row works it out again. */
const SMALL = 4096;

/**
 * Loss and gradient in two draws of their own for small batches. Else in four: for each row its largest score, the log of
 * the sum of exponentials, its sum of targets and what it adds to norm and loss; the sums of these; then the gradient, and
 * the loss.
 */
export function crossEntropyWebgl(
  { scores, labels, weights }: { scores: Tensor; labels: Tensor; weights: Tensor },
  { labelSmoothing, ignoreIndex, byWeights }: Numbers,
): TensorInfo[] | undefined {
  if (!allFilled(scores, labels)) return undefined;
  return onWorkbench((bench) => {
    const rows = labels.size;
    const classes = weights.size;
    const small = rows * classes <= SMALL;
    const values = {
      rows,
      classes,
      hitShare: 1 - labelSmoothing,
      spreadShare: labelSmoothing / classes,
      ignored: ignoreIndex,
      byWeights: Number(byWeights),
    };
    const uniforms = {
      rows: 'int',
      classes: 'int',
      hitShare: 'float',
      spreadShare: 'float',
      ignored: 'int',
      byWeights: 'int',
    } as const;
    const names = ['Scores', 'Labels', 'Weights'];
    // Labels always one to a texel, whatever their number: a new batch size is to compile nothing.
    const plain = { texture: readFromZero(bench, labels), plain: true };
    const given = [readValues(bench, scores), plain, readValues(bench, weights)];
    const readers = given.map(({ plain }, i) => valuesOf(names[i]!, plain)).join('\n');
    const key = given.map(({ plain }) => Number(plain)).join('');
    const summed = small ? [] : sumsOfRows();
    const shared = {
      inputs: [...names, ...(small ? [] : ['Softmax', 'Total'])],
      targets: 1,
      uniforms,
      functions: [readers, ...(small ? [rowPart, sumParts] : [readParts])].join('\n'),
    };
    const draw = (name: string, main: string, functions: string, result: TensorTexture) => {
      const shader = () => {
        const text = `${shared.functions}\n${functions}`;
        return { ...shared, functions: `${functionsUsed(text)}\n${text}`, main };
      };
      const inputs = [...given.map(({ texture }) => texture), ...summed];
      bench.run(`CrossEntropy${name} ${small ? 'small' : ''} ${key}`, shader, [result], inputs, values);
      return bench.give(result);
    };
    // A loop, not four copies: what a program calls is written out at each call, and takes its time to compile.
    const main = `float norm = normOfRows();
  vec4 grads = vec4(0.0);
  for (int l = 0; l < 4; l++) grads[l] = gradient(texel * 4 + l, norm);
  result0 = grads;`;
    const grads = draw('Gradient', main, gradient, bench.dense(scores.shape));
    const loss = draw('Loss', 'vec4 total = totalOfParts(); result0 = vec4(total.y / total.x);', '', bench.plain([]));
    return [loss, grads];

    function sumsOfRows(): [TensorTexture, TensorTexture] {
      const [softmax, cost] = [0, 1].map(() => bench.dense([rows, 4], 1 + Math.floor(Math.sqrt(rows))));
      bench.run(
        `CrossEntropyRows ${key}`,
        () => ({
          inputs: names,
          targets: 2,
          uniforms,
          functions: [functionsUsed(rowPart), readers, rowPart].join('\n'),
          main: `
  Row row = Row(0.0, 0.0, 0.0, vec4(0.0));
  if (texel < rows) row = partOfRow(texel);
  result0 = vec4(row.largest, row.logSum, row.targets, 0.0);
  result1 = row.cost;`,
        }),
        [softmax!, cost!],
        given.map(({ texture }) => texture),
        values,
      );
      return [softmax!, sumRows(bench, cost!, rows, 1)];
    }
  });
}

/**
 * Of a row: its largest score; the log of the sum of exponentials of what the scores are less than that; the sum of
 * targets; what it adds to norm and loss. Largest score and log stay two numbers: in their sum the log may be lost.
 */
const rowType = 'struct Row { float largest; float logSum; float targets; vec4 cost; };';

const rowPart = `${rowType}
Row partOfRow(int row) {
  int label = int(valueLabels(row));
  if (label == ignored) return Row(0.0, 0.0, 0.0, vec4(0.0));
  int first = row * classes;
  float largest = -infinity();
  for (int c = 0; c < classes; c++) {
    float score = valueScores(first + c);
    if (isnan(score) || score > largest) largest = score;
    if (isnan(score)) break;
  }
  float exponentials = 0.0;
  for (int c = 0; c < classes; c++) exponentials += exponential(vec4(valueScores(first + c) - largest)).x;
  float logSum = logarithm(vec4(exponentials)).x;
  bool known = label >= 0 && label < classes;
  float weight = known ? valueWeights(label) : notANumber();
  float hit = hitShare * weight;
  float loss = known ? 0.0 : notANumber();
  float targets = hit;
  if (hit != 0.0 && known) loss -= hit * (valueScores(first + label) - largest - logSum);
  if (spreadShare != 0.0) {
    for (int c = 0; c < classes; c++) {
      float target = spreadShare * valueWeights(c);
      targets += target;
      if (target != 0.0) loss -= target * (valueScores(first + c) - largest - logSum);
    }
  }
  return Row(largest, logSum, targets, vec4(byWeights != 0 ? weight : 1.0, loss, 0.0, 0.0));
}`;

const sumParts = `vec4 totalOfParts() {
  vec4 total = vec4(0.0);
  for (int row = 0; row < rows; row++) total += partOfRow(row).cost;
  return total;
}
float normOfRows() {
  float norm = 0.0;
  for (int row = 0; row < rows; row++) {
    int label = int(valueLabels(row));
    bool known = label >= 0 && label < classes;
    float weight = byWeights == 0 ? 1.0 : known ? valueWeights(label) : notANumber();
    norm += label == ignored ? 0.0 : weight;
  }
  return norm;
}`;

const readParts = `${rowType}
Row partOfRow(int row) { vec4 part = readSoftmax(row); return Row(part.x, part.y, part.z, vec4(0.0)); }
vec4 totalOfParts() { return fetchTotal(0, 0); }
float normOfRows() { return fetchTotal(0, 0).x; }`;

const gradient = `float gradient(int i, float norm) {
  int row = i / classes;
  int c = i - row * classes;
  int label = row < rows ? int(valueLabels(row)) : ignored;
  if (label == ignored) return 0.0;
  Row part = partOfRow(row);
  float weight = valueWeights(c);
  float target = (c == label ? hitShare * weight : 0.0) + spreadShare * weight;
  return (exponential(vec4(valueScores(i) - part.largest - part.logSum)).x * part.targets - target) / norm;
}`;
