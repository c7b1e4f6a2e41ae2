import { AutogradError, option, optionsOf, type Given, type Values } from '@tessera-nn/kernels';

const options = optionsOf('Variable.backward', {
  /** Keeps the graph, so that it can be differentiated once more. Default false. */
  retainGraph: option.flag.or(false),
  /**
   * Refused on purpose: a `grad` with its graph behind it would hold the Variable and that graph alive in a circle. For
   * gradients of gradients there is `gradients(output, inputs, { createGraph: true })`.
   */
  createGraph: option.kind<false>('true or false', (value) => typeof value === 'boolean').or(false),
});
export type BackwardOptions = Given<typeof options>;

/** @throws AutogradError for `createGraph`, which must not pass in silence. */
export function readBackwardOptions(given: BackwardOptions): Values<typeof options> {
  const read = options.read(given);
  if (!read.createGraph) return read;
  throw new AutogradError('backward() cannot record the gradients that it puts into grad', {
    path: 'createGraph',
    hint: 'Use gradients(output, inputs, { createGraph: true }): it returns Variables that can be differentiated again',
  });
}
