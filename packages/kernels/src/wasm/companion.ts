import { backend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelInputs, OutputSpec } from '../kernel.js';
import { companionBytes } from './companion.bytes.js';
import type { CompanionFunctions } from './companion-functions.js';
import { allocate } from './heap.js';

/** What a companion body is handed: addresses in the wasm memory, where float32 values lie. */
export interface CompanionArguments<Inputs extends KernelInputs> {
  /** The compiled functions; they take addresses and counts. */
  functions: CompanionFunctions;
  /** Where each input begins; 0 for one that was not given. */
  at: { [Name in keyof Inputs]-?: number };
  inputs: Inputs;
  /** Where each output begins; uninitialised. */
  outputs: number[];
  outputShapes: (readonly number[])[];
  /** Room for `bytes` bytes until the body returns. */
  scratch: (bytes: number) => number;
}

/** Computes a kernel with functions of the companion module. Must write every element of every output. */
export type CompanionBody<Inputs extends KernelInputs, Attrs extends object> = (
  args: CompanionArguments<Inputs>,
  attrs: Attrs,
) => void;

/** The members of tfjs's wasm backend that are used here; checked against version 4.22. */
interface WasmBackend {
  dataIdMap: { get(dataId: object): { memoryOffset: number } };
  wasm: { asm: Record<string, unknown>; _malloc(bytes: number): number; _free(address: number): void };
}

const instances = new WeakMap<object, { functions: CompanionFunctions | undefined }>();
let wanted = true;

/**
 * Turns the companion module off, or on again: without it, kernels run as they do where the machine lacks SIMD. For
 * comparisons and tests.
 */
export function useCompanion(on: boolean): void {
  wanted = on;
}

/**
 * The functions of the companion module on the current wasm backend's memory, compiled on first use. Undefined where
 * SIMD is missing, where the backend's memory cannot be reached, and where it is shared by threads.
 */
export function companionFunctions(): CompanionFunctions | undefined {
  if (!wanted) return undefined;
  const key = backend();
  let instance = instances.get(key);
  if (!instance) instances.set(key, (instance = { functions: instantiate(key as unknown as WasmBackend) }));
  return instance.functions;
}

function instantiate({ wasm }: WasmBackend): CompanionFunctions | undefined {
  try {
    const memory = Object.values(wasm.asm).find((value) => value instanceof WebAssembly.Memory);
    if (!memory) return undefined;
    const module = new WebAssembly.Module(Uint8Array.from(atob(companionBytes), (letter) => letter.charCodeAt(0)));
    return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as CompanionFunctions;
  } catch {
    return undefined; // no SIMD, a shared memory, or a page that forbids to compile: the other bodies are as right
  }
}

/** Runs a companion body on the current wasm backend. */
export function runCompanion<Inputs extends KernelInputs, Attrs extends object>(
  functions: CompanionFunctions,
  body: CompanionBody<Inputs, Attrs>,
  inputs: Inputs,
  attrs: Attrs,
  specs: OutputSpec | OutputSpec[],
): TensorInfo | TensorInfo[] {
  const { dataIdMap, wasm } = backend() as unknown as WasmBackend;
  const address = ({ dataId }: TensorInfo) => dataIdMap.get(dataId).memoryOffset >>> 0;
  const results = [specs].flat().map(({ shape, dtype }) => allocate(shape, dtype));
  const at = {} as Record<string, number>;
  for (const [name, tensor] of Object.entries(inputs) as [string, Tensor | undefined][]) {
    at[name] = tensor ? address(tensor) : 0;
  }
  const borrowed: number[] = [];
  const scratch = (bytes: number) => {
    const room = wasm._malloc(bytes) >>> 0;
    if (room === 0) throw new RangeError(`The wasm memory has no room for ${bytes} bytes of scratch`);
    borrowed.push(room);
    return room;
  };
  try {
    body(
      {
        functions,
        at: at as CompanionArguments<Inputs>['at'],
        inputs,
        outputs: results.map(address),
        outputShapes: results.map(({ shape }) => shape),
        scratch,
      },
      attrs,
    );
  } finally {
    for (const room of borrowed) wasm._free(room);
  }
  return Array.isArray(specs) ? results : results[0]!;
}
