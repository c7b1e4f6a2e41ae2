import { AutogradError } from '@tessera-nn/kernels';
import { inFrame, type Owned } from '../memory/frame.js';
import type { VariableSource } from '../variable/read-source.js';
import { Variable } from '../variable/variable.js';
import { runBackward } from './backward.js';
import { withGraph } from './graph.js';

export interface GradientsOptions {
  /** dLoss/doutput, of the output's shape; may be left out for one element, and is 1 then. */
  seed?: Variable | VariableSource | undefined;
  /** Records the gradients themselves, so that they can be differentiated again. Default false. */
  createGraph?: boolean;
  /** Keeps the graph for another pass. Default: as `createGraph`, whose results need it. */
  retainGraph?: boolean;
  /** Gives zeros for an input that the output does not depend on, instead of an error. Default false. */
  allowUnused?: boolean;
  /** @internal Treats what was recorded before this node as constant, and lets it be. */
  since?: number;
}

/**
 * The gradients of an output in the given inputs: [sum of seed doutput/dinput]. Nobody's `grad` changes.
 *
 * Inputs may be leaves or results of ops that led to the output. With `createGraph` the gradients are on the tape like
 * any result, for gradient penalties and second derivatives.
 *
 * Shapes: each gradient has its input's. Source: `torch.autograd.grad`.
 *
 * @example
 * const x = new Variable([3], { requiresGrad: true });
 * const [slope] = gradients(x.pow(3), [x], { createGraph: true });
 * const [bend] = gradients(slope!, [x]);
 * console.log(await slope!.item(), await bend!.item()); // 27 18
 * @throws AutogradError for an input that the output does not depend on, without a graph, without a seed for more than
 *   one element, and at an op whose gradient is not known, which is named.
 */
export function gradients(
  output: Variable,
  inputs: readonly Variable[],
  { seed, createGraph = false, retainGraph = createGraph, allowUnused = false, since }: GradientsOptions = {},
): Variable[] {
  const results = inFrame(
    () => {
      const places = new Set(inputs.map((input) => input.leaf));
      const grads = runBackward({
        roots: [{ root: output, seed: output.seedFrom(seed, 'gradients()') }],
        wants: (leaf) => places.has(leaf),
        targets: inputs,
        since,
        retainGraph,
        createGraph,
      });
      return inputs.map((input, index) => {
        const grad = grads.get(input.leaf);
        if (grad) return grad;
        if (!allowUnused) throw unused(input, index);
        return new Variable(new Float32Array(input.size), { shape: input.shape });
      });
    },
    (grads) => (createGraph ? withGraph(grads) : new Set<Owned>(grads)),
  );
  if (!retainGraph) output.settle();
  return results;
}

function unused(input: Variable, index: number): AutogradError {
  const name = input.name === undefined ? `Input ${index}` : `Input ${index}, "${input.name}",`;
  return new AutogradError(`${name} did not lead to the output`, {
    path: input.name ?? `inputs[${index}]`,
    hint: 'Compute the output from it, with requiresGrad: true and outside of noGrad; allowUnused: true gives zeros',
  });
}
