import type { AnyModule, ModuleClass } from '@tessera-nn/core';
import { expect } from 'chai';
import { goldenSpec, type ModuleGolden } from './golden-spec.js';
import { moduleSpec } from './module-spec.js';
import type { ModuleSpecification } from './module-specification.js';
import { recurrence, type Cell, type Recurrence } from './recurrence.js';

interface RecurrentOptions {
  insize: number;
  hsize: number;
  layers?: number;
  direction?: 'uni' | 'bi';
  getSequences?: boolean;
  batchFirst?: boolean;
}

interface RecurrentSpecification<M extends AnyModule & Recurrence>
  extends
    Pick<ModuleSpecification<M>, 'draw' | 'regimes' | 'tolerance'>,
    Partial<Pick<ModuleSpecification<M>, 'cases'>> {
  class: ModuleClass;
  make: (options: RecurrentOptions) => M;
  /** One step in float64. */
  cell: (module: M) => Cell;
  /** How many states a step hands on. Default 1. */
  states?: number;
  goldens: readonly ModuleGolden[];
}

/** What modules must do that go along a sequence with a state. */
export function recurrentSpec<M extends AnyModule & Recurrence>(
  name: string,
  { class: made, make, cell, states, goldens, ...specification }: RecurrentSpecification<M>,
): void {
  moduleSpec<M>(name, {
    classes: [made],
    reference: (x, tensors, module) => recurrence(x, tensors, module, cell(module), states),
    cases: [{ title: 'the last state', make: () => make({ insize: 2, hsize: 1 }), shape: [3, 2, 2] }],
    otherShape: [1, 3, 2],
    tolerance: { relative: 1e-4, ofLargest: 1e-5 },
    ...specification,
  });

  goldenSpec(name, {
    producer: 'PyTorch 2.13.0',
    goldens,
    make: ({ hidden: hsize, layers, bidirectional }: { hidden: number; layers: number; bidirectional: boolean }) => {
      const direction = bidirectional ? 'bi' : 'uni';
      return make({ insize: 3, hsize, layers, direction, getSequences: true, batchFirst: true });
    },
    parameters: Object.fromEntries(
      Object.keys(goldens[0]!.inputs).flatMap((input) => (input === 'x' ? [] : [[input, input]])),
    ),
  });

  describe(name, () => {
    it('prints as the call that makes it', () => {
      const given = { insize: 3, hsize: 2 };
      expect(String(make(given))).to.equal(`${name}(3, 2)`);
      const more = { ...given, layers: 2, getSequences: true };
      expect(String(make(more))).to.equal(`${name}(3, 2, layers=2, getSequences=true)`);
    });
  });
}
