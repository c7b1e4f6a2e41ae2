import { backend, reshape, util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { GPGPUProgram, MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { elementwiseLaunch } from './elementwise-launch.js';
import { numericsFor } from './numerics.glsl.js';

/**
 * Runs one GLSL expression for every element of `shape`: in one launch of ours where the shapes are equal, else through
 * tfjs's own program cache.
 *
 * Inputs of that very shape are read flat and the expression may use the element's `flatIndex`; otherwise every input is
 * broadcast to the shape.
 */
export function elementwiseProgram(
  name: string,
  inputs: readonly (readonly [string, Tensor])[],
  params: readonly (readonly [name: string, value: number, type?: 'float' | 'int'])[],
  expression: string,
  shape: number[],
  functions = '',
): TensorInfo {
  const definitions = `${numericsFor(`${functions}${expression}`)}${functions}`;
  const launched = elementwiseLaunch(
    {
      name: `${name}: ${expression}`,
      inputs: inputs.map(([variable]) => variable),
      params: params.map(([param, , type]) => [param, type ?? 'float']),
      functions: definitions,
      results: [expression],
      scalar: true,
    },
    inputs.map(([, tensor]) => tensor),
    Object.fromEntries(params.map(([param, value]) => [param, value])),
    shape,
  );
  if (launched) return launched[0]!;
  const webgl = backend() as MathBackendWebGL;
  const same = inputs.every(([, tensor]) => util.arraysEqual(tensor.shape, shape));
  const flatShape = same ? [util.sizeFromShape(shape)] : shape;
  const read = inputs.map(([, tensor]) => (same ? reshape(tensor, flatShape) : tensor));
  const program: GPGPUProgram = {
    variableNames: inputs.map(([variable]) => `${variable}Values`),
    outputShape: flatShape,
    customUniforms: params.map(([param, , type]) => ({ name: param, type: type ?? 'float' })),
    userCode: `${definitions}
void main() {
  ${same ? 'int flatIndex = getOutputCoords();' : ''}
  ${inputs.map(([variable]) => `float ${variable} = get${capital(variable)}ValuesAtOutCoords();`).join('\n  ')}
  setOutput(${expression});
}`,
  };
  // tfjs keys its cache by the constructor's name; a plain object would share the key "Object" with every other one.
  Object.defineProperty(program, 'constructor', { value: { name: `Tessera${name}` } });
  const { dataId } = webgl.runWebGLProgram(
    program,
    read,
    'float32',
    params.map(([, value]) => [value]),
  );
  if (same) for (const tensor of read) tensor.dispose();
  return { dataId, shape, dtype: 'float32' };
}

const capital = (word: string) => word[0]!.toUpperCase() + word.slice(1);
