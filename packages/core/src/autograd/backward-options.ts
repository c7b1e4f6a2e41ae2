import { AutogradError } from '@tessera-nn/kernels';

export interface BackwardOptions {
  /** Keeps the graph, so that it can be differentiated once more. Default false. */
  retainGraph?: boolean;
  /**
   * Refused on purpose: a `grad` with its graph behind it would hold the Variable and that graph alive in a circle. For
   * gradients of gradients there is `gradients(output, inputs, { createGraph: true })`.
   */
  createGraph?: false;
}

/** @throws AutogradError for `createGraph`, which must not pass in silence. */
export function refuseCreateGraph(createGraph?: boolean): void {
  if (!createGraph) return;
  throw new AutogradError('backward() cannot record the gradients that it puts into grad', {
    path: 'createGraph',
    hint: 'Use gradients(output, inputs, { createGraph: true }): it gives Variables that can be differentiated again',
  });
}
