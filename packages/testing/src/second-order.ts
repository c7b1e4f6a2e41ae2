import { addAll, gradients, Variable } from '@tessera-nn/core';
import { directionalDifferences, doubleDifferences } from './central-differences.js';
import { expectClose, type Tolerance } from './close.js';
import type { Nd } from './nd.js';
import { randomNd } from './random-values.js';

export interface SecondOrderSubject {
  /** The output, of the leaves as they are. */
  forward: () => Variable;
  /** What gradients are wanted of, by name. */
  leaves: readonly (readonly [name: string, leaf: Variable])[];
  /** The same output in float64, of `values` as they are. */
  reference: () => Nd;
  /** The values of the leaves in float64. */
  values: readonly Nd[];
  tolerance?: Tolerance | undefined;
}

/** Differences of differences leave this much where there is nothing. */
const NOTHING = 1e-6;

/**
 * Checks gradients of gradients, element by element: with v the gradients of sum(cotangent * output), weighted with random
 * directions and added up, those of v in every leaf and in the cotangent, against float64 differences.
 *
 * @throws AssertionError naming the leaf, and AutogradError where an op is first order only.
 */
export async function checkSecondOrder({ forward, leaves, reference, values, tolerance }: SecondOrderSubject) {
  const variables = leaves.map(([, leaf]) => leaf);
  const output = forward();
  const cotangent = randomNd(output.shape, 9);
  const directions = values.map((value, i) => randomNd(value.shape, 20 + i));
  const seed = new Variable(cotangent.data, { shape: cotangent.shape, requiresGrad: true });
  const grads = gradients(output, variables, { seed, createGraph: true, allowUnused: true });
  const along = grads.map((grad, i) => grad.mul(new Variable(directions[i]!.data, { shape: grad.shape })).sum());
  const second = gradients(addAll(along), [...variables, seed], { allowUnused: true });
  for (const [i, [name]] of leaves.entries()) {
    const expected = doubleDifferences(reference, values, directions, i, cotangent);
    if (expected.every((value) => Math.abs(value) < NOTHING)) expected.fill(0);
    expectClose(await second[i]!.values(), expected, `second gradient of ${name}`, tolerance);
  }
  const expected = directionalDifferences(reference, values, directions);
  expectClose(await second.at(-1)!.values(), expected, 'second gradient of the cotangent', tolerance);
}
