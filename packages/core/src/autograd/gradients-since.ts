import { AutogradError } from '@tessera-nn/kernels';
import { inFrame, type Owned } from '../memory/frame.js';
import { Variable } from '../variable/variable.js';
import { runBackward } from './backward.js';
import { withGraph } from './graph.js';
import type { GradientsOptions } from './gradients.js';

/** `gradients`, with what was recorded before a node taken as constant, and left alone. */
export function gradientsSince(
  since: number | undefined,
  output: Variable,
  inputs: readonly Variable[],
  { seed, createGraph = false, retainGraph = createGraph, allowUnused = false }: GradientsOptions,
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
    hint: 'Compute the output from it, with requiresGrad: true and outside of noGrad; allowUnused: true returns zeros',
  });
}
