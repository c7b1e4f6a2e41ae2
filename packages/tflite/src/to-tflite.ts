import {
  option,
  optionsOf,
  type AnyModule,
  type Data,
  type Given,
  type Module,
  type ShapeOf,
  type Source,
  type SourceOf,
  type Values,
} from '@tessera-nn/core';
import { checkModule, fileOptions, namesOfEnds, networkSteps, rangesOf } from '@tessera-nn/core/internal';
import { writeModel } from './format/write-model.js';
import { simplified } from './passes/simplified.js';
import { withIntegers } from './quantize/integers.js';
import { withInt8Weights } from './quantize/weights.js';
import { TfliteError } from './tflite-error.js';
import { translated } from './translate/translate.js';

const options = optionsOf('toTflite', {
  /** Whether the file takes batches of any size, along the first axis of each input; else those of the given shape. Default false. */
  dynamicBatch: option.flag.or(false),
  ...fileOptions,
  /**
   * Whole numbers of 8 bits: `weights`, a quarter of the size, or `integers`, with which all is computed. Default none.
   */
  quantize: option.oneOf('weights', 'integers').optional,
  /** For `integers`: batches such as the network will see, by which the range of everything is measured. */
  calibration: option.kind<Iterable<Source>>('batches', isIterable).optional,
  /** For `integers`: whether inputs and outputs are int8, too; else they are float32. Default false. */
  integerEnds: option.flag.or(false),
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
  const read = options.read(given);
  const { dynamicBatch, metadata = {} } = read;
  const batches = calibrationOf(read);
  const network = net as unknown as AnyModule;
  const traced = networkSteps(network, input, { dynamicBatch, Refusal: TfliteError });
  try {
    const names = namesOfEnds(traced, read, 'toTflite', TfliteError);
    const ranges = batches && rangesOf(network, traced, batches, TfliteError);
    const graph = translated(traced, { stored: await traced.stored(), ...names, ...(ranges && { ranges }) });
    const program = simplified(graph);
    const quantized =
      read.quantize === 'weights'
        ? withInt8Weights(program)
        : ranges
          ? withIntegers(program, graph.ranges, read.integerEnds)
          : program;
    return writeModel({ name: net.name ?? net.className, ...quantized, metadata });
  } finally {
    traced.release();
  }
}

/** The batches that ranges are measured by. @throws TfliteError where there are none, or they are not asked for. */
function calibrationOf({ quantize, calibration, integerEnds }: Values<typeof options>): Source[] | undefined {
  const batches = calibration && [...calibration];
  if (quantize === 'integers') {
    if (batches && batches.length > 0) return batches;
    throw new TfliteError('toTflite: whole numbers need batches by which their ranges are measured', {
      path: 'calibration',
      hint: 'Pass { calibration: [batch, ...] } with some that the network will see',
    });
  }
  if (!batches && !integerEnds) return undefined;
  throw new TfliteError('toTflite: calibration and integerEnds are for { quantize: "integers" }', {
    path: batches ? 'calibration' : 'integerEnds',
  });
}

function isIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
