import { create } from '@bufbuild/protobuf';
import { Tensor_DataType as DataType, TensorSchema, type Tensor } from './messages.js';

/** Numbers as files have them. */
export type FileNumbers = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** The number type of a tensor with such values; bytes are truth values. */
export function dataTypeOf(values: FileNumbers): DataType {
  if (values instanceof Float32Array) return DataType.FLOAT;
  if (values instanceof Int32Array) return DataType.INT32;
  return values instanceof BigInt64Array ? DataType.INT64 : DataType.BOOL;
}

/** Values with a name, as a file holds them: their bytes, the least significant first. */
export function tensorOf(name: string, shape: readonly number[], values: FileNumbers): Tensor {
  return create(TensorSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: dataTypeOf(values),
    rawData: new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength),
  });
}
