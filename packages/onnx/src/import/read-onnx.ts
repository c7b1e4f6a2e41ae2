import { optionsOf, type Given } from '@tessera-nn/core';
import { plainBytes } from '@tessera-nn/core/internal';
import { readModel } from '../format/read-model.js';
import { readTensor, type FileTensor } from '../format/read-tensor.js';
import { external, externalBytes } from './external.js';

const options = optionsOf('readOnnx', {
  /** The bytes of files beside it that hold weights, by the names that it has for them, or a function of these names. */
  external,
});
export type ReadOnnxOptions = Given<typeof options>;

/** What is in an ONNX file. */
export interface OnnxContents {
  /** The program that wrote it. */
  readonly producer: string;
  /** The version of the operators that it was written for. */
  readonly opset: number;
  /** Texts by name, as `exportOnnx` keeps them. */
  readonly metadata: Readonly<Record<string, string>>;
  /** How often each operator is there. */
  readonly operators: ReadonlyMap<string, number>;
  /** The initializers by name: float16, bfloat16 and double as float32, whole numbers as float64. */
  readonly weights: ReadonlyMap<string, FileTensor>;
}

/**
 * What is in an ONNX file, whether its operators are known here or not: its weights, and how often it has which operator.
 *
 * @throws OnnxError for what is not a sound ONNX file, and for weights beside it that were not given.
 * @example
 * import { exportOnnx, readOnnx } from '@tessera-nn/onnx';
 * const { operators, weights } = readOnnx(await exportOnnx(net, [1, 1, 28, 28]));
 */
export function readOnnx(bytes: Uint8Array, given: ReadOnnxOptions = {}): OnnxContents {
  const beside = externalBytes(options.read(given).external);
  const { model, graph, opset } = readModel(plainBytes(bytes, 'readOnnx'));
  const operators = new Map<string, number>();
  for (const { opType } of graph.node) operators.set(opType, (operators.get(opType) ?? 0) + 1);
  return {
    producer: model.producerName,
    opset,
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
    operators,
    weights: new Map(graph.initializer.map((tensor) => [tensor.name, readTensor(tensor, beside)])),
  };
}
