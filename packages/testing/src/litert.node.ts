// Not in index.ts: pages would load a second runtime with the specs.
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Tensor, loadLiteRt, type LiteRt } from '@litertjs/core';
import { transpose, type AnyModule, type Data, type Variable } from '@tessera-nn/core';
import { variablesIn } from '@tessera-nn/core/internal';
import { expect } from 'chai';
import { expectClose } from './close.js';
import { runInTensorFlow } from './tensorflow.node.js';

/** What the loader of LiteRT, which is made for pages and workers, looks for in the global object. */
interface Host {
  self?: unknown;
  Module?: unknown;
  ModuleFactory?: unknown;
  importScripts?: unknown;
}

let loading: Promise<LiteRt> | undefined;

/** The runtime, in Node: its loader is told that this is a worker. */
function runtime(): Promise<LiteRt> {
  return (loading ??= load());
}

async function load(): Promise<LiteRt> {
  const require = createRequire(import.meta.url);
  const folder = path.join(path.dirname(require.resolve('@litertjs/core')), '..', 'wasm');
  const file = path.join(folder, 'litert_wasm_compat_internal.js');
  const source = await readFile(file, 'utf8');
  const host = globalThis as Host;
  const { warn } = console;
  Object.assign(host, {
    self: globalThis,
    Module: { locateFile: (name: string) => path.join(folder, name), print: () => {}, printErr: () => {} },
    importScripts: () => {
      // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a script of a package that is no module
      const script = new Function('require', '__filename', '__dirname', `${source}\nreturn ModuleFactory;`);
      host.ModuleFactory = (script as (...of: unknown[]) => unknown)(require, file, folder);
    },
  });
  console.warn = () => {}; // that there is no WebGPU
  try {
    return await loadLiteRt(file);
  } finally {
    console.warn = warn;
    delete host.self;
    delete host.Module;
    delete host.ModuleFactory;
    delete host.importScripts;
  }
}

/** Numbers in a shape, as files hold them. */
export interface TfliteValue {
  readonly data: Float32Array | Int32Array | Int8Array;
  readonly shape: readonly number[];
}

/** What LiteRT computes of a file, its outputs in their order. */
export async function runTflite(bytes: Uint8Array, inputs: readonly TfliteValue[]): Promise<TfliteValue[]> {
  const liteRt = await runtime();
  const model = await liteRt.loadAndCompile(bytes, { accelerator: 'wasm' });
  const tensors = inputs.map(({ data, shape }) => new Tensor(data as Float32Array, [...shape]));
  try {
    const outputs = await model.run(tensors);
    try {
      return outputs.map((output) => ({
        data: output.toTypedArray().slice() as Float32Array,
        shape: [...output.type.layout.dimensions],
      }));
    } finally {
      for (const output of outputs) output.delete();
    }
  } finally {
    for (const tensor of tensors) tensor.delete();
    model.delete();
  }
}

/** As a file has it: images with their maps last. */
async function asInFile(variable: Variable): Promise<TfliteValue> {
  const lies = variable.rank === 4 ? transpose(variable, [0, 2, 3, 1]) : variable;
  return { data: (await lies.values()) as Float32Array, shape: lies.shape };
}

/** Holds what LiteRT computes of a file, and TensorFlow where there is one, against what the network does. */
export async function expectSameInLiteRt(bytes: Uint8Array, net: AnyModule, input: Data): Promise<void> {
  const inputs = await Promise.all(variablesIn(input).map(asInFile));
  const expected = await Promise.all(variablesIn(net.forward(input)).map(asInFile));
  const computed = { TensorFlow: await runInTensorFlow(bytes, inputs), LiteRT: await runTflite(bytes, inputs) };
  for (const [runtime, outputs] of Object.entries(computed)) {
    if (!outputs) continue;
    expect(outputs.map(({ shape }) => shape)).to.deep.equal(expected.map(({ shape }) => shape));
    for (const [i, { data }] of outputs.entries()) {
      expectClose(data, expected[i]!.data, `output ${i} in ${runtime}`, { relative: 1e-5, ofLargest: 1e-5 });
    }
  }
}

export * from './tflite-file.js';
