import {
  option,
  optionsOf,
  type AnyModule,
  type Data,
  type Given,
  type Module,
  type ShapeOf,
  type SourceOf,
} from '@tessera-nn/core';
import { checkModule, fileOptions, namesOfValues, networkSteps } from '@tessera-nn/core/internal';
import { writeModel } from './format/write-model.js';
import { simplified } from './passes/simplified.js';
import { TfliteError } from './tflite-error.js';
import { translated } from './translate/translate.js';

const options = optionsOf('toTflite', {
  /** Whether the file takes batches of any size, along the first axis of each input; else those of the given shape. Default false. */
  dynamicBatch: option.flag.or(false),
  ...fileOptions,
});
export type TfliteOptions = Given<typeof options>;

/**
 * A network at inference as the bytes of a TFLite file, for TFLite and LiteRT on phones, small machines and in pages.
 *
 * The network runs twice, in eval mode, on inputs of that shape, and the ops that run are written; so it works for every
 * module, also for one's own, as long as each op has a counterpart. Images lie as TFLite has them, with their maps last:
 * inputs and outputs of four axes are `[batch, height, width, maps]` in the file, all others as they are here. A plain
 * convolutional network transposes nothing, for its weights are laid so. Batch norms are put into the convolutions before
 * them, activations into the operators that take them; a `PRelu` is one operator.
 *
 * @param input the shape of the input as the network takes it, batch included, or a list of shapes; Variables, where not
 *   every number is an input that fits: those that name rows of an embedding.
 * @throws TfliteError that lists all ops that TFLite has no counterpart for; for what runs differently with another batch.
 * @example
 * import { toTflite } from '@tessera-nn/tflite';
 * const bytes = await toTflite(net, [1, 1, 28, 28]);
 */
export async function toTflite<Input extends Data, Output extends Data>(
  net: Module<Input, Output>,
  input: ShapeOf<Input> | SourceOf<Input>,
  given: TfliteOptions = {},
): Promise<Uint8Array> {
  checkModule(net, 'toTflite');
  const { dynamicBatch, metadata = {}, ...names } = options.read(given);
  const network = net as unknown as AnyModule;
  const traced = networkSteps(network, input, { dynamicBatch, Refusal: TfliteError });
  try {
    const inputNames = namesOfValues(
      traced.inputs,
      { subject: 'toTflite', preset: 'input', given: names.inputNames },
      TfliteError,
    );
    const outputNames = namesOfValues(
      traced.outputs,
      { subject: 'toTflite', preset: 'output', given: names.outputNames },
      TfliteError,
    );
    const graph = simplified(translated(traced, await traced.stored(), { inputNames, outputNames }));
    return writeModel({ name: net.name ?? net.className, ...graph, metadata });
  } finally {
    traced.release();
  }
}
