import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import { repeat, type Shader } from './drawing/shader-text.js';
import { formOf, reductionUniforms, termsOf, type Reduction } from './glsl/reduction.js';
import { readValues, valuesOf, type Values } from './glsl/read-values.js';
import type { TensorTexture, Workbench } from './drawing/workbench.js';

/** What is summed up, as GLSL on vec4. */
export interface ReduceCode {
  /** Names what runs; equal names must mean equal code. */
  name: string;
  /** Tensors of the shape that is reduced. */
  inputs: readonly string[];
  /** Tensors with one value for each result. */
  perResult?: readonly string[];
  params?: readonly string[];
  functions?: string;
  /** One expression over inputs and perResult for each sum; there may be as many as there are targets. */
  terms: readonly string[];
  /** Statements before the results. */
  finish?: string;
  /** Expressions over `sum0` and so on and perResult; the sums themselves unless given. */
  results?: readonly string[];
}

/** So few terms are added up by one fragment without parting them. */
const FEW_TERMS = 64;
/** So many fragments keep a GPU busy; with fewer, sums are parted. */
const BUSY = 8192;
/** The second draw adds up no more parts than this for each result. */
const MOST_PARTS = 1024;
const FEWEST_TERMS = 32;
/** So many values are added up as they are, before the sum of all takes what rounding lost into account. */
const BLOCK = 4;

interface Plan extends Reduction {
  parts: number;
  /** Texels from one term to the next, where they are as many everywhere and less than a row of all inputs' textures. */
  advance: number | undefined;
  /** Terms in one part. */
  chunk: number;
}

/**
 * Sums up in two draws, parts and then their sum, or in one where there is little to sum up. Both add up blocks of
 * a few and keep what rounding takes, so that errors do not grow with the count. More results than there are
 * targets take a further draw.
 */
export function reduceLaunch(
  bench: Workbench,
  code: ReduceCode,
  tensors: readonly TensorInfo[],
  reduction: Reduction,
  shape: readonly number[],
  params: Readonly<Record<string, number>> = {},
): TensorTexture[] {
  const values = tensors.map((tensor) => readValues(bench, tensor));
  const plan = planOf(reduction, values.slice(0, code.inputs.length));
  const lanes = util.sizeFromShape([...shape]) % 4 === 0 && (plan.along || plan.whole) ? 4 : 1;
  const { results = code.terms.map((_, i) => `sum${i}`) } = code;
  const outputs = results.map(() => (lanes === 4 ? bench.dense(shape) : bench.plain(shape)));
  const uniforms = { ...params, one: 1, ...reductionUniforms(plan), advance: plan.advance ?? 0 };
  const form = `${code.name} ${formOf(plan)} ${plan.advance ? 'advance ' : ''}${values.map(({ plain }) => (plain ? 'plain' : 'dense')).join(' ')}`;
  const atOnce = plan.parts === 1;
  const parts = atOnce ? [] : bench.texels(plan.groups * plan.parts, code.terms.length);
  const textures = (which: readonly number[]) => which.map((i) => values[i]!.texture);
  if (!atOnce) {
    const numbers = { ...uniforms, chunk: plan.chunk };
    bench.run(`${form} parts`, () => gatherParts(code, plan, values), parts, textures(termInputs(code)), numbers);
  }
  const numbers = atOnce ? uniforms : { ...uniforms, parts: plan.parts };
  const inputs = [...parts, ...textures(atOnce ? [...values.keys()] : finishInputs(code))];
  for (let from = 0; from < results.length; from += bench.targets) {
    const some = results.slice(from, from + bench.targets);
    const key = `${form} ${atOnce ? 'at once' : 'total'} ${lanes} ${from} ${some.length}`;
    const shader = () => finish({ ...code, results: some }, plan, values, lanes);
    bench.run(key, shader, outputs.slice(from, from + bench.targets), inputs, numbers);
  }
  return outputs;
}

function planOf(reduction: Reduction, inputs: readonly Values[]): Plan {
  const { groups, terms, along, whole, summed } = reduction;
  const width = inputs[0]!.texture.width;
  const step = along ? 1 : (summed[0]?.step ?? 0) / 4;
  const even = whole && summed.length === 1 && step <= width;
  const advance = even && inputs.every(({ texture, plain }) => !plain && texture.width === width) ? step : undefined;
  const wanted = Math.min(Math.ceil(BUSY / groups), Math.ceil(terms / FEWEST_TERMS), MOST_PARTS);
  if (terms <= FEW_TERMS || wanted <= 1) return { ...reduction, advance, parts: 1, chunk: terms };
  const chunk = Math.ceil(terms / wanted);
  return { ...reduction, advance, parts: Math.ceil(terms / chunk), chunk };
}

const sampler = (name: string) => `${name[0]!.toUpperCase()}${name.slice(1)}Values`;
const names = ({ inputs, perResult = [] }: ReduceCode) => [...inputs, ...perResult];
/** The tensors that the results need beside the parts. */
const finishInputs = (code: ReduceCode): number[] => (code.perResult ?? []).map((_, i) => code.inputs.length + i);
/** The tensors that the terms need. */
const termInputs = (code: ReduceCode): number[] => {
  const text = code.terms.join(' ');
  return [...names(code).keys()].filter(
    (i) => i < code.inputs.length || new RegExp(`\\b${names(code)[i]}\\b`).test(text),
  );
};
const sums = ({ terms }: ReduceCode, text: (i: number) => string, between = '\n') =>
  repeat(terms.length, text, between);

function uniformsOf(code: ReduceCode, plan: Plan, ...further: string[]) {
  const ints = [...Object.keys(reductionUniforms(plan)), 'advance', ...further];
  return {
    ...Object.fromEntries([...(code.params ?? []), 'one'].map((name) => [name, 'float' as const])),
    ...Object.fromEntries(ints.map((name) => [name, 'int' as const])),
  };
}

/** Adds up the terms from one to another, in blocks. */
function gather(code: ReduceCode, plan: Plan): string {
  const { along, whole } = plan;
  const read = (name: string, at: string) =>
    along ? `vec4(value${sampler(name)}(${at}))` : `span${sampler(name)}(${at})`;
  const span = (name: string) =>
    plan.advance
      ? `fetch${sampler(name)}(column, row)`
      : whole
        ? `spanWhole${sampler(name)}(at)`
        : `span${sampler(name)}(at)`;
  const term = (i: number) => (along && !whole ? `mix(vec4(0.0), ${code.terms[i]}, inside)` : code.terms[i]!);
  const add = (i: number) =>
    along
      ? `vec4 term${i} = ${term(i)}; part${i}.x += (term${i}.x + term${i}.y) + (term${i}.z + term${i}.w);`
      : `part${i} += ${term(i)};`;
  return `void gather(int group, int from, int to, ${sums(code, (i) => `out vec4 sum${i}`, ', ')}) {
  int result = firstResult(group);
  int origin = originOf(result);
  ${termInputs(code)
    .slice(code.inputs.length)
    .map((i) => `vec4 ${names(code)[i]} = ${read(names(code)[i]!, 'result')};`)
    .join('\n  ')}
  ${sums(code, (i) => `sum${i} = vec4(0.0); vec4 rest${i} = vec4(0.0);`)}
${plan.advance ? stepByRows(sampler(code.inputs[0]!)) : ''}
  for (int start = from; start < to; start += ${BLOCK}) {
    int end = min(start + ${BLOCK}, to);
    ${sums(code, (i) => `vec4 part${i} = vec4(0.0);`)}
    for (int term = start; term < end; term++) {
      ${plan.advance ? '' : 'int at = startOf(origin, term);'}
      ${along && !whole ? 'bvec4 inside = insideOf(at, term);\n      at -= at & 3;' : ''}
      ${code.inputs.map((name) => `vec4 ${name} = ${span(name)};`).join('\n      ')}
      ${sums(code, add, '\n      ')}
      ${plan.advance ? 'column += advance;\n      if (column >= width) { column -= width; row++; }' : ''}
    }
    ${sums(code, (i) => `addUp(sum${i}, rest${i}, part${i});`)}
  }
  ${sums(code, (i) => `sum${i} += finiteOr0(rest${i});`)}
}`;
}

/**
 * Adds to a sum, and what rounding takes from it to the rest: without that, a large value would swallow digits of all
 * small ones behind it. Compilers, which take `(sum + part) - sum` for `part`, do not know that `one` is 1. An infinite
 * sum has no rest.
 */
const ADD_UP = `
void addUp(inout vec4 sum, inout vec4 rest, vec4 part) {
  vec4 total = (sum + part) * one;
  rest += part - (total - sum);
  sum = total;
}
vec4 finiteOr0(vec4 x) {
  return mix(vec4(0.0), x, lessThan(floatBitsToUint(x) & 0x7fffffffu, uvec4(0x7f800000u)));
}`;

/** Where the first term lies in the texture. The next ones are found without a division. */
const stepByRows = (input: string) => `  int texelOfFirst = startOf(origin, from) >> 2;
  int width = ${input}Size.x;
  int row = texelOfFirst / width;
  int column = texelOfFirst - row * width;`;

/** Four values that fill a texel when dense. */
const spanWhole = (name: string, plain: boolean) =>
  `vec4 spanWhole${name}(int i) { return ${plain ? `span${name}(i)` : `read${name}(i >> 2)`}; }`;

const readers = (code: ReduceCode, values: readonly Values[], which: readonly number[]) =>
  which
    .map((i) => {
      const name = sampler(names(code)[i]!);
      return `${valuesOf(name, values[i]!.plain)}\n${spanWhole(name, values[i]!.plain)}`;
    })
    .join('\n');

function gatherParts(code: ReduceCode, plan: Plan, values: readonly Values[]): Shader {
  const used = termInputs(code);
  return {
    inputs: used.map((i) => sampler(names(code)[i]!)),
    targets: code.terms.length,
    uniforms: uniformsOf(code, plan, 'chunk'),
    functions: [code.functions ?? '', ADD_UP, readers(code, values, used), termsOf(plan), gather(code, plan)].join(
      '\n',
    ),
    main: `
  int part = texel / groups;
  int group = texel - part * groups;
  ${sums(code, (i) => `vec4 sum${i};`, ' ')}
  gather(group, part * chunk, min((part + 1) * chunk, terms), ${sums(code, (i) => `sum${i}`, ', ')});
  ${sums(code, (i) => `result${i} = sum${i};`, ' ')}`,
  };
}

/** Adds up the parts of a group, in blocks. */
const addParts = (code: ReduceCode) => `void total(int group, ${sums(code, (i) => `out vec4 sum${i}`, ', ')}) {
  ${sums(code, (i) => `sum${i} = vec4(0.0); vec4 rest${i} = vec4(0.0);`)}
  for (int start = 0; start < parts; start += ${BLOCK}) {
    int end = min(start + ${BLOCK}, parts);
    ${sums(code, (i) => `vec4 part${i} = vec4(0.0);`)}
    for (int part = start; part < end; part++) {
      ${sums(code, (i) => `part${i} += readPart${i}(part * groups + group);`)}
    }
    ${sums(code, (i) => `addUp(sum${i}, rest${i}, part${i});`)}
  }
  ${sums(code, (i) => `sum${i} += finiteOr0(rest${i});`)}
}`;

/** The results, from the parts or, where there are none, from the terms. */
function finish(code: ReduceCode, plan: Plan, values: readonly Values[], lanes: 1 | 4): Shader {
  const { along } = plan;
  const atOnce = plan.parts === 1;
  const { results = code.terms.map((_, i) => `sum${i}`) } = code;
  const needed = finishInputs(code);
  const used = atOnce ? [...values.keys()] : needed;
  const total = (group: string, to: string) =>
    atOnce
      ? `gather(${group}, 0, terms, ${sums(code, (i) => `${to}${i}`, ', ')});`
      : `total(${group}, ${sums(code, (i) => `${to}${i}`, ', ')});`;
  const collect =
    lanes === 4 && !along
      ? total('texel', 'sum')
      : `for (int lane = 0; lane < ${lanes}; lane++) {
    ${sums(code, (i) => `vec4 total${i};`, ' ')}
    ${total(`groupOf(result + lane)`, 'total')}
    ${sums(code, (i) => {
      const picked = along
        ? `total${i}.x`
        : `total${i}[(result ${plan.whole ? '' : `% remainingLength${plan.remaining.length - 1} `}) & 3]`;
      return lanes === 4 ? `sum${i}[lane] = ${picked};` : `sum${i} = vec4(${picked});`;
    })}
  }`;
  const perResult = (code.perResult ?? []).map((name) => {
    const read = lanes === 4 ? `spanWhole${sampler(name)}(result)` : `vec4(value${sampler(name)}(result))`;
    return `vec4 ${name} = ${read};`;
  });
  return {
    inputs: [...(atOnce ? [] : code.terms.map((_, i) => `Part${i}`)), ...used.map((i) => sampler(names(code)[i]!))],
    targets: results.length,
    uniforms: atOnce ? uniformsOf(code, plan) : uniformsOf(code, plan, 'parts'),
    functions: [
      code.functions ?? '',
      ADD_UP,
      readers(code, values, used),
      termsOf(plan),
      atOnce ? gather(code, plan) : addParts(code),
    ].join('\n'),
    main: `
  int result = texel * ${lanes};
  ${sums(code, (i) => `vec4 sum${i};`, ' ')}
  ${collect}
  ${perResult.join('\n  ')}
  ${code.finish ?? ''}
  ${results.map((text, i) => `result${i} = ${text};`).join('\n  ')}`,
  };
}
