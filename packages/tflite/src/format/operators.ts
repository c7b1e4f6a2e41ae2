// What this package writes of the schema of TFLite, version 3: `schema.fbs` of TensorFlow has the whole. Ids of fields are
// places in their tables, and never change.

/** How a field lies in its table. */
export type FieldType = 'int8' | 'int32' | 'bool' | 'float32';

/** Fields by name, with the id that each has in its table. */
export type Fields = Readonly<Record<string, readonly [id: number, type: FieldType]>>;

export const padding = { SAME: 0, VALID: 1 } as const;

/** What operators may do with each element behind their own work. Runtimes refuse the others that the schema has. */
export const activations = { NONE: 0, RELU: 1, RELU_N1_TO_1: 2, RELU6: 3 } as const;
export type FusedActivation = keyof typeof activations;

export const tensorTypes = { float32: 0, int32: 2, bool: 6, int8: 9 } as const;
export type TensorType = keyof typeof tensorTypes;

/** Options of operators: their id in the union `BuiltinOptions`, and their fields. */
const conv = {
  union: 1,
  fields: {
    padding: [0, 'int8'],
    strideW: [1, 'int32'],
    strideH: [2, 'int32'],
    activation: [3, 'int8'],
    dilationW: [4, 'int32'],
    dilationH: [5, 'int32'],
  },
} as const;
const depthwise = {
  union: 2,
  fields: {
    padding: [0, 'int8'],
    strideW: [1, 'int32'],
    strideH: [2, 'int32'],
    multiplier: [3, 'int32'],
    activation: [4, 'int8'],
    dilationW: [5, 'int32'],
    dilationH: [6, 'int32'],
  },
} as const;
const pool = {
  union: 5,
  fields: {
    padding: [0, 'int8'],
    strideW: [1, 'int32'],
    strideH: [2, 'int32'],
    width: [3, 'int32'],
    height: [4, 'int32'],
    activation: [5, 'int8'],
  },
} as const;
const transposeConv = {
  union: 49,
  fields: { padding: [0, 'int8'], strideW: [1, 'int32'], strideH: [2, 'int32'], activation: [3, 'int8'] },
} as const;
const resizeBilinear = { union: 15, fields: { corners: [2, 'bool'], middles: [3, 'bool'] } } as const;
const resizeNearest = { union: 74, fields: { corners: [0, 'bool'], middles: [1, 'bool'] } } as const;
const reducer = { union: 27, fields: { keepDims: [0, 'bool'] } } as const;
const withActivation = (union: number) => ({ union, fields: { activation: [0, 'int8'] } }) as const;
const plain = (union: number) => ({ union, fields: {} }) as const;
const none = plain(0);

interface OperatorKind {
  /** The number of the operator in `BuiltinOperator`. */
  readonly code: number;
  readonly union: number;
  readonly fields: Fields;
}

const kind = (code: number, { union, fields }: { union: number; fields: Fields }): OperatorKind => ({
  code,
  union,
  fields,
});

/** The operators that are written. */
export const operators = {
  ADD: kind(0, withActivation(11)),
  AVERAGE_POOL_2D: kind(1, pool),
  CONCATENATION: kind(2, { union: 10, fields: { axis: [0, 'int32'], activation: [1, 'int8'] } }),
  CONV_2D: kind(3, conv),
  DEPTHWISE_CONV_2D: kind(4, depthwise),
  DEPTH_TO_SPACE: kind(5, { union: 94, fields: { block: [0, 'int32'] } }),
  DEQUANTIZE: kind(6, plain(38)),
  FLOOR: kind(8, none),
  FULLY_CONNECTED: kind(9, { union: 8, fields: { activation: [0, 'int8'] } }),
  LOGISTIC: kind(14, none),
  MAX_POOL_2D: kind(17, pool),
  MUL: kind(18, withActivation(21)),
  RELU: kind(19, none),
  RELU_N1_TO_1: kind(20, none),
  RELU6: kind(21, none),
  RESHAPE: kind(22, plain(17)),
  RESIZE_BILINEAR: kind(23, resizeBilinear),
  SOFTMAX: kind(25, { union: 9, fields: { beta: [0, 'float32'] } }),
  TANH: kind(28, none),
  PAD: kind(34, plain(22)),
  GATHER: kind(36, { union: 23, fields: { axis: [0, 'int32'] } }),
  TRANSPOSE: kind(39, plain(26)),
  MEAN: kind(40, reducer),
  SUB: kind(41, withActivation(28)),
  DIV: kind(42, withActivation(29)),
  STRIDED_SLICE: kind(45, { union: 32, fields: { shrinkAxisMask: [4, 'int32'] } }),
  EXP: kind(47, plain(33)),
  TOPK_V2: kind(48, plain(34)),
  LOG_SOFTMAX: kind(50, plain(36)),
  CAST: kind(53, { union: 37, fields: { from: [0, 'int8'], to: [1, 'int8'] } }),
  PRELU: kind(54, none),
  MAXIMUM: kind(55, plain(39)),
  ARG_MAX: kind(56, { union: 40, fields: { type: [0, 'int8'] } }),
  MINIMUM: kind(57, plain(39)),
  LESS: kind(58, plain(41)),
  NEG: kind(59, plain(42)),
  PADV2: kind(60, plain(43)),
  GREATER: kind(61, plain(44)),
  GREATER_EQUAL: kind(62, plain(45)),
  LESS_EQUAL: kind(63, plain(46)),
  SLICE: kind(65, plain(48)),
  SIN: kind(66, none),
  TRANSPOSE_CONV: kind(67, transposeConv),
  EQUAL: kind(71, plain(53)),
  LOG: kind(73, none),
  SUM: kind(74, reducer),
  SQRT: kind(75, none),
  RSQRT: kind(76, none),
  SHAPE: kind(77, { union: 55, fields: { type: [0, 'int8'] } }),
  POW: kind(78, plain(56)),
  ARG_MIN: kind(79, { union: 57, fields: { type: [0, 'int8'] } }),
  REDUCE_MAX: kind(82, reducer),
  PACK: kind(83, { union: 59, fields: { count: [0, 'int32'], axis: [1, 'int32'] } }),
  LOGICAL_OR: kind(84, plain(60)),
  LOGICAL_AND: kind(86, plain(62)),
  REDUCE_MIN: kind(89, reducer),
  FILL: kind(94, plain(68)),
  RESIZE_NEAREST_NEIGHBOR: kind(97, resizeNearest),
  LEAKY_RELU: kind(98, { union: 75, fields: { alpha: [0, 'float32'] } }),
  ABS: kind(101, plain(78)),
  SPLIT_V: kind(102, { union: 79, fields: { count: [0, 'int32'] } }),
  CEIL: kind(104, none),
  REVERSE_V2: kind(105, plain(81)),
  COS: kind(108, plain(84)),
  ELU: kind(111, none),
  QUANTIZE: kind(114, plain(89)),
  ROUND: kind(116, none),
  HARD_SWISH: kind(117, plain(91)),
  SELECT_V2: kind(123, plain(98)),
  BATCH_MATMUL: kind(126, { union: 101, fields: { transposeX: [0, 'bool'], transposeY: [1, 'bool'] } }),
  CUMSUM: kind(128, { union: 102, fields: { exclusive: [0, 'bool'], reverse: [1, 'bool'] } }),
  BROADCAST_TO: kind(130, plain(104)),
  GELU: kind(150, { union: 116, fields: { approximate: [0, 'bool'] } }),
  SIGN: kind(158, plain(123)),
} as const satisfies Record<string, OperatorKind>;
export type OperatorName = keyof typeof operators;
