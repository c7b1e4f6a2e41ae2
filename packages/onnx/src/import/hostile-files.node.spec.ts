// Damaged files: refused with a typed error, or read whole, and nothing is held of those that are refused.
import { noGrad, scope, seed, TesseraError, type AnyModule } from '@tessera-nn/core';
import { backendName, expectNoMore, held, itOnOneBackend, onBackend, tellCounts, timesOr } from '@tessera-nn/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { fromOnnx } from '../index.js';
import { fileOf, floats, ints, node, some } from './made-files.golden.js';

const RUNS = timesOr(300);
/** More numbers than the files hold, and few enough for a test. */
const LIMIT = 10_000;

/** Weights, constants that are computed, sizes that follow the batch, old forms. */
const files = (): Uint8Array[] => [
  fileOf(
    [
      node('Conv', ['x', 'W', 'b'], 'c', { pads: [1, 1, 1, 1] }),
      node('BatchNormalization', ['c', 's', 'b', 'b', 's'], 'n'),
      node('MaxPool', ['n'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
      node('Flatten', ['p'], 'f'),
      node('Gemm', ['f', 'V'], 'y', { transB: 1 }),
    ],
    {
      inputs: { x: ['n', 2, 4, 4] },
      initializers: [some('W', [3, 2, 3, 3]), some('b', [3]), floats('s', [3], [1, 2, 3]), some('V', [2, 12])],
    },
  ),
  fileOf(
    [
      node('Shape', ['x'], 's'),
      node('Slice', ['s', 'zero', 'one'], 'n'),
      node('Concat', ['n', 'rest'], 'shape', { axis: 0 }),
      node('Reshape', ['x', 'shape'], 'r'),
      node('ConstantOfShape', ['shape'], 'c'),
      node('Tile', ['w', 'rest'], 't'),
      node('Sum', ['r', 'c', 't'], 'a'),
      node('Split', ['a'], ['l', 'k'], { axis: 1, split: [2, 4] }),
      node('Unsqueeze', ['l'], 'y', { axes: [1] }),
    ],
    {
      inputs: { x: ['n', 2, 3] },
      initializers: [ints('zero', [0]), ints('one', [1]), ints('rest', [6, 1]), some('w', [1, 1])],
      opset: 11,
    },
  ),
];

type Damage = (bytes: Uint8Array) => Uint8Array;
const byte = fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat(255));
const place = fc.nat(2 ** 20);
const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.array(fc.tuple(place, byte), { minLength: 1, maxLength: 3 }).map((changes): Damage => (bytes) => {
    const changed = bytes.slice();
    for (const [at, value] of changes) changed[at % bytes.length] = value;
    return changed;
  }),
  place.map(
    (at): Damage =>
      (bytes) =>
        bytes.slice(0, at % bytes.length),
  ),
  fc.tuple(place, fc.nat(8), fc.uint8Array({ maxLength: 8 })).map(
    ([at, removed, added]): Damage =>
      (bytes) =>
        Uint8Array.of(...bytes.slice(0, at % bytes.length), ...added, ...bytes.slice((at % bytes.length) + removed)),
  ),
);

/** Reads a file and gives it back. A network that was read may still be unfit for an input. */
function attempt(bytes: Uint8Array): 'read' | 'refused' {
  let net: AnyModule | undefined;
  try {
    net = fromOnnx(bytes, { limit: LIMIT });
    const { inputs } = net as unknown as { inputs: { length?: number } };
    if (inputs.length === undefined)
      noGrad(() =>
        scope(
          () =>
            void net!.forward([
              [
                [0, 1, 2],
                [3, 4, 5],
              ],
            ] as never),
        ),
      );
    return 'read';
  } catch (error) {
    if (!(error instanceof TesseraError)) throw error;
    return net ? 'read' : 'refused';
  } finally {
    net?.dispose();
  }
}

describe(`Hostile ONNX files [${backendName}]`, function () {
  this.timeout(60_000 + 100 * RUNS);
  onBackend();

  itOnOneBackend('are read whole or refused, and leave nothing behind', () => {
    seed(1);
    const before = held();
    const outcomes = { read: 0, refused: 0 };
    for (const file of files()) expect(attempt(file)).to.equal('read');
    fc.assert(
      fc.property(fc.constantFrom(...files()), damage, (file, change) => {
        outcomes[attempt(change(file))]++;
        expectNoMore(before);
      }),
      { seed: 20261129, numRuns: RUNS },
    );
    tellCounts(outcomes);
    expect(outcomes.refused).to.be.greaterThan(RUNS / 5);
    expect(outcomes.read).to.be.greaterThan(0);
  });
});
