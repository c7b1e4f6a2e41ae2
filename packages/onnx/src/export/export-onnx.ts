import { create, toBinary } from '@bufbuild/protobuf';
import {
  option,
  optionsOf,
  type AnyModule,
  type Data,
  type Given,
  type Module,
  type ShapeOf,
  type SourceOf,
  type Values,
} from '@tessera-nn/core';
import { checkModule, fileOptions, namesOfEnds, networkSteps, type NetworkSteps } from '@tessera-nn/core/internal';
import { EntrySchema, ModelSchema, OperatorSetSchema, type Graph } from '../format/messages.js';
import { OnnxError } from '../onnx-error.js';
import { GraphWriter } from './graph-writer.js';
import { Translation } from './translate.js';
import { checkTranslators, translatorOf } from './translators.js';

/** The operators of 2022, which every runtime of today has. */
const OPSET = 17n;
/** The version of the format that came with them. */
const IR_VERSION = 8n;

const options = optionsOf('exportOnnx', {
  /** Whether the file takes batches of any size, along the first axis of each input; else those of the given shape. Default true. */
  dynamicBatch: option.flag.or(true),
  ...fileOptions,
});
export type ExportOptions = Given<typeof options>;

/**
 * A network at inference as the bytes of an ONNX file (opset 17).
 *
 * The network runs twice, in eval mode, on inputs of that shape, and the ops that run are written; so it works for every
 * module, also for one's own, as long as each op has a counterpart. Parameters are called what they are called here
 * (`conv1.W`), and nodes after the modules that they ran in.
 *
 * @param input the shape of the input, batch included, or a list of shapes; Variables, where not every number is an input
 *   that fits: those that name rows of an embedding.
 * @throws OnnxError that lists all ops that ONNX has no counterpart for; for what runs differently with another batch.
 * @example
 * import { exportOnnx } from '@tessera-nn/onnx';
 * const bytes = await exportOnnx(net, [1, 1, 28, 28]);
 */
export async function exportOnnx<Input extends Data, Output extends Data>(
  net: Module<Input, Output>,
  input: ShapeOf<Input> | SourceOf<Input>,
  given: ExportOptions = {},
): Promise<Uint8Array> {
  checkModule(net, 'exportOnnx');
  const read = options.read(given);
  const { metadata = {}, dynamicBatch } = read;
  const network = net as unknown as AnyModule;
  const traced = networkSteps(network, input, { dynamicBatch, Refusal: OnnxError });
  try {
    const graph = await graphOf(network, traced, read);
    const model = create(ModelSchema, {
      irVersion: IR_VERSION,
      producerName: 'tessera-nn',
      opsetImport: [create(OperatorSetSchema, { version: OPSET })],
      metadataProps: Object.entries(metadata).map(([key, value]) => create(EntrySchema, { key, value })),
      graph,
    });
    return toBinary(ModelSchema, model);
  } finally {
    traced.release();
  }
}

async function graphOf(net: AnyModule, traced: NetworkSteps, read: Values<typeof options>): Promise<Graph> {
  const { steps, inputs, outputs, stored } = traced;
  checkTranslators(steps);
  const { inputNames, outputNames } = namesOfEnds(traced, read, 'exportOnnx', OnnxError);
  const writer = new GraphWriter(await stored(), [...inputNames, ...outputNames]);
  inputs.forEach((value, i) => writer.addInput(inputNames[i]!, value));
  for (const step of steps) {
    writer.place = step.path;
    const made = translatorOf(step)!(new Translation(step, writer));
    step.results.forEach((value, i) => writer.setName(value, [made].flat()[i]!));
  }
  writer.place = '';
  outputs.forEach((value, i) => writer.addOutput(outputNames[i]!, value));
  return writer.graph(net.name ?? net.className);
}
