import { OnnxError } from '../onnx-error.js';
import { elementOps, formulaTranslator } from './ops/elements.js';
import { reductionOps } from './ops/reductions.js';
import { shapeOps } from './ops/shapes.js';
import { windowOps } from './ops/windows.js';
import type { Step } from '@tessera-nn/core/internal';
import type { Translator } from './translate.js';

const byName: Readonly<Record<string, Translator>> = { ...elementOps, ...shapeOps, ...reductionOps, ...windowOps };

/** How a step is written; undefined where ONNX, or this package, has no nodes for it. */
export function translatorOf({ name, formula }: Step): Translator | undefined {
  if (Object.hasOwn(byName, name)) return byName[name];
  return formula && formulaTranslator;
}

/** @throws OnnxError that lists all steps that cannot be written, with the modules they ran in and how often. */
export function checkTranslators(steps: readonly Step[]): void {
  const lacking = new Map<string, string[]>();
  for (const step of steps) {
    if (!translatorOf(step)) lacking.set(step.name, [...(lacking.get(step.name) ?? []), step.path]);
  }
  if (lacking.size === 0) return;
  const lines = [...lacking].map(
    ([name, paths]) => `${name}, ${paths.length} times: ${[...new Set(paths)].join(', ')}`,
  );
  throw new OnnxError(`No ONNX operator is known for ${lacking.size === 1 ? 'an op' : 'some ops'} of the network`, {
    path: [...lacking.values()][0]![0]!,
    received: lines.join('; '),
  });
}
