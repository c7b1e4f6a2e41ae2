// The plots of docs/activations.md, drawn from the functions themselves, and a check of the formulas beside them.
import { runInNewContext } from 'node:vm';
import { Activation, startBackend, Variable, type ActivationName } from 'tessera-nn';
import { activationKinds } from '../../packages/modules/src/activation/kinds.js';

const [WIDTH, HEIGHT, REACH, STEPS] = [360, 240, 6, 240];
/** What is shown of y: enough for every kind near 0. */
const [TOP, BOTTOM] = [6.5, -1.5];

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
  const at = Array.from({ length: STEPS + 1 }, (_, i) => (i / STEPS) * 2 * REACH - REACH);
  const { y, slope } = await sampled(kind, at);
  const [left, top] = [
    (x: number) => (((x + REACH) / (2 * REACH)) * WIDTH).toFixed(1),
    (value: number) => (((TOP - value) / (TOP - BOTTOM)) * HEIGHT).toFixed(1),
  ];
  const line = (values: number[]) => values.map((value, i) => `${left(at[i]!)},${top(value)}`).join(' ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img">
<title>${kind}: y from ${-REACH} to ${REACH}, its derivative dashed</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<path d="M0 ${top(0)}H${WIDTH}M${left(0)} 0V${HEIGHT}" stroke="#999"/>
<path d="M0 ${top(1)}H${WIDTH}" stroke="#ddd"/>
<g font-family="sans-serif" font-size="11" fill="#666"><text x="4" y="${Number(top(1)) - 3}">1</text></g>
<polyline fill="none" stroke="#0b62a4" stroke-width="2" points="${line(y)}"/>
<polyline fill="none" stroke="#c44e00" stroke-width="1.5" stroke-dasharray="5 4" points="${line(slope)}"/>
</svg>
`;
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
