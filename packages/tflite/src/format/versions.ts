import type { Operator, Tensor } from '../graph/tensor.js';
import type { OperatorName } from './operators.js';

/** Operators that have taken int8 since their second version. */
const INT8_IN_SECOND = new Set<OperatorName>([
  'ADD',
  'AVERAGE_POOL_2D',
  'BATCH_MATMUL',
  'CONCATENATION',
  'DEQUANTIZE',
  'GATHER',
  'LOGISTIC',
  'LOG_SOFTMAX',
  'MAXIMUM',
  'MAX_POOL_2D',
  'MEAN',
  'MINIMUM',
  'MUL',
  'PACK',
  'PAD',
  'PADV2',
  'REDUCE_MAX',
  'REDUCE_MIN',
  'RELU',
  'RELU6',
  'RESIZE_BILINEAR',
  'RESIZE_NEAREST_NEIGHBOR',
  'SLICE',
  'SOFTMAX',
  'SPLIT_V',
  'SUB',
  'SUM',
  'TANH',
  'TRANSPOSE',
]);

/** The version in which an operator first took what it is given: by it old runtimes refuse what they do not know. */
export function versionOf({ name, inputs, outputs, options }: Operator): number {
  const [first, second, third, fourth] = inputs;
  const isInt8 = first?.type === 'int8';
  const isHybrid = first?.type === 'float32' && second?.type === 'int8';
  const byChannel = (second?.quantization?.scales.length ?? 1) > 1;
  const rank = Math.max(...inputs.map((tensor) => tensor?.shape.length ?? 0));
  switch (name) {
    case 'CONV_2D':
      if (isGrouped(first!, second!)) return 6;
      return isHybrid ? (byChannel ? 5 : 2) : isInt8 ? 3 : 1;
    case 'DEPTHWISE_CONV_2D':
      if (isHybrid) return byChannel ? 6 : 4;
      return isInt8 ? 3 : options['dilationW'] !== 1 || options['dilationH'] !== 1 ? 2 : 1;
    case 'FULLY_CONNECTED':
      if (isHybrid && byChannel) return 12;
      if (!third) return 6;
      return isInt8 ? 4 : isHybrid ? 3 : 1;
    case 'TRANSPOSE_CONV':
      if (options['activation']) return 4;
      return fourth ? 3 : second?.type === 'int8' ? 2 : 1;
    case 'MUL':
      return isInt8 && scaleOf(first) * scaleOf(second) >= scaleOf(outputs[0]) ? 3 : isInt8 ? 2 : 1;
    case 'RESIZE_BILINEAR':
    case 'RESIZE_NEAREST_NEIGHBOR':
      if (options['middles'] || (name === 'RESIZE_NEAREST_NEIGHBOR' && options['corners'])) return 3;
      return isInt8 ? 2 : 1;
    case 'TRANSPOSE':
      return rank > 5 ? 6 : rank > 4 ? 4 : isInt8 ? 2 : 1;
    case 'PAD':
    case 'PADV2':
      return rank > 4 ? 4 : isInt8 ? 2 : 1;
    case 'SLICE':
      return rank > 4 ? 5 : isInt8 ? 2 : 1;
    case 'REVERSE_V2':
      return isInt8 ? 3 : 1;
    case 'MAXIMUM':
    case 'MINIMUM':
    case 'SUB':
      return rank > 4 ? 3 : isInt8 ? 2 : 1;
    case 'DIV':
      return rank > 4 ? 2 : 1;
    default:
      return isInt8 && INT8_IN_SECOND.has(name) ? 2 : 1;
  }
}

const isGrouped = (image: Tensor, filter: Tensor): boolean => image.shape.at(-1) !== filter.shape.at(-1);

const scaleOf = (tensor: Tensor | undefined): number => tensor?.quantization?.scales[0] ?? 1;
