import { util, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { allFilled, onWorkbench, type Block, type Workbench } from './workbench.js';
import { repeat, type Shader } from './launcher.js';

/** What is computed for each element, as GLSL over the names of inputs and params. */
export interface ElementwiseCode {
  /** Names what runs; equal names must mean equal code. */
  name: string;
  inputs: readonly string[];
  params?: readonly (readonly [name: string, type: 'float' | 'int'])[];
  /** Definitions that the expressions use. */
  functions?: string;
  /** Statements on vec4, or on floats where `scalar` says so, before the results. */
  statements?: string;
  /** One expression for each result. */
  results: readonly string[];
  /** The code is written for one float, with its `flatIndex`, instead of for vec4. */
  scalar: boolean;
}

/**
 * Computes each element of the results from the elements at the same place, four to a fragment, with all results in
 * one draw. Inputs of one element stand for all places.
 *
 * Undefined when the inputs have other shapes than the result, or the launcher is off.
 */
export function elementwiseLaunch(
  code: ElementwiseCode,
  inputs: readonly Tensor[],
  params: Readonly<Record<string, number>>,
  shape: number[],
): TensorInfo[] | undefined {
  const size = util.sizeFromShape(shape);
  const single = inputs.map((tensor) => tensor.size === 1 && size !== 1);
  const fits = inputs.every((tensor, i) => single[i] || util.arraysEqual(tensor.shape, shape));
  if (!fits || size === 0 || !allFilled(...inputs)) return undefined;
  return onWorkbench((bench) => {
    const dense = size % 4 === 0;
    const read = inputs.map((tensor, i) => (dense && !single[i] ? bench.read(tensor) : readFromZero(bench, tensor)));
    const model = read[single.indexOf(false)];
    const width = dense ? model?.width : undefined;
    const outputs = code.results.map(() => (dense ? bench.dense(shape, width) : bench.plain(shape)));
    const aligned = read.every((block, i) => single[i] || block.width === outputs[0]!.width);
    const lanes = dense ? 4 : 1;
    const key = `${code.name} ${lanes} ${aligned ? 'aligned' : 'free'} ${single.map(Number).join('')}`;
    bench.run(key, () => write(code, single, lanes, aligned), outputs, read, params);
    return outputs.map((block) => bench.give(block));
  });
}

/** Plain values that start at texel 0; a view into a larger tensor is copied for that. */
function readFromZero(bench: Workbench, tensor: Tensor): Block {
  if (bench.startsAtZero(tensor)) return bench.readPlain(tensor);
  return bench.plainFrom(bench.read(tensor), tensor.shape);
}

function write(code: ElementwiseCode, single: readonly boolean[], lanes: 1 | 4, aligned: boolean): Shader {
  const { inputs, params = [], functions = '', statements = '', results, scalar } = code;
  const fetch = (name: string, i: number) =>
    single[i]
      ? `vec4(fetch${sampler(name)}(0, 0).r)`
      : aligned
        ? `fetch${sampler(name)}(place.x, place.y)`
        : `read${sampler(name)}(texel)`;
  const texels = inputs.map((name, i) => `  vec4 ${name}${scalar ? 'Texel' : ''} = ${fetch(name, i)};`).join('\n');
  const uniforms = Object.fromEntries(params);
  const shared = { inputs: inputs.map(sampler), targets: results.length, uniforms };
  if (!scalar) {
    return {
      ...shared,
      functions,
      main: `${texels}\n${statements}\n${results.map((r, i) => `  result${i} = ${r};`).join('\n')}`,
    };
  }
  const parameters = ['int flatIndex', ...inputs.map((name) => `float ${name}`)].join(', ');
  const element = results.map((r, i) => `float element${i}(${parameters}) { ${statements} return ${r}; }`).join('\n');
  const lane = (i: number, l: number) =>
    `element${i}(${[`texel * ${lanes} + ${l}`, ...inputs.map((name) => `${name}Texel[${l}]`)].join(', ')})`;
  const main = results.map((_, i) => `  result${i} = vec4(${repeat(lanes, (l) => lane(i, l), ', ')});`).join('\n');
  return { ...shared, functions: `${functions}\n${element}`, main: `${texels}\n${main}` };
}

const sampler = (name: string) => `${name[0]!.toUpperCase()}${name.slice(1)}Values`;
