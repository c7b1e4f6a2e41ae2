import { Builder, type Offset } from 'flatbuffers';
import { BatchSize } from '@tessera-nn/core/internal';
import { lengthOf, type Numbers, type Operator, type Tensor } from '../graph/tensor.js';
import { operators as kinds, tensorTypes, type Fields } from './operators.js';
import { versionOf } from './versions.js';

/** Of the schema. */
const VERSION = 3;
const FILE_IDENTIFIER = 'TFL3';
/** What lies in a file is read where it lies, by machines that want it on such boundaries. */
const BUFFER_ALIGNMENT = 16;
/** Codes from here on do not fit into a byte, which is what the first readers know. */
const LARGEST_OLD_CODE = 127;
const MIN_RUNTIME_VERSION = '1.5.0';

/** What a file says. */
export interface Model {
  readonly name: string;
  readonly operators: readonly Operator[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Texts by name. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes of a TFLite file. */
export function writeModel({ name, operators, inputs, outputs, metadata }: Model): Uint8Array {
  const builder = new Builder();
  const tensors = new Numbering<Tensor>();
  const texts = { min_runtime_version: MIN_RUNTIME_VERSION, ...metadata };
  for (const tensor of inputs) tensors.of(tensor);
  for (const { inputs: read, outputs: made } of operators) {
    for (const tensor of [...read, ...made]) if (tensor) tensors.of(tensor);
  }
  for (const tensor of outputs) tensors.of(tensor);

  // The first buffer is empty: that of what operators make.
  const buffers: Offset[] = [table(builder, [])];
  const bufferOf = (bytes: Uint8Array): number => buffers.push(bufferTable(builder, bytes)) - 1;
  const tensorTables = tensors.all.map((tensor) =>
    tensorTable(builder, tensor, tensor.data ? bufferOf(bytesOf(tensor.data)) : 0),
  );
  const metadataTables = Object.entries(texts).map(([key, text]) => {
    const buffer = bufferOf(new TextEncoder().encode(text));
    return table(builder, [
      [0, 'offset', builder.createString(key)],
      [1, 'int32', buffer],
    ]);
  });

  const codes = new Numbering<string>();
  const operatorTables = operators.map((operator) => {
    const code = codes.of(`${operator.name} ${versionOf(operator)}`);
    const { union, fields } = kinds[operator.name];
    const options = union === 0 ? 0 : optionsTable(builder, fields, operator.options);
    return table(builder, [
      [0, 'int32', code],
      [
        1,
        'offset',
        int32s(
          builder,
          operator.inputs.map((tensor) => (tensor ? tensors.of(tensor) : -1)),
        ),
      ],
      [
        2,
        'offset',
        int32s(
          builder,
          operator.outputs.map((tensor) => tensors.of(tensor)),
        ),
      ],
      [3, 'int8', union],
      [4, 'offset', options],
    ]);
  });
  const codeTables = codes.all.map((text) => {
    const [operator, version] = text.split(' ') as [keyof typeof kinds, string];
    const { code } = kinds[operator];
    return table(builder, [
      [0, 'int8', Math.min(code, LARGEST_OLD_CODE)],
      [2, 'int32', Number(version)],
      [3, 'int32', code],
    ]);
  });
  const numbersOf = (some: readonly Tensor[]): Offset =>
    int32s(
      builder,
      some.map((tensor) => tensors.of(tensor)),
    );
  const graph = table(builder, [
    [0, 'offset', offsets(builder, tensorTables)],
    [1, 'offset', numbersOf(inputs)],
    [2, 'offset', numbersOf(outputs)],
    [3, 'offset', offsets(builder, operatorTables)],
    [4, 'offset', builder.createString(name)],
  ]);
  const mapsOf = (some: readonly Tensor[]): Offset =>
    offsets(
      builder,
      some.map((tensor) =>
        table(builder, [
          [0, 'offset', builder.createString(tensor.name)],
          [1, 'int32', tensors.of(tensor)],
        ]),
      ),
    );
  const signature = table(builder, [
    [0, 'offset', mapsOf(inputs)],
    [1, 'offset', mapsOf(outputs)],
    [2, 'offset', builder.createString('serving_default')],
  ]);
  const model = table(builder, [
    [0, 'int32', VERSION],
    [1, 'offset', offsets(builder, codeTables)],
    [2, 'offset', offsets(builder, [graph])],
    [3, 'offset', builder.createString('tessera-nn')],
    [4, 'offset', offsets(builder, buffers)],
    [6, 'offset', offsets(builder, metadataTables)],
    [7, 'offset', offsets(builder, [signature])],
  ]);
  builder.finish(model, FILE_IDENTIFIER);
  return builder.asUint8Array();
}

/** Numbers things in the order in which they first come. */
class Numbering<T> {
  readonly all: T[] = [];
  readonly #places = new Map<T, number>();

  of(thing: T): number {
    let place = this.#places.get(thing);
    if (place === undefined) {
      place = this.all.push(thing) - 1;
      this.#places.set(thing, place);
    }
    return place;
  }
}

type Field = readonly [id: number, type: 'int8' | 'int32' | 'bool' | 'float32' | 'offset', value: number];

/** A table of the fields that are not as they would be anyway. */
function table(builder: Builder, fields: readonly Field[]): Offset {
  builder.startObject(fields.reduce((count, [id]) => Math.max(count, id + 1), 0));
  for (const [id, type, value] of fields) {
    if (type === 'int8') builder.addFieldInt8(id, value, 0);
    else if (type === 'bool') builder.addFieldInt8(id, value, 0);
    else if (type === 'int32') builder.addFieldInt32(id, value, 0);
    else if (type === 'float32') builder.addFieldFloat32(id, value, 0);
    else builder.addFieldOffset(id, value, 0);
  }
  return builder.endObject();
}

function optionsTable(builder: Builder, fields: Fields, values: Operator['options']): Offset {
  const given = Object.entries(values).map(([name, value]): Field => {
    const [id, type] = fields[name]!;
    return [id, type, Number(value)];
  });
  return table(builder, given);
}

function tensorTable(builder: Builder, { name, shape, type, quantization }: Tensor, buffer: number): Offset {
  const sizes = int32s(builder, shape.map(lengthOf));
  const signature = shape.some((size) => size instanceof BatchSize)
    ? int32s(
        builder,
        shape.map((size) => (size instanceof BatchSize ? -1 : size)),
      )
    : 0;
  const text = builder.createString(name);
  let quantized = 0;
  if (quantization) {
    const { scales, zeroPoint, axis = 0 } = quantization;
    const scaleVector = vector(builder, scales, 4, (value) => builder.addFloat32(value));
    const zeros = vector(
      builder,
      scales.map(() => zeroPoint),
      8,
      (value) => builder.addInt64(BigInt(value)),
    );
    quantized = table(builder, [
      [2, 'offset', scaleVector],
      [3, 'offset', zeros],
      [6, 'int32', axis],
    ]);
  }
  return table(builder, [
    [0, 'offset', sizes],
    [1, 'int8', tensorTypes[type]],
    [2, 'int32', buffer],
    [3, 'offset', text],
    [4, 'offset', quantized],
    [7, 'offset', signature],
    [8, 'bool', 1], // its rank is known
  ]);
}

function bufferTable(builder: Builder, bytes: Uint8Array): Offset {
  builder.prep(BUFFER_ALIGNMENT, bytes.length);
  return table(builder, [[0, 'offset', builder.createByteVector(bytes)]]);
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const int32s = (builder: Builder, values: readonly number[]): Offset =>
  vector(builder, values, 4, (value) => builder.addInt32(value));

const offsets = (builder: Builder, values: readonly Offset[]): Offset =>
  vector(builder, values, 4, (value) => builder.addOffset(value));

/** Files are written from their end. */
function vector(builder: Builder, values: readonly number[], bytes: number, add: (value: number) => void): Offset {
  builder.startVector(bytes, values.length, bytes);
  for (let i = values.length - 1; i >= 0; i--) add(values[i]!);
  return builder.endVector();
}
