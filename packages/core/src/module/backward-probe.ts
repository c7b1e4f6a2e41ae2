import type { Tensor } from '@tensorflow/tfjs-core';
import { hooked } from '../autograd/grad-hooks.js';
import { defineOp } from '../autograd/op.js';
import { Variable } from '../variable/variable.js';

/** Called with the gradients on both sides of a module; what it returns takes the place of the input's. */
export type BackwardProbe = (gradInput: Variable | null, gradOutput: Variable) => Variable | null | void;

/** What the two ops of one call share. */
interface Passage {
  readonly probe: BackwardProbe;
  readonly subject: string;
  /** Whether the input can have a gradient; else the hooks run as soon as the output's is known. */
  readonly reachesInput: boolean;
  gradOutput: Variable | undefined;
}

const probeInput = defineOp<Passage, Tensor>({
  name: 'backward hook',
  layout: 'first',
  forward: (_, [x]) => x!,
  backward: ({ attrs }, [grad]) => {
    const { gradOutput, probe, subject } = attrs;
    attrs.gradOutput = undefined;
    if (!gradOutput) return [grad!, null];
    try {
      return [hooked(grad!, [(given) => probe(given, gradOutput)], subject), null];
    } finally {
      gradOutput.dispose();
    }
  },
});

const probeOutput = defineOp<Passage, Tensor>({
  name: 'backward hook',
  layout: 'first',
  forward: (_, [y]) => y!,
  backward: ({ attrs }, [grad]) => {
    if (attrs.reachesInput) {
      attrs.gradOutput?.dispose(); // of an earlier pass that never came to the input
      attrs.gradOutput = grad!.detach().keep();
    } else attrs.probe(null, grad!);
    return [grad!];
  },
});

/**
 * Runs a function between two ops that compute nothing and whose backward sees the gradients there, as PyTorch does for
 * full backward hooks. The second input of the first makes sure that the gradient comes that far.
 */
export function probed(
  input: Variable,
  run: (input: Variable) => Variable,
  probe: BackwardProbe,
  subject: string,
): Variable {
  const reachesInput = input.dtype === 'float32';
  const passage: Passage = { probe, subject, reachesInput, gradOutput: undefined };
  const anchor = new Variable([0], { requiresGrad: true });
  return probeOutput([run(reachesInput ? probeInput([input, anchor], passage) : input)], passage);
}
