import type { Tensor } from '@tensorflow/tfjs-core';
import { hooked } from '../autograd/grad-hooks.js';
import { defineListOp, type ListLayout } from '../autograd/list-op.js';
import { Variable } from '../variable/variable.js';

/**
 * Called with the gradients on both sides of a module, null where none came; what it returns takes the place of the
 * inputs', one for each.
 */
export type BackwardProbe = (
  gradInputs: readonly (Variable | null)[],
  gradOutputs: readonly (Variable | null)[],
) => readonly (Variable | null)[];

/** What the two ops of one call share. */
interface Passage {
  readonly probe: BackwardProbe;
  readonly subject: string;
  /** Which inputs can have a gradient. Where none can, the hooks run as soon as the outputs' are known. */
  readonly reaches: readonly boolean[];
  gradOutputs: (Variable | null)[] | undefined;
}

/** Results of one op lie in one layout: a single Variable keeps its own. */
const layoutOf = (count: number): ListLayout => (count === 1 ? ['any'] : 'logical');

const handedOn = (grad: Variable | null) => () => grad;

const probeInputs = defineListOp<Passage, Tensor[]>({
  name: 'backward hook',
  layout: ({ reaches }) => layoutOf(reaches.filter(Boolean).length),
  forward: (inputs) => inputs.slice(0, -1),
  gradients: (grads, { attrs }) => {
    const { gradOutputs, probe, subject, reaches } = attrs;
    attrs.gradOutputs = undefined;
    const own = grads.map((grad) => grad ?? null);
    if (!gradOutputs) return [...own.map(handedOn), null];
    try {
      let next = 0;
      const given = probe(
        reaches.map((reached) => (reached ? own[next++]! : null)),
        gradOutputs,
      ).filter((_, place) => reaches[place]);
      const replaced = own.map(
        (grad, i) => grad && hooked(grad, [() => (given[i] === grad ? null : given[i])], subject),
      );
      return [...replaced.map(handedOn), null];
    } finally {
      for (const grad of gradOutputs) grad?.dispose();
    }
  },
  release: ({ gradOutputs }) => {
    for (const grad of gradOutputs ?? []) grad?.dispose(); // of a pass that threw in between
  },
});

const probeOutputs = defineListOp<{ passage: Passage; count: number }, Tensor[]>({
  name: 'backward hook',
  layout: ({ count }) => layoutOf(count),
  forward: (outputs) => outputs,
  gradients: (grads, { attrs: { passage } }) => {
    const own = grads.map((grad) => grad ?? null);
    const { reaches, probe } = passage;
    if (reaches.includes(true)) {
      for (const grad of passage.gradOutputs ?? []) grad?.dispose(); // of an earlier pass that never came to the input
      passage.gradOutputs = own.map((grad) => grad && grad.detach().keep());
    } else {
      const none = reaches.map(() => null);
      probe(none, own);
    }
    return own.map(handedOn);
  },
});

/**
 * Runs a function between two ops that compute nothing and whose backward sees the gradients there, as PyTorch does for
 * full backward hooks. The last input of the first makes sure that the gradient comes that far.
 */
export function probed(
  inputs: readonly Variable[],
  run: (inputs: Variable[]) => Variable[],
  probe: BackwardProbe,
  subject: string,
): Variable[] {
  const reaches = inputs.map(({ dtype }) => dtype === 'float32');
  const passage: Passage = { probe, subject, reaches, gradOutputs: undefined };
  const anchor = new Variable([0], { requiresGrad: true });
  const open = inputs.filter((_, place) => reaches[place]);
  const passed = open.length > 0 ? probeInputs([...open, anchor], passage) : [];
  const outputs = run(inputs.map((input, place) => (reaches[place] ? passed.shift()! : input)));
  return probeOutputs(outputs, { passage, count: outputs.length });
}
