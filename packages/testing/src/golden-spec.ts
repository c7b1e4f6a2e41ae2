import { seed, Variable, type AnyModule } from '@tessera-nn/core';
import { expect } from 'chai';
import { backendName, onBackend } from './backend.js';
import { expectClose, type Tolerance } from './close.js';

export interface Figures {
  shape: number[];
  data: number[];
}

/** One call of a layer in another system: what went in and came out, and the gradients of `gradOutput` by what went in. */
export interface ModuleGolden {
  attrs: Record<string, unknown>;
  inputs: Record<string, Figures>;
  output: Figures;
  gradOutput: Figures;
  grads: Record<string, Figures>;
  runningMean?: Figures;
  runningVar?: Figures;
}

export interface GoldenSpecification<M extends AnyModule, Attrs> {
  /** The other system, with its version. */
  producer: string;
  goldens: readonly ModuleGolden[];
  make: (attrs: Attrs, inputs: Record<string, Figures>) => M;
  /** Which of the other's inputs are data, in their order; several go in as a list. Default `x`. */
  data?: readonly string[];
  /** Which of our parameters each of the other's inputs is. */
  parameters?: Record<string, string>;
  tolerance?: Tolerance;
  /** What else a forward pass leaves behind. */
  after?: (module: M, golden: ModuleGolden) => Promise<void>;
}

const variable = ({ data, shape }: Figures, requiresGrad = false) => new Variable(data, { shape, requiresGrad });

/** The attributes without tables of figures. */
const shown = (attrs: object) =>
  Object.entries(attrs)
    .filter(([, value]) => !Array.isArray(value) || value.length === 2)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(', ') || 'presets';

/** That a module has the outputs and gradients of another system, on the backend of this run. */
export function goldenSpec<M extends AnyModule, Attrs extends object>(
  name: string,
  { producer, goldens, make, data = ['x'], parameters = {}, tolerance, after }: GoldenSpecification<M, Attrs>,
): void {
  describe(`${name} beside ${producer} [${backendName}]`, () => {
    onBackend({ counts: false });
    beforeEach(() => seed(1));

    it('is compared with something', () => expect(goldens.length).to.be.greaterThan(0));

    for (const golden of goldens) {
      const { attrs, inputs, output, gradOutput, grads } = golden;
      const shapes = Object.entries(inputs).map(([input, { shape }]) => `${input} [${shape.join(', ')}]`);
      it(`gives the output and all gradients of ${shapes.join(', ')} with ${shown(attrs)}`, async () => {
        const module = make(attrs as Attrs, inputs);
        for (const [theirs, ours] of Object.entries(parameters)) {
          expect(inputs, theirs).to.have.property(theirs);
          module.setVar(ours, variable(inputs[theirs]!));
        }
        const leaves = Object.fromEntries(data.map((input) => [input, variable(inputs[input]!, true)]));
        const list = Object.values(leaves);
        const y = module.forward(list.length > 1 ? list : list[0]!) as Variable;
        y.backward(variable(gradOutput));
        expect(y.shape).to.deep.equal(output.shape);
        expectClose(await y.values(), output.data, 'output', tolerance);
        for (const [theirs, { data }] of Object.entries(grads)) {
          const leaf = leaves[theirs] ?? module.getVar(parameters[theirs]!);
          expectClose(await leaf.grad!.data(), data, `gradient of ${theirs}`, tolerance);
        }
        await after?.(module, golden);
      });
    }
  });
}
