import { TesseraError, type Shapes } from '@tessera-nn/kernels';
import { Tensor } from '@tensorflow/tfjs-core';
import { Variable } from '../variable/variable.js';
import type { VariableSource } from '../variable/read-source.js';

/** What goes into a module or comes out: a Variable, or a list of such; lists lie in lists where branches give lists. */
export type Data = Variable | readonly Data[];

/** What Variables are made of, and lists of it. */
export type Source = Variable | VariableSource | readonly Source[];

/** Gradients of data; null where there is none. */
export type Grads = Variable | null | readonly Grads[];

// Lists of known length are told apart from others, so that a graph of two inputs is not given three. Mapped the same way,
// lists of any length would have no end where lists lie in lists.

/** The shapes of data of a type: for a Variable one, which is `One`, and for a list the list of its shapes. */
export type ShapeOf<D extends Data, One = readonly number[]> = D extends readonly (infer Part extends Data)[]
  ? number extends D['length']
    ? readonly ShapeOf<Part, One>[]
    : { readonly [Place in keyof D]: D[Place] extends Data ? ShapeOf<D[Place], One> : never }
  : One;

/** What `forward` makes such data of: Variables, tensors or arrays; a list needs a Variable or tensor in it. */
export type SourceOf<D extends Data> = D extends readonly (infer Part extends Data)[]
  ? number extends D['length']
    ? readonly SourceOf<Part>[]
    : { readonly [Place in keyof D]: D[Place] extends Data ? SourceOf<D[Place]> : never }
  : Variable | VariableSource;

/** Gradients of such data: for a Variable one, which is `One`, and for a list a list, with null where there is none. */
export type GradOf<D extends Data, One = Variable | null> = D extends readonly (infer Part extends Data)[]
  ? number extends D['length']
    ? readonly GradOf<Part>[]
    : { readonly [Place in keyof D]: D[Place] extends Data ? GradOf<D[Place]> : never }
  : One;

/** Arrays and tensors as Variables: an array is a list when there is a Variable or a tensor in it, else numbers. */
export function readData(source: Source): Data {
  if (source instanceof Variable) return source;
  return isListOfSources(source) ? source.map(readEntry) : new Variable(source);
}

/** @throws what `readData` throws, with the place in the list. */
function readEntry(source: Source, place: number): Data {
  try {
    return readData(source);
  } catch (error) {
    throw error instanceof TesseraError ? error.within(`Entry ${place} of the list`) : error;
  }
}

/** The Variables that such a source brings along itself: those that belong to the caller. */
export function variablesGiven(source: Source): Variable[] {
  if (source instanceof Variable) return [source];
  return isListOfSources(source) ? source.flatMap(variablesGiven) : [];
}

/** Whether `readData` makes a list of it. */
export function isListOfSources(source: Source): source is readonly Source[] {
  return Array.isArray(source) && source.some((part) => isSingle(part) || isListOfSources(part as Source));
}

function isSingle(part: unknown): boolean {
  return part instanceof Variable || part instanceof Tensor;
}

/** Whether it consists of Variables alone. */
export function isData(value: unknown): value is Data {
  return value instanceof Variable || (Array.isArray(value) && value.every(isData));
}

/** Whether it is a list, and no single Variable. */
export function isList(data: Data): data is readonly Data[] {
  return Array.isArray(data);
}

/** The Variables in it, in their order. */
export function variablesIn(data: Data): Variable[] {
  return isList(data) ? data.flatMap(variablesIn) : [data];
}

/** The same lists, with what a function makes of each Variable, which it gets with its place among all. */
export function mapData<Result>(data: Data, change: (variable: Variable, place: number) => Result): Mapped<Result> {
  let place = 0;
  const visit = (part: Data): Mapped<Result> => (isList(part) ? part.map(visit) : change(part, place++));
  return visit(data);
}

type Mapped<Result> = Result | readonly Mapped<Result>[];

/** The shape of a Variable; the shapes of a list. */
export function shapeOf(data: Data): Shapes {
  return isList(data) ? data.map(shapeOf) : data.shape;
}

/** Whether these are the shapes of a list. */
export function isShapeList(shape: Shapes): shape is readonly Shapes[] {
  return Array.isArray(shape[0]);
}

/** Gives each output a handle of its own where it is an input, or comes twice: who frees one must not free the other. */
export function apart<Output extends Data>(output: Output, input: Data): Output {
  const taken = new Set(variablesIn(input));
  return mapData(output, (variable) => {
    const own = taken.has(variable) ? variable.alias() : variable;
    taken.add(own);
    return own;
  }) as unknown as Output;
}
