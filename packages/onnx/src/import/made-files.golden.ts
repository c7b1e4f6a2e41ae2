import { create, toBinary } from '@bufbuild/protobuf';
import { attribute, type AttributeValue } from '../format/attributes.js';
import {
  ModelSchema,
  NodeSchema,
  OperatorSetSchema,
  Tensor_DataType as DataType,
  type Node,
  type Tensor,
} from '../format/messages.js';
import { tensorOf } from '../format/tensors.js';

/** A node of a file: its operator, what it reads and makes, and its attributes. */
export function node(
  opType: string,
  input: readonly string[],
  output: string | readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
): Node {
  const list = Object.entries(attributes).map(([name, value]) => attribute(name, value));
  return create(NodeSchema, {
    opType,
    name: `${opType} of ${[output].flat()[0]}`,
    input: [...input],
    output: [output].flat(),
    attribute: list,
  });
}

/** Floats as an initializer. */
export const floats = (name: string, shape: readonly number[], values: readonly number[]): Tensor =>
  tensorOf(name, shape, Float32Array.from(values));

/** Whole numbers as an initializer, as shapes are. */
export const ints = (name: string, values: readonly number[]): Tensor =>
  tensorOf(name, [values.length], BigInt64Array.from(values.map(BigInt)));

/** Numbers that look like none in particular. */
export const some = (name: string, shape: readonly number[], of = 1): Tensor => {
  const count = shape.reduce((product, size) => product * size, 1);
  return floats(
    name,
    shape,
    Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + of) / 2),
  );
};

interface Made {
  /** Sizes of inputs by name; a text is an open size. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs?: readonly string[];
  readonly initializers?: readonly Tensor[];
  readonly opset?: number;
}

/** An ONNX file of these nodes, with an output `y` unless others are named. */
export function fileOf(
  nodes: readonly Node[],
  { inputs, outputs = ['y'], initializers = [], opset = 17 }: Made,
): Uint8Array {
  const valueInfo = (name: string, sizes?: readonly (number | string)[]) => ({
    name,
    type: {
      tensorType: {
        elemType: DataType.FLOAT,
        ...(sizes && {
          shape: {
            dim: sizes.map((size) => ({
              size:
                typeof size === 'number'
                  ? { case: 'dimValue' as const, value: BigInt(size) }
                  : { case: 'dimParam' as const, value: size },
            })),
          },
        }),
      },
    },
  });
  const model = create(ModelSchema, {
    irVersion: 8n,
    opsetImport: [create(OperatorSetSchema, { version: BigInt(opset) })],
    graph: {
      name: 'made',
      node: [...nodes],
      initializer: [...initializers],
      input: Object.entries(inputs).map(([name, sizes]) => valueInfo(name, sizes)),
      output: outputs.map((name) => valueInfo(name)),
    },
  });
  return toBinary(ModelSchema, model);
}
