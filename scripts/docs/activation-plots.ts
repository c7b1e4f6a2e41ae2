// The plots of docs/activations.md, drawn from the functions themselves, and a check of the formulas beside them.
import { runInNewContext } from 'node:vm';
import { plotActivation } from '@tessera-nn/visual';
import { Activation, startBackend, Variable, type ActivationName } from 'tessera-nn';
import { activationKinds } from '../../packages/modules/src/activation/kinds.js';

export const activationNames = Object.keys(activationKinds) as ActivationName[];

/** Values and slopes of a kind at some places. */
async function sampled(kind: ActivationName, at: number[]): Promise<{ y: number[]; slope: number[] }> {
  await startBackend('cpu');
  const x = new Variable(at, { requiresGrad: true });
  const y = new Activation(kind).forward(x);
  y.backward(at.map(() => 1));
  return { y: [...(await y.values())], slope: [...(await x.grad!.data())] };
}

/** The function as a line, its derivative as a dashed one. */
export async function plotOf(kind: ActivationName): Promise<string> {
  await startBackend('cpu');
  return (await plotActivation(new Activation(kind), { reach: 8, width: 360, height: 270 })).toSvg();
}

/** Away from every kink, on both sides of each. */
const PLACES = [-4.5, -1.25, -0.3, 0.4, 1.5, 5.2, 7.5];
const CLOSE = 1e-5;
const MATHS = 'const { abs, exp, log, max, min, PI, sign, sqrt, tanh } = Math;';

/** By its series without cancellation. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > CLOSE * CLOSE; n++) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Holds "y = `…`" and "dy/dx = `…`" of the page against the function. @returns what is wrong with it */
export async function formulaFaults(kind: ActivationName, section: string): Promise<string[]> {
  const { y, slope } = await sampled(kind, PLACES);
  const args = activationKinds[kind].args;
  const faults: string[] = [];
  for (const [what, wanted] of [['y', y] as const, ['dy/dx', slope] as const]) {
    const formula = new RegExp(`(?:^|\\s)${what} = \`([^\`]+)\``).exec(section)?.[1];
    if (formula === undefined) {
      faults.push(`${kind} says no ${what}`);
      continue;
    }
    PLACES.forEach((x, i) => {
      const came = runInNewContext(MATHS + formula, { ...Object.fromEntries(args), erf, x, y: y[i] }) as number;
      if (Math.abs(came - wanted[i]!) > CLOSE * Math.max(1, Math.abs(came)))
        faults.push(`${kind}: ${what} = ${formula} is ${came} at ${x}, the module says ${wanted[i]}`);
    });
  }
  return faults;
}
