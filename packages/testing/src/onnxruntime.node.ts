// Not in index.ts: pages would load a second runtime with the specs.
import { RandomStream, Variable, type AnyModule, type Data } from '@tessera-nn/core';
import { variablesIn } from '@tessera-nn/core/internal';
import { expect } from 'chai';
import * as ort from 'onnxruntime-web';
import { expectClose } from './close.js';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** Images, or whatever else has such a shape. */
export function randomInput(shape: readonly number[], seed = 5): Variable {
  const random = new RandomStream(seed);
  const size = shape.reduce((product, length) => product * length, 1);
  return new Variable(
    Float32Array.from({ length: size }, () => random.normal()),
    { shape },
  );
}

const typeOf = { float32: 'float32', int32: 'int32', bool: 'bool' } as const;

/** What onnxruntime computes of a file, its outputs in their order. */
export async function runOnnx(bytes: Uint8Array, inputs: readonly Variable[]): Promise<ort.Tensor[]> {
  const session = await ort.InferenceSession.create(bytes);
  try {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [i, input] of inputs.entries()) {
      const values = await input.values();
      feeds[session.inputNames[i]!] = new ort.Tensor(typeOf[input.dtype], values as Float32Array, input.shape);
    }
    const outputs = await session.run(feeds);
    return session.outputNames.map((name) => outputs[name]!);
  } finally {
    await session.release();
  }
}

/** Holds what onnxruntime computes of a file against what the network does, on inputs of each kind. */
export async function expectSameOutputs(bytes: Uint8Array, net: AnyModule, inputs: readonly Data[]): Promise<void> {
  for (const input of inputs) {
    const outputs = await runOnnx(bytes, variablesIn(input));
    const expected = variablesIn(net.forward(input));
    expect(outputs.map(({ dims }) => dims)).to.deep.equal(expected.map(({ shape }) => shape));
    for (const [i, { data }] of outputs.entries()) {
      const values = await expected[i]!.values();
      expectClose(data as Float32Array, values, `output ${i} of a batch of ${expected[i]!.shape[0]}`, {
        relative: 1e-5,
        ofLargest: 1e-5,
      });
    }
  }
}
