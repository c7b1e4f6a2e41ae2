import { seed, type AnyModule } from '@tessera-nn/core';
import { sizeOf, variablesIn } from '@tessera-nn/core/internal';
import type { Tolerance } from './close.js';
import { allRegimes, type Draw, type Regime } from './draw.js';
import { checkForward, checkGradients, cotangentFor, expectGrad, readTensors } from './module-checks.js';
import { kinksOf, type ModuleCase, type ModuleSpecification } from './module-specification.js';
import { filled, ndsIn, toVariables, type Nds } from './nds.js';
import { offKinks, randomNd } from './random-values.js';

/** Of more numbers the differences would take seconds. */
const MOST_FOR_DIFFERENCES = 200;

/** Rounding the mean of numbers far from 0 costs this much of what is left of them. */
const tolerances: Partial<Record<Regime, Tolerance>> = { far: { relative: 2e-4, ofLargest: 2e-5 } };

/** Output and gradients of a module that was drawn, at numbers that were drawn. @throws AssertionError. */
export async function checkDrawn<M extends AnyModule, X extends Nds, Y extends Nds>(
  specification: ModuleSpecification<M, X, Y>,
  draw: Draw,
): Promise<void> {
  const one: Pick<ModuleCase<M, X>, 'make' | 'shape' | 'input'> = specification.draw?.(draw) ??
  draw.oneOf(specification.cases);
  const regime = draw.oneOf(specification.regimes ?? allRegimes);
  const x =
    one.input?.(one.shape as readonly number[]) ?? (filled(one.shape, 0, (shape) => draw.values(shape, regime)) as X);
  const tolerance = { ...specification.tolerance, ...tolerances[regime] };
  const drawn = { ...specification, tolerance };
  const seeded = () => {
    seed(20261121);
    return one.make();
  };
  const configuration: ModuleCase<M, X> = { ...one, title: 'drawn', make: seeded };
  try {
    await checkForward(drawn, configuration, x);
    if (specification.gradient) await checkKnownGradient(drawn, configuration, x);
    else if (
      regime === 'ordinary' &&
      ndsIn(x).reduce((sum, { shape }) => sum + sizeOf(shape), 0) <= MOST_FOR_DIFFERENCES
    ) {
      const kinks = kinksOf(specification, seeded());
      const smooth = ('data' in x ? offKinks(x, kinks) : x.map((part) => offKinks(part, kinks))) as X;
      await checkGradients(drawn, configuration, smooth);
    }
  } catch (error) {
    const shapes = ndsIn(x).map(({ shape }) => `[${shape.join(', ')}]`);
    throw new Error(`${String(seeded())} on ${shapes.join(' and ')}, ${regime}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** The gradient of the input against that of the specification, which holds wherever the numbers lie. */
async function checkKnownGradient<M extends AnyModule, X extends Nds, Y extends Nds>(
  { reference, gradient, tolerance }: ModuleSpecification<M, X, Y>,
  { make }: ModuleCase<M, X>,
  x: X,
): Promise<void> {
  const module = make();
  const { tensors } = await readTensors(module);
  const y = reference(x, tensors, module);
  const input = toVariables(x, true);
  const outputs = variablesIn(module.forward(input));
  outputs
    .map((part, i) => part.mul(cotangentFor(part, 8 + i)).sum())
    .reduce((a, b) => a.add(b))
    .backward();
  const g = ndsIn(y).map(({ shape }, i) => randomNd(shape, 8 + i));
  const expected = ndsIn(gradient!(x, ('data' in y ? g[0] : g) as Y, tensors, module));
  for (const [i, leaf] of variablesIn(input).entries())
    await expectGrad(leaf, expected[i]!.data, 'gradient of the input', tolerance);
}
