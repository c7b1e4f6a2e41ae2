import { create } from '@bufbuild/protobuf';
import { Attribute_Type as Type, AttributeSchema, type Attribute, type Tensor } from './messages.js';

/** A number that is written as a float, also where it is whole. */
export class Float {
  constructor(readonly value: number) {}
}

export const float = (value: number): Float => new Float(value);

/** Numbers are whole unless they are a `Float`. */
export type AttributeValue = number | Float | string | Tensor | readonly number[] | readonly Float[];

const bytesOf = (text: string) => new TextEncoder().encode(text);

const isOfFloats = (values: readonly number[] | readonly Float[]): values is readonly Float[] =>
  values[0] instanceof Float;

/** An attribute of a node. */
export function attribute(name: string, value: AttributeValue): Attribute {
  if (value instanceof Float) return create(AttributeSchema, { name, type: Type.FLOAT, f: value.value });
  if (typeof value === 'number') return create(AttributeSchema, { name, type: Type.INT, i: BigInt(value) });
  if (typeof value === 'string') return create(AttributeSchema, { name, type: Type.STRING, s: bytesOf(value) });
  if ('$typeName' in value) return create(AttributeSchema, { name, type: Type.TENSOR, t: value });
  if (isOfFloats(value)) {
    return create(AttributeSchema, { name, type: Type.FLOATS, floats: value.map((one) => one.value) });
  }
  return create(AttributeSchema, { name, type: Type.INTS, ints: value.map(BigInt) });
}
