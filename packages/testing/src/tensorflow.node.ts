import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TfliteValue } from './litert.node.js';

/** Runs files line by line, or says at once that there is no TensorFlow. */
const SCRIPT = `
import base64, json, os, sys
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'
try:
    import numpy as np, tensorflow as tf
except ImportError:
    sys.exit(print('null'))
print('true', flush=True)
for line in sys.stdin:
    model, inputs = json.loads(line)
    interpreter = tf.lite.Interpreter(model_content=base64.b64decode(model))
    known = interpreter.get_input_details()
    for detail, (shape, data) in zip(known, inputs):
        interpreter.resize_tensor_input(detail['index'], shape)
    interpreter.allocate_tensors()
    for detail, (shape, data) in zip(known, inputs):
        interpreter.set_tensor(detail['index'], np.frombuffer(base64.b64decode(data), 'float32').reshape(shape))
    interpreter.invoke()
    outputs = [interpreter.get_tensor(detail['index']) for detail in interpreter.get_output_details()]
    print(json.dumps([[base64.b64encode(y.astype('float32').tobytes()).decode(), y.shape] for y in outputs]), flush=True)
`;

interface Python {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: AsyncIterator<string>;
}

let starting: Promise<Python | undefined> | undefined;

/** The Python that TESSERA_PYTHON names; undefined where there is none, or none with TensorFlow. */
async function start(): Promise<Python | undefined> {
  const python = process.env['TESSERA_PYTHON'];
  if (!python) return undefined;
  const child = spawn(python, ['-c', SCRIPT]);
  await once(child, 'spawn');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { value } = (await lines.next()) as { value?: string };
  if (value !== 'true') return undefined;
  for (const handle of [child, child.stdin, child.stdout, child.stderr]) (handle as typeof child).unref();
  process.once('exit', () => child.kill());
  return { process: child, lines };
}

/**
 * What TensorFlow's own interpreter computes of a file of floats, its outputs in their order; undefined where TESSERA_PYTHON
 * names no Python that has it.
 */
export async function runInTensorFlow(
  bytes: Uint8Array,
  inputs: readonly TfliteValue[],
): Promise<TfliteValue[] | undefined> {
  const python = await (starting ??= start());
  if (!python) return undefined;
  const encoded = inputs.map(({ shape, data }) => [shape, base64(data)]);
  python.process.stdin.write(`${JSON.stringify([base64(bytes), encoded])}\n`);
  const { value, done } = (await python.lines.next()) as IteratorResult<string, undefined>;
  if (done) throw new Error('TensorFlow ended at this file');
  return (JSON.parse(value) as [string, number[]][]).map(([data, shape]) => ({
    data: new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer),
    shape,
  }));
}

function base64({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('base64');
}
