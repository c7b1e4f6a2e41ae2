import {
  ShapeError,
  Variable,
  type Data,
  type Dtype,
  type Shapes,
  type TypedNumbers,
  type VariableSource,
} from '@tessera-nn/core';
import { isShapeList, readHostData } from '@tessera-nn/core/internal';

/** A value, or lists of it as a network takes or gives them. */
export type Tree<T> = T | readonly Tree<T>[];

export type HostValues = Float32Array | Int32Array | Uint8Array;

/** Numbers on the host, in their shape. */
export interface HostArray {
  values: HostValues;
  /** `[samples, ...]` */
  shape: readonly number[];
  dtype: Dtype;
}

/** A typed array with the shape that it does not say itself. */
export interface FlatArray {
  data: TypedNumbers;
  /** `[samples, ...]` */
  shape: readonly number[];
  /** int32 for whole numbers of 32 and 64 bits, else float32: bytes are numbers, and only `bool` makes them true or false. */
  dtype?: Dtype;
}

/**
 * What handlers take as data or targets: host arrays, or Variables, which are read once. An array is a list, for networks
 * of several inputs or outputs, when there is a Variable, a tensor, a typed array or `{ data, shape }` in it, else numbers.
 */
export type HandlerInput = Variable | VariableSource | FlatArray | readonly HandlerInput[];

/** The same lists, with what a function makes of each entry. */
export function mapTree<T, Result>(tree: Tree<T>, change: (leaf: T) => Result): Tree<Result> {
  return Array.isArray(tree) ? tree.map((part: Tree<T>) => mapTree(part, change)) : change(tree as T);
}

/** Everything in the lists, in its order. */
export function leavesOf<T>(tree: Tree<T>): T[] {
  return Array.isArray(tree) ? tree.flatMap((part: Tree<T>) => leavesOf(part)) : [tree as T];
}

/** Reads inputs to the host. @throws ShapeError where they do not all have as many samples. */
export async function readInputs(input: HandlerInput): Promise<Tree<HostArray>> {
  const tree = await toHost(input);
  const lengths = leavesOf(tree).map(({ shape }) => shape[0] ?? 0);
  const other = lengths.find((length) => length !== lengths[0]);
  if (other === undefined) return tree;
  throw new ShapeError('The entries of a list do not have as many samples', {
    expected: `${lengths[0]} in each, as in the first`,
    received: lengths.join(', '),
  });
}

/** How many samples lie in a batch, or in all of the data. */
export function countOf(tree: Tree<HostArray>): number {
  return leavesOf(tree)[0]?.shape[0] ?? 0;
}

/** Some of the samples, in a new array. */
export function rowsOf({ values, shape, dtype }: HostArray, indices: ArrayLike<number>): HostArray {
  const size = values.length / shape[0]!;
  const rows = new (values.constructor as new (length: number) => HostValues)(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    rows.set(values.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
  }
  return { values: rows, shape: [indices.length, ...shape.slice(1)], dtype };
}

/** Arrays one behind the other along their first axis. */
export function joined(parts: readonly HostArray[]): HostArray {
  const [{ values, shape, dtype }] = parts as [HostArray];
  const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const total = parts.reduce((sum, part) => sum + part.values.length, 0);
  const whole = new (values.constructor as new (length: number) => HostValues)(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part.values, at);
    at += part.values.length;
  }
  return { values: whole, shape: [rows, ...shape.slice(1)], dtype };
}

/** Host arrays as Variables; without a shape they are flat. */
export function variablesOf(values: Tree<HostValues>, shape?: Shapes, dtype?: Tree<Dtype>): Data {
  if (isTreeList(values)) {
    return values.map((part, i) => variablesOf(part, shape?.[i] as Shapes | undefined, branchOf(dtype, i)));
  }
  return new Variable(values, {
    ...(shape && !isShapeList(shape) && { shape }),
    ...(dtype && !isTreeList(dtype) && { dtype }),
  });
}

/** Host arrays with their shapes, as handlers take them. */
export function flatArrays(values: Tree<HostValues>, shape?: Shapes, dtype?: Tree<Dtype>): HandlerInput {
  if (isTreeList(values)) {
    return values.map((part, i) => flatArrays(part, shape?.[i] as Shapes | undefined, branchOf(dtype, i)));
  }
  if (!shape || isShapeList(shape)) return values;
  return { data: values, shape, ...(dtype && !isTreeList(dtype) && { dtype }) };
}

/** What belongs to an entry of a list, where there is something for each. */
export function branchOf<T>(tree: Tree<T> | undefined, i: number): Tree<T> | undefined {
  return tree !== undefined && isTreeList(tree) ? tree[i] : tree;
}

export function isTreeList<T>(tree: Tree<T>): tree is readonly Tree<T>[] {
  return Array.isArray(tree);
}

async function toHost(input: HandlerInput): Promise<Tree<HostArray>> {
  if (isInputList(input)) return Promise.all(input.map(toHost));
  if (input instanceof Variable) return readHostData(await input.values(), input.shape, input.dtype);
  if (isFlat(input)) return readHostData(input.data, input.shape, input.dtype);
  if (typeof input === 'object' && 'dataId' in input) {
    const variable = new Variable(input);
    const values = await variable.values();
    variable.dispose();
    return readHostData(values, variable.shape, variable.dtype);
  }
  return readHostData(input);
}

function isFlat(input: HandlerInput): input is FlatArray {
  return typeof input === 'object' && ArrayBuffer.isView((input as Partial<FlatArray>).data);
}

function isInputList(input: HandlerInput): input is readonly HandlerInput[] {
  const isEntry = (part: unknown) => (typeof part === 'object' && !Array.isArray(part)) || isInputList(part as never);
  return Array.isArray(input) && input.some(isEntry);
}
