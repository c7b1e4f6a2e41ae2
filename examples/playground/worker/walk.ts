import { gradients, noGrad, scope, Variable, type ArrayDataset, type Module } from 'tessera-nn';
import { inEvalMode } from '../../page/in-eval-mode.js';
import type { Session } from './session.js';

/** What every block of a network makes of samples on the way forward, and the gradient of the loss in each on the way back. */
export interface Walk {
  /** By the names of the blocks; that of the input is empty. */
  readonly outputs: ReadonlyMap<string, Variable>;
  /** The same, where the walk goes backward too. */
  readonly gradients: ReadonlyMap<string, Variable>;
  release(): void;
}

/** Walks forward with samples, and, where a backward pass is wanted, backward from the loss; nothing of the run changes. */
export function walkOf({ net, cost }: Session, samples: ArrayDataset, backward = false): Walk {
  const walk = scope(() =>
    inEvalMode(net, () => {
      const outputs = backward ? forwardOf(net, samples, true) : noGrad(() => forwardOf(net, samples, false));
      const passed = [...outputs.values()];
      const found = backward
        ? gradients(cost.forward(passed.at(-1)!, samples.labels), passed, { retainGraph: false })
        : [];
      return { outputs, found };
    }),
  );
  const names = [...walk.outputs.keys()];
  const all = new Map(walk.found.map((gradient, i) => [names[i]!, gradient]));
  return {
    outputs: walk.outputs,
    gradients: all,
    release: () => [...walk.outputs.values(), ...all.values()].forEach((variable) => variable.dispose()),
  };
}

function forwardOf(
  net: Iterable<unknown>,
  { data, shape }: ArrayDataset,
  requiresGrad: boolean,
): Map<string, Variable> {
  let last = new Variable(data, { shape, requiresGrad });
  const outputs = new Map([['', last]]);
  for (const block of net as Iterable<Module>) outputs.set(block.name!, (last = block.forward(last)));
  return outputs;
}

/** The gradients of the loss of samples in all parameters, by name; those that the run is at stay what they are. */
export function gradientsOf({ net, cost }: Session, samples: ArrayDataset): Map<string, Variable> {
  const parameters = [...net.namedParameters()];
  const found = scope(() =>
    inEvalMode(net, () => {
      const { data, shape, labels } = samples;
      const loss = cost.forward(net.forward(new Variable(data, { shape })), labels);
      const variables = parameters.map(([, parameter]) => parameter);
      return gradients(loss, variables);
    }),
  );
  return new Map(parameters.map(([name], i) => [name, found[i]!]));
}
