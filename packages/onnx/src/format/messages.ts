// Made from onnx.proto by protoc-gen-es 2.13.0; its comments are taken out.
import type { GenEnum, GenFile, GenMessage } from '@bufbuild/protobuf/codegenv2';
import { enumDesc, fileDesc, messageDesc } from '@bufbuild/protobuf/codegenv2';
import type { Message } from '@bufbuild/protobuf';

export const file_onnx: GenFile =
  /*@__PURE__*/
  fileDesc(
    'Cgpvbm54LnByb3RvEgRvbm54IiMKBUVudHJ5EgsKA2tleRgBIAEoCRINCgV2YWx1ZRgCIAEoCSIuCgtPcGVyYXRvclNldBIOCgZkb21haW4YASABKAkSDwoHdmVyc2lvbhgCIAEoAyLxAQoFTW9kZWwSEgoKaXJfdmVyc2lvbhgBIAEoAxIVCg1wcm9kdWNlcl9uYW1lGAIgASgJEhgKEHByb2R1Y2VyX3ZlcnNpb24YAyABKAkSDgoGZG9tYWluGAQgASgJEhUKDW1vZGVsX3ZlcnNpb24YBSABKAMSEgoKZG9jX3N0cmluZxgGIAEoCRIaCgVncmFwaBgHIAEoCzILLm9ubnguR3JhcGgSJwoMb3BzZXRfaW1wb3J0GAggAygLMhEub25ueC5PcGVyYXRvclNldBIjCg5tZXRhZGF0YV9wcm9wcxgOIAMoCzILLm9ubnguRW50cnkizAEKBUdyYXBoEhgKBG5vZGUYASADKAsyCi5vbm54Lk5vZGUSDAoEbmFtZRgCIAEoCRIhCgtpbml0aWFsaXplchgFIAMoCzIMLm9ubnguVGVuc29yEhIKCmRvY19zdHJpbmcYCiABKAkSHgoFaW5wdXQYCyADKAsyDy5vbm54LlZhbHVlSW5mbxIfCgZvdXRwdXQYDCADKAsyDy5vbm54LlZhbHVlSW5mbxIjCgp2YWx1ZV9pbmZvGA0gAygLMg8ub25ueC5WYWx1ZUluZm8ijAEKBE5vZGUSDQoFaW5wdXQYASADKAkSDgoGb3V0cHV0GAIgAygJEgwKBG5hbWUYAyABKAkSDwoHb3BfdHlwZRgEIAEoCRIiCglhdHRyaWJ1dGUYBSADKAsyDy5vbm54LkF0dHJpYnV0ZRISCgpkb2Nfc3RyaW5nGAYgASgJEg4KBmRvbWFpbhgHIAEoCSLqAgoJQXR0cmlidXRlEgwKBG5hbWUYASABKAkSDgoBZhgCIAEoAkgAiAEBEg4KAWkYAyABKANIAYgBARIOCgFzGAQgASgMSAKIAQESFwoBdBgFIAEoCzIMLm9ubnguVGVuc29yEhYKAWcYBiABKAsyCy5vbm54LkdyYXBoEg4KBmZsb2F0cxgHIAMoAhIMCgRpbnRzGAggAygDEg8KB3N0cmluZ3MYCSADKAwSIgoEdHlwZRgUIAEoDjIULm9ubnguQXR0cmlidXRlLlR5cGUiiAEKBFR5cGUSDQoJVU5ERUZJTkVEEAASCQoFRkxPQVQQARIHCgNJTlQQAhIKCgZTVFJJTkcQAxIKCgZURU5TT1IQBBIJCgVHUkFQSBAFEgoKBkZMT0FUUxAGEggKBElOVFMQBxILCgdTVFJJTkdTEAgSCwoHVEVOU09SUxAJEgoKBkdSQVBIUxAKQgQKAl9mQgQKAl9pQgQKAl9zIt4DCgZUZW5zb3ISDAoEZGltcxgBIAMoAxIRCglkYXRhX3R5cGUYAiABKAUSEgoKZmxvYXRfZGF0YRgEIAMoAhISCgppbnQzMl9kYXRhGAUgAygFEhIKCmludDY0X2RhdGEYByADKAMSDAoEbmFtZRgIIAEoCRIQCghyYXdfZGF0YRgJIAEoDBITCgtkb3VibGVfZGF0YRgKIAMoARITCgt1aW50NjRfZGF0YRgLIAMoBBIiCg1leHRlcm5hbF9kYXRhGA0gAygLMgsub25ueC5FbnRyeRIsCg1kYXRhX2xvY2F0aW9uGA4gASgOMhUub25ueC5UZW5zb3IuTG9jYXRpb24itAEKCERhdGFUeXBlEggKBE5PTkUQABIJCgVGTE9BVBABEgkKBVVJTlQ4EAISCAoESU5UOBADEgoKBlVJTlQxNhAEEgkKBUlOVDE2EAUSCQoFSU5UMzIQBhIJCgVJTlQ2NBAHEggKBFRFWFQQCBIICgRCT09MEAkSCwoHRkxPQVQxNhAKEgoKBkRPVUJMRRALEgoKBlVJTlQzMhAMEgoKBlVJTlQ2NBANEgwKCEJGTE9BVDE2EBAiJAoITG9jYXRpb24SCgoGSU5TSURFEAASDAoIRVhURVJOQUwQASI4CglWYWx1ZUluZm8SDAoEbmFtZRgBIAEoCRIdCgR0eXBlGAIgASgLMg8ub25ueC5WYWx1ZVR5cGUiMgoJVmFsdWVUeXBlEiUKC3RlbnNvcl90eXBlGAEgASgLMhAub25ueC5UZW5zb3JUeXBlIjsKClRlbnNvclR5cGUSEQoJZWxlbV90eXBlGAEgASgFEhoKBXNoYXBlGAIgASgLMgsub25ueC5TaGFwZSIlCgVTaGFwZRIcCgNkaW0YASADKAsyDy5vbm54LkRpbWVuc2lvbiI9CglEaW1lbnNpb24SEwoJZGltX3ZhbHVlGAEgASgDSAASEwoJZGltX3BhcmFtGAIgASgJSABCBgoEc2l6ZWIGcHJvdG8z',
  );

export type Entry = Message<'onnx.Entry'> & {
  key: string;
  value: string;
};

export const EntrySchema: GenMessage<Entry> = /*@__PURE__*/ messageDesc(file_onnx, 0);

export type OperatorSet = Message<'onnx.OperatorSet'> & {
  domain: string;
  version: bigint;
};

export const OperatorSetSchema: GenMessage<OperatorSet> = /*@__PURE__*/ messageDesc(file_onnx, 1);

export type Model = Message<'onnx.Model'> & {
  irVersion: bigint;
  producerName: string;
  producerVersion: string;
  domain: string;
  modelVersion: bigint;
  docString: string;
  graph?: Graph | undefined;
  opsetImport: OperatorSet[];
  metadataProps: Entry[];
};

export const ModelSchema: GenMessage<Model> = /*@__PURE__*/ messageDesc(file_onnx, 2);

export type Graph = Message<'onnx.Graph'> & {
  node: Node[];
  name: string;
  initializer: Tensor[];
  docString: string;
  input: ValueInfo[];
  output: ValueInfo[];
  valueInfo: ValueInfo[];
};

export const GraphSchema: GenMessage<Graph> = /*@__PURE__*/ messageDesc(file_onnx, 3);

export type Node = Message<'onnx.Node'> & {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  attribute: Attribute[];
  docString: string;
  domain: string;
};

export const NodeSchema: GenMessage<Node> = /*@__PURE__*/ messageDesc(file_onnx, 4);

export type Attribute = Message<'onnx.Attribute'> & {
  name: string;
  f?: number | undefined;
  i?: bigint | undefined;
  s?: Uint8Array | undefined;
  t?: Tensor | undefined;
  g?: Graph | undefined;
  floats: number[];
  ints: bigint[];
  strings: Uint8Array[];
  type: Attribute_Type;
};

export const AttributeSchema: GenMessage<Attribute> = /*@__PURE__*/ messageDesc(file_onnx, 5);

export enum Attribute_Type {
  UNDEFINED = 0,
  FLOAT = 1,
  INT = 2,
  STRING = 3,
  TENSOR = 4,
  GRAPH = 5,
  FLOATS = 6,
  INTS = 7,
  STRINGS = 8,
  TENSORS = 9,
  GRAPHS = 10,
}

export const Attribute_TypeSchema: GenEnum<Attribute_Type> = /*@__PURE__*/ enumDesc(file_onnx, 5, 0);

export type Tensor = Message<'onnx.Tensor'> & {
  dims: bigint[];
  dataType: number;
  floatData: number[];
  int32Data: number[];
  int64Data: bigint[];
  name: string;
  rawData: Uint8Array;
  doubleData: number[];
  uint64Data: bigint[];
  externalData: Entry[];
  dataLocation: Tensor_Location;
};

export const TensorSchema: GenMessage<Tensor> = /*@__PURE__*/ messageDesc(file_onnx, 6);

export enum Tensor_DataType {
  NONE = 0,
  FLOAT = 1,
  UINT8 = 2,
  INT8 = 3,
  UINT16 = 4,
  INT16 = 5,
  INT32 = 6,
  INT64 = 7,
  TEXT = 8,
  BOOL = 9,
  FLOAT16 = 10,
  DOUBLE = 11,
  UINT32 = 12,
  UINT64 = 13,
  BFLOAT16 = 16,
}

export const Tensor_DataTypeSchema: GenEnum<Tensor_DataType> = /*@__PURE__*/ enumDesc(file_onnx, 6, 0);

export enum Tensor_Location {
  INSIDE = 0,
  EXTERNAL = 1,
}

export const Tensor_LocationSchema: GenEnum<Tensor_Location> = /*@__PURE__*/ enumDesc(file_onnx, 6, 1);

export type ValueInfo = Message<'onnx.ValueInfo'> & {
  name: string;
  type?: ValueType | undefined;
};

export const ValueInfoSchema: GenMessage<ValueInfo> = /*@__PURE__*/ messageDesc(file_onnx, 7);

export type ValueType = Message<'onnx.ValueType'> & {
  tensorType?: TensorType | undefined;
};

export const ValueTypeSchema: GenMessage<ValueType> = /*@__PURE__*/ messageDesc(file_onnx, 8);

export type TensorType = Message<'onnx.TensorType'> & {
  elemType: number;
  shape?: Shape | undefined;
};

export const TensorTypeSchema: GenMessage<TensorType> = /*@__PURE__*/ messageDesc(file_onnx, 9);

export type Shape = Message<'onnx.Shape'> & {
  dim: Dimension[];
};

export const ShapeSchema: GenMessage<Shape> = /*@__PURE__*/ messageDesc(file_onnx, 10);

export type Dimension = Message<'onnx.Dimension'> & {
  size:
    | {
        value: bigint;
        case: 'dimValue';
      }
    | {
        value: string;
        case: 'dimParam';
      }
    | { case: undefined; value?: undefined };
};

export const DimensionSchema: GenMessage<Dimension> = /*@__PURE__*/ messageDesc(file_onnx, 11);
