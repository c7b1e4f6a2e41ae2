import type { Range } from '@tessera-nn/core/internal';
import type { OperatorName } from '../format/operators.js';
import { isFloats, type Operator, type Quantization, type Tensor } from '../graph/tensor.js';
import { weighted, withInputs } from '../passes/into-weights.js';
import { withoutUnused, type Program } from '../passes/program.js';
import { asInt8, biasAsInt32, quantizationOf, rangeOfNumbers, weightsAsInt8 } from './numbers.js';

/** Operators whose results are of the same whole numbers as what they are made of. */
const sameNumbers = new Set<OperatorName>([
  'AVERAGE_POOL_2D',
  'DEPTH_TO_SPACE',
  'GATHER',
  'MAX_POOL_2D',
  'PAD',
  'PADV2',
  'REDUCE_MAX',
  'REDUCE_MIN',
  'RESHAPE',
  'RESIZE_BILINEAR',
  'RESIZE_NEAREST_NEIGHBOR',
  'REVERSE_V2',
  'SLICE',
  'SPLIT_V',
  'TRANSPOSE',
]);

/** Operators whose results are of whole numbers that TFLite prescribes. */
const prescribed: Partial<Record<OperatorName, Quantization>> = {
  LOGISTIC: { scales: [1 / 256], zeroPoint: -128 },
  LOG_SOFTMAX: { scales: [16 / 256], zeroPoint: 127 },
  SOFTMAX: { scales: [1 / 256], zeroPoint: -128 },
  TANH: { scales: [1 / 128], zeroPoint: 0 },
};

/** Operators whose results have a range of their own. */
const ownRange = new Set<OperatorName>([
  'ADD',
  'BATCH_MATMUL',
  'CONCATENATION',
  'ELU',
  'GELU',
  'HARD_SWISH',
  'LEAKY_RELU',
  'MEAN',
  'MUL',
  'PRELU',
  'RELU',
  'RELU6',
  'RELU_N1_TO_1',
  'SUB',
  ...(Object.keys(weighted) as OperatorName[]),
]);

/**
 * A program that computes with whole numbers of 8 bits where the range of what it computes is known and TFLite can, and with
 * floats elsewhere. Its inputs and outputs are floats, or such numbers as well.
 */
export function withIntegers(program: Program, ranges: ReadonlyMap<Tensor, Range>, integerEnds: boolean): Program {
  return new IntegerWriter(program, ranges, integerEnds).program();
}

class IntegerWriter {
  readonly #operators: Operator[] = [];
  /** The int8 of tensors that have one, and of those that were never floats. */
  readonly #integers = new Map<Tensor, Tensor>();
  readonly #floats = new Set<Tensor>();

  constructor(
    private readonly source: Program,
    private readonly ranges: ReadonlyMap<Tensor, Range>,
    private readonly integerEnds: boolean,
  ) {}

  program(): Program {
    const inputs = this.source.inputs.map((tensor) => this.#input(tensor));
    for (const operator of this.source.operators) this.#write(operator);
    const outputs = this.source.outputs.map((tensor) => {
      const integers = this.integerEnds && this.#integers.get(tensor);
      return integers || this.#floatOf(tensor);
    });
    return withoutUnused({ operators: this.#operators, inputs, outputs });
  }

  #input(tensor: Tensor): Tensor {
    const quantization = this.integerEnds && this.#ownQuantization(tensor);
    if (!quantization) {
      this.#floats.add(tensor);
      return tensor;
    }
    const integers: Tensor = { ...tensor, type: 'int8', quantization };
    this.#integers.set(tensor, integers);
    return integers;
  }

  #write(operator: Operator): void {
    const made = this.#asIntegers(operator);
    if (made) {
      this.#operators.push(made);
      operator.outputs.forEach((tensor, i) => this.#integers.set(tensor, made.outputs[i]!));
      return;
    }
    this.#operators.push({ ...operator, inputs: operator.inputs.map((tensor) => tensor && this.#floatOf(tensor)) });
    for (const tensor of operator.outputs) this.#floats.add(tensor);
  }

  /** The operator on whole numbers; undefined where it is not known on them, or its ranges are not. */
  #asIntegers(operator: Operator): Operator | undefined {
    const { name, inputs, outputs, options } = operator;
    if (outputs.some(({ type }) => type !== 'float32')) return undefined;
    const first = inputs.find((tensor) => tensor?.type === 'float32' && !tensor.data);
    if (!first) return undefined;
    const isSame = sameNumbers.has(name);
    if (!isSame && !ownRange.has(name) && !prescribed[name]) return undefined;
    const read = weighted[name] ? this.#weighted(operator) : this.#read(inputs, isSame);
    const of = (tensor: Tensor) =>
      isSame ? this.#quantizationOf(first) : (prescribed[name] ?? this.#ownQuantization(tensor));
    const quantizations = outputs.map(of);
    if (!read || !quantizations.every((one) => one !== undefined)) return undefined;
    const made = outputs.map((tensor, i): Tensor => {
      const quantization = quantizations[i]!;
      return { ...tensor, name: this.#nameOf(tensor), type: 'int8', quantization };
    });
    const ready = name === 'CONCATENATION' ? read.map((tensor) => this.#like(tensor!, made[0]!)) : read;
    return { name, inputs: ready, outputs: made, options };
  }

  /** Inputs as int8; numbers of the file too, in those of the others where they have to be. */
  #read(inputs: Operator['inputs'], isSame: boolean): (Tensor | undefined)[] | undefined {
    const first = inputs.find((tensor) => tensor?.type === 'float32' && !tensor.data)!;
    const read = inputs.map((tensor) => {
      if (tensor?.type !== 'float32') return tensor;
      if (!isFloats(tensor)) return this.#integerOf(tensor);
      const quantization = isSame ? this.#quantizationOf(first) : quantizationOf(rangeOfNumbers(tensor.data));
      return quantization && asInt8(tensor, quantization);
    });
    return read.every((tensor, i) => tensor || !inputs[i]) ? read : undefined;
  }

  #weighted(operator: Operator): (Tensor | undefined)[] | undefined {
    const { filter, axis, bias } = weighted[operator.name]!;
    const image = operator.inputs.findIndex((tensor) => tensor?.type === 'float32' && !tensor.data);
    const x = this.#integerOf(operator.inputs[image]!);
    const [weights, offsets] = [operator.inputs[filter], operator.inputs[bias]];
    if (!x || !isFloats(weights) || (offsets && !isFloats(offsets))) return undefined;
    const small = weightsAsInt8(weights, axis);
    const scale = x.quantization!.scales[0]!;
    return withInputs(operator, {
      [image]: x,
      [filter]: small,
      ...(offsets && { [bias]: biasAsInt32(offsets, scale, small.quantization.scales) }),
    });
  }

  #ownQuantization(tensor: Tensor): Quantization | undefined {
    const range = this.ranges.get(tensor);
    return range && quantizationOf(range);
  }

  #quantizationOf(tensor: Tensor): Quantization | undefined {
    return this.#integers.get(tensor)?.quantization ?? this.#ownQuantization(tensor);
  }

  #integerOf(tensor: Tensor): Tensor | undefined {
    const known = this.#integers.get(tensor);
    if (known) return known;
    const quantization = this.#ownQuantization(tensor);
    if (!quantization) return undefined;
    const made: Tensor = { ...tensor, name: `${tensor.name}/int8`, type: 'int8', quantization };
    this.#operators.push({ name: 'QUANTIZE', inputs: [tensor], outputs: [made], options: {} });
    this.#integers.set(tensor, made);
    return made;
  }

  #floatOf(tensor: Tensor): Tensor {
    const integers = this.#integers.get(tensor);
    if (integers && !this.#floats.has(tensor)) {
      this.#operators.push({ name: 'DEQUANTIZE', inputs: [integers], outputs: [tensor], options: {} });
      this.#floats.add(tensor);
    }
    return tensor;
  }

  /** In the whole numbers of another. */
  #like(tensor: Tensor, { quantization }: Tensor): Tensor {
    const [own, wanted] = [tensor.quantization!, quantization!];
    if (own.scales[0] === wanted.scales[0] && own.zeroPoint === wanted.zeroPoint) return tensor;
    const made: Tensor = { ...tensor, name: `${tensor.name}/rescaled`, quantization: wanted };
    this.#operators.push({ name: 'QUANTIZE', inputs: [tensor], outputs: [made], options: {} });
    return made;
  }

  /** Outputs keep their names where they are whole numbers. */
  #nameOf(tensor: Tensor): string {
    return this.integerEnds && this.source.outputs.includes(tensor) ? tensor.name : `${tensor.name}/int8`;
  }
}
