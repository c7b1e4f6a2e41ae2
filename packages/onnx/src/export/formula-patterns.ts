import { activationPatterns as patterns, type FormulaPattern } from '@tessera-nn/core/internal';
import { formula as f, type Formula } from '@tessera-nn/kernels';

/** A formula that ONNX has an operator for, or that it is better written as another. */
interface Known {
  readonly match: FormulaPattern;
  readonly opType?: string;
  readonly as?: (inputs: Readonly<Record<string, Formula>>) => Formula;
  /** Float attributes, of the numbers in the formula. */
  readonly attributes?: (numbers: Readonly<Record<string, number>>) => Record<string, number>;
  /** Numbers of the formula that the operator takes as inputs, behind the others. */
  readonly numbers?: readonly string[];
}

/** The activations of ONNX. */
export const known: readonly Known[] = [
  { match: patterns.relu, opType: 'Relu' },
  { match: patterns.leakyRelu, opType: 'LeakyRelu', attributes: ({ slope }) => ({ alpha: slope! }) },
  { match: patterns.elu, opType: 'Elu', attributes: ({ alpha }) => ({ alpha: alpha! }) },
  {
    match: patterns.selu,
    opType: 'Selu',
    attributes: ({ gamma, alpha }) => ({ gamma: gamma!, alpha: alpha! }),
  },
  { match: patterns.celu, opType: 'Celu', attributes: ({ alpha }) => ({ alpha: alpha! }) },
  { match: patterns.hardSigmoid, opType: 'HardSigmoid', attributes: () => ({ alpha: 1 / 6, beta: 0.5 }) },
  { match: patterns.hardSwish, opType: 'HardSwish' },
  { match: patterns.clip, opType: 'Clip', numbers: ['low', 'high'] },
  { match: patterns.softSign, opType: 'Softsign' },
  // Without the choice runtimes see the function they know.
  { match: patterns.gated, as: ({ x, share }) => f.mul(x!, share!) },
];
