import { fromBinary } from '@bufbuild/protobuf';
import { OnnxError } from '../onnx-error.js';
import { ModelSchema, type Graph, type Model } from './messages.js';

/** A model of a file, of which it is known that it has a graph. */
export interface ReadModel {
  readonly model: Model;
  readonly graph: Graph;
  /** The version of the operators that it was written for. */
  readonly opset: number;
}

/** The messages of an ONNX file. @throws OnnxError for what is not one. */
export function readModel(bytes: Uint8Array): ReadModel {
  const model = decoded(bytes);
  const { graph, opsetImport } = model;
  if (!graph || graph.output.length === 0) refuse('it has no graph with outputs', bytes);
  const version = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version;
  return { model, graph, opset: Number(version ?? 1n) };
}

function decoded(bytes: Uint8Array): Model {
  try {
    return fromBinary(ModelSchema, bytes, { readUnknownFields: false });
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), bytes);
  }
}

function refuse(problem: string, bytes: Uint8Array): never {
  throw new OnnxError(`It is not a sound ONNX file: ${problem}`, { path: 'file', received: `${bytes.length} bytes` });
}
