import {
  affine,
  defineOp,
  Module,
  mul,
  parameter,
  reshape,
  seed,
  sum,
  transpose,
  type Op,
  type Variable,
} from '@tessera-nn/core';
import { expect } from 'chai';
import { mul as mulTensors } from '@tensorflow/tfjs-core';
import { backendName, onBackend } from './backend.js';
import { expectClose } from './close.js';
import { checkForward, checkGradients, checkSecondGradients } from './module-checks.js';
import type { ModuleCase, ModuleSpecification } from './module-specification.js';
import { indexAlong, map } from './nd.js';
import { signedInputs } from './random-values.js';

/** y = scale_c x over [batch, maps, width], with a gradient that is right or has one deliberate fault. */
class Scale extends Module {
  static override readonly className = 'Scale';
  readonly scale: Variable;
  constructor(readonly fault: keyof typeof scaleOps | 'only together') {
    super();
    this.scale = parameter([0.5, -2, 3]);
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(data: Variable): Variable {
    const { fault } = this;
    const scale = fault === 'only together' && !data.tracked ? this.scale.detach() : this.scale;
    const op = fault === 'only together' ? scaleOps.none : scaleOps[fault];
    return op({ x: data, scale: reshape(scale, fault === 'wrong forward axis' ? [1, 1, 3] : [1, 3, 1]) });
  }
}

const scaleOp = (dscale: (g: Variable, x: Variable) => Variable, sign = 1): Op<'x' | 'scale'> =>
  defineOp({
    name: 'scale',
    inputs: ['x', 'scale'],
    saves: ['x', 'scale'],
    layout: 'logical',
    forward: ({ x, scale }) => mulTensors(x, scale),
    gradients: (g, { x, scale }) => ({ x: () => affine(mul(g, scale), sign, 0), scale: () => dscale(g, x) }),
  });

const perMap = (g: Variable, x: Variable) => sum(mul(g, x), [0, 2], true);
const scaleOps = {
  none: scaleOp(perMap),
  'wrong sign': scaleOp(perMap, -1),
  // Height and maps have the same size: only the values tell that the sum ran along the wrong axis.
  'wrong axis': scaleOp((g, x) => transpose(sum(mul(g, x), [0, 1], true), [0, 2, 1])),
  'constant gradient': scaleOp((g, x) => perMap(g, x.detach())),
  'wrong forward axis': scaleOp((g, x) => sum(mul(g, x), [0, 1], true)),
};

const specification: ModuleSpecification<Scale> = {
  classes: [],
  reference: (x, { scale }) => map(x, (value, at) => value * scale!.data[indexAlong(x.shape, 1, at)]!),
  cases: [],
  otherShape: [],
};

const caseOf = (fault: Scale['fault']): ModuleCase<Scale> => ({
  title: fault,
  make: () => new Scale(fault),
  shape: [2, 3, 3],
});

async function failure(check: Promise<void>): Promise<string> {
  return check.then(
    () => 'none',
    (error: Error) => error.message,
  );
}

describe(`What the specs must catch [${backendName}]`, () => {
  onBackend();
  beforeEach(() => seed(1));
  const x = () => signedInputs([2, 3, 3], 1);

  it('nothing, in a module that is right', async () => {
    await checkForward(specification, caseOf('none'), x());
    await checkGradients(specification, caseOf('none'), x());
    await checkSecondGradients(specification, caseOf('none'), x());
  });

  it('a gradient of the wrong sign', async () => {
    await checkForward(specification, caseOf('wrong sign'), x());
    expect(await failure(checkGradients(specification, caseOf('wrong sign'), x()))).to.contain('gradient of the input');
  });

  it('a gradient summed along the wrong axis, though the shapes agree', async () => {
    await checkForward(specification, caseOf('wrong axis'), x());
    expect(await failure(checkGradients(specification, caseOf('wrong axis'), x()))).to.contain('gradient of scale');
  });

  it('a gradient that comes only where another is wanted, too', async () => {
    const message = await failure(checkGradients(specification, caseOf('only together'), x()));
    expect(message).to.contain('gradient of scale, wanted alone');
  });

  it('a gradient that is right, and constant where it is differentiated again', async () => {
    await checkGradients(specification, caseOf('constant gradient'), x());
    const message = await failure(checkSecondGradients(specification, caseOf('constant gradient'), x()));
    expect(message).to.contain('second gradient of the input');
  });

  it('a forward pass along the wrong axis, though the shapes agree', async () => {
    expect(await failure(checkForward(specification, caseOf('wrong forward axis'), x()))).to.contain('output');
  });

  it('zeros in place of small numbers, NaN in place of infinities, and one bad element among many', () => {
    const check = (actual: number[], expected: number[]) => () => expectClose(actual, expected, 'values');
    expect(check([0], [1e-9])).to.throw('instead of');
    expect(check([NaN], [Infinity])).to.throw('instead of');
    expect(check([-Infinity], [Infinity])).to.throw('instead of');
    expect(check([0], [NaN])).to.throw('instead of');
    expect(check([1, 2, 3.001], [1, 2, 3])).to.throw('element 2 of 3');
    expect(check([1, 2], [1, 2, 3])).to.throw('2 elements instead of 3');
    expect(check([NaN, Infinity, 1.000001], [NaN, Infinity, 1])).to.not.throw();
  });
});
