import { backend, type TensorInfo } from '@tensorflow/tfjs-core';
import { BackendError } from '../errors.js';
import type { KernelInputs, OutputSpec } from '../kernel-inputs.js';
import type { CompanionFunctions, SharedFunction } from './companion-functions.js';
import type { companionModule } from './companion-module.js';
import { allocateAll, release } from './heap.js';
import { ThreadPool } from './thread-pool.js';

/** Bytes that no two threads should write into. */
const CACHE_LINE = 64;

/** What a companion body is handed: addresses in the wasm memory, where float32 values lie. */
export interface CompanionArguments<Inputs extends KernelInputs> {
  /** The compiled functions; they take addresses and counts. */
  functions: CompanionFunctions;
  /** The memory that they work on. */
  memory: WebAssembly.Memory;
  /** Where each input begins; 0 for one that was not given. */
  at: { [Name in keyof Inputs]-?: number };
  inputs: Inputs;
  /** Where each output begins; uninitialised. */
  outputs: number[];
  outputShapes: (readonly number[])[];
  /** Room for `bytes` bytes until the body returns. */
  scratch: (bytes: number) => number;
  /**
   * Calls a function once for each list of arguments, with room for `scratchBytes` bytes as its last one. Calls must not
   * depend on each other: `setThreads` runs them at once.
   */
  share: (name: SharedFunction, parts: number[][], scratchBytes: number) => void;
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

/** The companion on the memory of one backend. */
interface Instance {
  functions: CompanionFunctions;
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  pool?: ThreadPool | undefined;
}

const instances = new WeakMap<object, { instance: Instance | undefined }>();
let wanted = true;
let compile: typeof companionModule | undefined;

/** Loads the companion, which nothing but the wasm backend needs. Kernels run their other bodies without it. */
export async function loadCompanion(): Promise<void> {
  compile ??= (await import('./companion-module.js')).companionModule;
}

/**
 * Turns the companion module off, or on again: without it, kernels run as they do where the machine lacks SIMD. For
 * comparisons and tests.
 */
export function useCompanion(on: boolean): void {
  wanted = on;
}

/**
 * The functions of the companion module on the current wasm backend's memory, compiled on first use. Undefined where
 * SIMD is missing and where the backend's memory cannot be reached.
 */
export function companionFunctions(): CompanionFunctions | undefined {
  return wanted ? companion(backend())?.functions : undefined;
}

function companion(key: object): Instance | undefined {
  if (!compile) return undefined;
  let known = instances.get(key);
  if (!known) instances.set(key, (known = { instance: instantiate(key, compile) }));
  return known.instance;
}

function instantiate(key: object, compile: typeof companionModule): Instance | undefined {
  try {
    const memory = wasmMemory(key);
    if (!memory) return undefined;
    const module = compile(isShared(memory));
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return { functions: exports as unknown as CompanionFunctions, module, memory };
  } catch {
    return undefined; // no SIMD, or a page that forbids to compile: the other bodies are as right
  }
}

/** The memory of a wasm backend. */
function wasmMemory(key: object): WebAssembly.Memory | undefined {
  return Object.values((key as WasmBackend).wasm.asm).find((value) => value instanceof WebAssembly.Memory);
}

export const isShared = ({ buffer }: WebAssembly.Memory): boolean =>
  typeof SharedArrayBuffer !== 'undefined' && (buffer as ArrayBufferLike) instanceof SharedArrayBuffer;

/** Whether the memory of a wasm backend is shared by threads. */
export function onSharedMemory(key: object): boolean {
  const memory = wasmMemory(key);
  return memory !== undefined && isShared(memory);
}

/**
 * Ends the threads of a wasm backend and starts others, as many as are wanted beside the calling one.
 *
 * @throws BackendError where there is no companion, and where a thread does not start.
 */
export async function startThreads(key: object, threads: number): Promise<void> {
  const instance = companion(key);
  instance?.pool?.close();
  if (instance) instance.pool = undefined;
  if (threads === 1) return;
  if (!instance) {
    throw new BackendError('Threads need SIMD, which this machine or page lacks', {
      path: 'setThreads',
      hint: 'Leave it at one thread',
    });
  }
  const { functions, module, memory } = instance;
  instance.pool = await ThreadPool.start(functions, module, memory, threads);
}

/** Runs a companion body on the current wasm backend. */
export function runCompanion<Inputs extends KernelInputs, Attrs extends object>(
  body: CompanionBody<Inputs, Attrs>,
  inputs: Inputs,
  attrs: Attrs,
  specs: OutputSpec | OutputSpec[],
): TensorInfo | TensorInfo[] {
  const key = backend() as unknown as WasmBackend;
  const results = allocateAll(Array.isArray(specs) ? specs : [specs]);
  const call = new Call(companion(key)!, key, inputs, results);
  try {
    body(call, attrs);
  } catch (error) {
    if (!call.isLost) release(results);
    throw error;
  } finally {
    call.end();
  }
  return Array.isArray(specs) ? results : results[0]!;
}

/** One run of a body. What a body names is made when it names it: small kernels feel every object that they do not need. */
class Call<Inputs extends KernelInputs> implements CompanionArguments<Inputs> {
  readonly functions: CompanionFunctions;
  readonly memory: WebAssembly.Memory;
  readonly at: { [Name in keyof Inputs]-?: number };
  readonly outputs: number[];
  readonly outputShapes: (readonly number[])[];
  #borrowed: number[] | undefined;
  /** Whether a thread that was taken for dead may still write into the memory of this call, which is not used again then. */
  isLost = false;

  constructor(
    private readonly instance: Instance,
    private readonly backend: WasmBackend,
    readonly inputs: Inputs,
    results: readonly TensorInfo[],
  ) {
    this.functions = instance.functions;
    this.memory = instance.memory;
    const at: Record<string, number> = {};
    for (const name in inputs) {
      const tensor = inputs[name];
      at[name] = tensor ? addressOf(backend, tensor) : 0;
    }
    this.at = at as typeof this.at;
    this.outputs = results.map((result) => addressOf(backend, result));
    this.outputShapes = results.map(({ shape }) => shape);
  }

  get scratch() {
    return (bytes: number): number => {
      const room = this.backend.wasm._malloc(bytes) >>> 0;
      (this.#borrowed ??= []).push(room);
      return room;
    };
  }

  get share(): CompanionArguments<Inputs>['share'] {
    const { scratch } = this;
    const { functions, pool } = this.instance;
    return (name, parts, bytes) => {
      if (pool && parts.length > 1) {
        const aligned = Math.ceil(bytes / CACHE_LINE) * CACHE_LINE;
        const room = scratch(aligned * pool.threads);
        const tasks = parts.map((part) => [...part, room]);
        try {
          pool.run(name, tasks, aligned);
        } finally {
          if (pool.isClosed) this.#lose();
        }
      } else {
        const call = functions[name] as unknown as (...values: number[]) => void;
        const room = scratch(bytes);
        for (const part of parts) call(...part, room);
      }
    };
  }

  #lose(): void {
    this.isLost = true;
    this.#borrowed = undefined;
    this.instance.pool = undefined;
  }

  /** Gives back what was borrowed. */
  end(): void {
    if (this.#borrowed) for (const room of this.#borrowed) this.backend.wasm._free(room);
  }
}

const addressOf = ({ dataIdMap }: WasmBackend, { dataId }: TensorInfo): number =>
  dataIdMap.get(dataId).memoryOffset >>> 0;
