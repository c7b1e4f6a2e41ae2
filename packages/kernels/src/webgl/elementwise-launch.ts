import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { broadcastOf, type Broadcast } from '../broadcast.js';
import { lanesOf, patternName, repeatedIndex, repeatUniforms } from './glsl/broadcast.js';
import type { Shader } from './drawing/shader-text.js';
import { readFromZero, readValues, valuesOf } from './glsl/read-values.js';
import { onWorkbench } from './drawing/workbench.js';

/** What is computed for each element, as GLSL over the names of inputs and params. */
export interface ElementwiseCode {
  /** Names what runs; equal names must mean equal code. */
  name: string;
  inputs: readonly string[];
  params?: readonly (readonly [name: string, type: 'float' | 'int'])[];
  /** Definitions that the expressions use. */
  functions?: string;
  /** Statements on vec4 before the results; `flatIndex` is where the four elements lie. */
  statements?: string;
  /** One expression for each result. */
  results: readonly string[];
}

/** How a shader reads an input: at the place of the result, the same everywhere, or by a pattern of repeated axes. */
interface Access {
  kind: 'same' | 'single' | 'repeated';
  pattern: readonly boolean[];
  plain: boolean;
  /** Whether a dense texture has one row alone. */
  row: boolean;
}

/** GLSL: a column of a texture that repeats along the result, in either kind of coordinates. */
const wrapped = `float wrapped(float column, int width) { return fract(column); }
int wrapped(int column, int width) { return column % width; }`;

interface Variant {
  lanes: 1 | 4;
  /** Whether inputs at the place of the result have textures as wide as the result. */
  aligned: boolean;
  /** Whether four lanes never leave the innermost axis. */
  whole: boolean;
  /** Whether the innermost axis is never parted by the end of a row of the result's texture. */
  inRow: boolean;
  access: readonly Access[];
}

/**
 * Computes each element of the results from the elements of the inputs at its place, four to a fragment, with all
 * results in one draw. Inputs broadcast to the shape by NumPy's rules.
 *
 * Undefined when the inputs do not broadcast to the shape, when there are more results than a draw has, or when the
 * launcher is off.
 */
export function elementwiseLaunch(
  code: ElementwiseCode,
  inputs: readonly TensorInfo[],
  params: Readonly<Record<string, number>>,
  shape: readonly number[],
): TensorInfo[] | undefined {
  const size = util.sizeFromShape([...shape]);
  const broadcast = broadcastOf(
    inputs.map((tensor) => tensor.shape),
    shape,
  );
  if (!broadcast || size === 0) return undefined;
  return onWorkbench((bench) => {
    if (code.results.length > bench.targets) return undefined;
    const lanes = size % 4 === 0 ? 4 : 1;
    const kinds = broadcast.repeated.map((repeated) => {
      if (!repeated.includes(true)) return 'same';
      return repeated.includes(false) ? 'repeated' : 'single';
    });
    const values = inputs.map((tensor, i) => {
      if (kinds[i] !== 'same') return readValues(bench, tensor);
      return lanes === 4
        ? { texture: bench.readTiled(tensor), plain: false }
        : { texture: readFromZero(bench, tensor), plain: true };
    });
    const same = values.filter((_, i) => kinds[i] === 'same');
    const width = lanes === 4 ? same[0]?.texture.width : undefined;
    const outputs = code.results.map(() => (lanes === 4 ? bench.dense(shape, width) : bench.plain(shape)));
    const innermost = broadcast.lengths.at(-1) ?? 1;
    const variant: Variant = {
      lanes,
      aligned: same.every(({ texture }) => texture.width === outputs[0]!.width),
      whole: innermost % 4 === 0,
      inRow: (outputs[0]!.width * 4) % innermost === 0,
      access: values.map(({ plain, texture }, i) => ({
        kind: kinds[i]!,
        pattern: broadcast.repeated[i]!,
        plain,
        row: !plain && texture.height === 1,
      })),
    };
    const steps = kinds.includes('repeated') ? repeatUniforms(broadcast) : {};
    bench.run(
      `${code.name} ${keyOf(variant)}`,
      () => write(code, variant, broadcast),
      outputs,
      values.map(({ texture }) => texture),
      { ...params, ...steps },
    );
    return outputs.map((texture) => bench.give(texture));
  });
}

function keyOf({ lanes, aligned, whole, inRow, access }: Variant): string {
  const read = access.map(({ kind, pattern, plain, row }) =>
    kind === 'repeated' ? `${patternName(pattern)}${plain ? ' plain' : row ? ' row' : ''}` : kind,
  );
  const repeated = access.some(({ kind }) => kind === 'repeated');
  const order = !repeated ? '' : !whole ? 'lanewise' : inRow ? 'in rows' : 'whole';
  return [lanes, aligned ? 'aligned' : 'free', order, ...read].join(' ');
}

function write(code: ElementwiseCode, variant: Variant, broadcast: Broadcast): Shader {
  const { inputs, params = [], functions = '', statements = '', results } = code;
  const { lanes, access } = variant;
  const repeated = access.filter(({ kind }) => kind === 'repeated');
  const patterns = [...new Map(repeated.map(({ pattern }) => [patternName(pattern), pattern])).values()];
  const readers = [
    ...(access.some((one) => wraps(one, variant)) ? [wrapped] : []),
    ...inputs.flatMap((name, i) => (access[i]!.kind === 'repeated' ? valuesOf(sampler(name), access[i]!.plain) : [])),
    ...patterns.map(repeatedIndex),
  ].join('\n');
  const indices = patterns
    .filter((pattern) =>
      access.some((one) => patternName(one.pattern) === patternName(pattern) && !wraps(one, variant)),
    )
    .map((pattern) => `  int at${patternName(pattern)} = index${patternName(pattern)}(texel * ${lanes});`);
  const texels = inputs.map((name, i) => `  vec4 ${name} = ${fetch(sampler(name), access[i]!, variant)};`);
  const steps = patterns.length ? Object.keys(repeatUniforms(broadcast)) : [];
  const index = `  ivec4 flatIndex = texel * ${lanes} + ivec4(0, 1, 2, 3);`;
  return {
    inputs: inputs.map(sampler),
    targets: results.length,
    uniforms: Object.fromEntries([...params, ...steps.map((step) => [step, 'int' as const] as const)]),
    functions: `${functions}\n${readers}`,
    main: [
      ...(lanes === 1 || variant.whole ? indices : []),
      ...texels,
      index,
      statements,
      ...results.map((result, i) => `  result${i} = ${result};`),
    ].join('\n'),
  };
}

/** Whether an input is one row of texels that follows the columns of the result, over and over. */
const wraps = ({ kind, pattern, row }: Access, { lanes, whole, inRow }: Variant): boolean =>
  kind === 'repeated' && lanes === 4 && whole && inRow && row && pattern.indexOf(false) === pattern.length - 1;

/** The values of an input that belong to the lanes of a fragment. */
function fetch(name: string, access: Access, variant: Variant): string {
  const { kind, pattern, row } = access;
  const { lanes, aligned, whole } = variant;
  if (kind === 'single') return `vec4(fetch${name}(0, 0).r)`;
  if (kind === 'same') return aligned ? `fetch${name}(position.x, position.y)` : `read${name}(texel)`;
  const at = patternName(pattern);
  if (lanes === 4 && !whole) return lanesOf(4, (l) => `value${name}(index${at}(texel * 4 + ${l}))`);
  if (wraps(access, variant)) return `look${name}(wrapped(column${name}(position.x), ${name}Size.x), row${name}(0))`;
  if (lanes === 1 || pattern.at(-1)) return `vec4(value${name}(at${at}))`;
  return row ? `fetch${name}(at${at} >> 2, 0)` : `read${name}(at${at} >> 2)`;
}

const sampler = (name: string) => `${name[0]!.toUpperCase()}${name.slice(1)}Values`;
