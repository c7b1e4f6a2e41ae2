import type { NetworkSteps, Range, Step, Stored, Value } from '@tessera-nn/core/internal';
import { Graph } from '../graph/graph.js';
import { inOrder, lying, mapsLast, moved, type Order } from '../graph/order.js';
import { TfliteError } from '../tflite-error.js';
import { elementOps, formulaTranslator } from './ops/elements.js';
import { productOps } from './ops/products.js';
import { reductionOps } from './ops/reductions.js';
import { shapeOps } from './ops/shapes.js';
import { windowOps } from './ops/windows.js';
import { Translation, Untranslatable, Values, type Lying, type Translator } from './translation.js';

const byName: Readonly<Record<string, Translator>> = {
  ...elementOps,
  ...shapeOps,
  ...reductionOps,
  ...productOps,
  ...windowOps,
};

/** How a step is written; undefined where TFLite, or this package, has no operators for it. */
function translatorOf({ name, formula }: Step): Translator | undefined {
  if (Object.hasOwn(byName, name)) return byName[name];
  return formula && formulaTranslator;
}

interface Given {
  /** What no step makes. */
  readonly stored: ReadonlyMap<Value, Stored>;
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** In which range values lie, where that was seen. */
  readonly ranges?: ReadonlyMap<Value, Range>;
}

/**
 * The steps of a network as operators, images with their maps last.
 *
 * @throws TfliteError that lists all steps that cannot be written, with the modules they ran in and how often.
 */
export function translated(
  { steps, inputs, outputs }: NetworkSteps,
  { stored, inputNames, outputNames, ranges }: Given,
): Graph {
  const graph = new Graph([...inputNames, ...outputNames]);
  const values = new Values(graph, stored);
  const set = (value: Value, lies: Lying) => {
    values.set(value, lies);
    const range = ranges?.get(value);
    if (range) graph.ranges.set(lies.tensor, range);
  };
  inputs.forEach((value, i) => {
    const order = endOrder(value);
    const tensor = graph.addInput(inputNames[i]!, { shape: lying(value.shape, order), type: value.dtype });
    set(value, { tensor, order });
  });
  const lacking = new Map<string, string[]>();
  for (const step of steps) {
    graph.place = step.path;
    if (isFolded(step, values)) continue;
    const results = written(new Translation(step, values), lacking);
    step.results.forEach((value, i) => results[i] && set(value, results[i]));
  }
  refuse(lacking);
  graph.place = '';
  outputs.forEach((value, i) => graph.addOutput(outputNames[i]!, values.in(value, endOrder(value))));
  return graph;
}

/** How inputs and outputs lie: images with their maps last. */
const endOrder = ({ shape: { length } }: Value): Order => (length === 4 ? mapsLast(length) : inOrder(length));

/** Whether the results are constants: weights in another shape or order, or parts of them. */
function isFolded({ name, attrs, inputs: [input], results }: Step, values: Values): boolean {
  const constant = input && values.constantOf(input);
  if (!constant || results.some(({ shape }) => shape.some((size) => typeof size !== 'number'))) return false;
  const folded = folds[name]?.(constant, attrs);
  results.forEach((result, i) => {
    if (folded) values.setConstant(result, { ...constant, values: folded[i]!, shape: result.shape as number[] });
  });
  return folded !== undefined;
}

const folds: Record<string, (constant: Stored, attrs: object) => Stored['values'][]> = {
  reshape: ({ values }) => [values],
  transpose: ({ values, shape }, attrs) => [moved(values, shape, (attrs as { order: number[] }).order)],
  split: ({ values, shape }, attrs) => {
    const { axis, sizes } = attrs as { axis: number; sizes: number[] };
    const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    let begin = 0;
    return sizes.map((size) => {
      const first = begin;
      begin += size;
      return values.filter((_, i) => {
        const place = Math.floor(i / inner) % shape[axis]!;
        return place >= first && place < begin;
      });
    });
  },
};

function written(at: Translation, lacking: Map<string, string[]>): readonly Lying[] {
  const { step } = at;
  const translate = translatorOf(step);
  try {
    if (translate) return [translate(at)].flat();
    throw new Untranslatable('');
  } catch (error) {
    if (!(error instanceof Untranslatable)) throw error;
    const name = error.message ? `${step.name} ${error.message}` : step.name;
    lacking.set(name, [...(lacking.get(name) ?? []), step.path]);
    return at.placeholders();
  }
}

function refuse(lacking: ReadonlyMap<string, readonly string[]>): void {
  if (lacking.size === 0) return;
  const lines = [...lacking].map(
    ([name, paths]) => `${name}, ${paths.length} times: ${[...new Set(paths)].join(', ')}`,
  );
  throw new TfliteError(`No TFLite operator is known for ${lacking.size === 1 ? 'an op' : 'some ops'} of the network`, {
    path: [...lacking.values()][0]![0]!,
    received: lines.join('; '),
  });
}
