import { itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { expectSameOutputs, randomInput } from '@tessera-nn/testing/onnxruntime';
import { float } from '../format/attributes.js';
import type { Node, Tensor } from '../format/messages.js';
import { fromOnnx } from '../index.js';
import { fileOf, floats, ints, node, some } from './made-files.golden.js';

const images = ['n', 4, 6, 7];

/** Operators and forms of them that `exportOnnx` never writes, each as a file of one node or few. */
const cases: [
  title: string,
  nodes: Node[],
  more?: { initializers?: Tensor[]; opset?: number; shape?: typeof images },
][] = [
  [
    'Conv with uneven pads, gaps and groups',
    [node('Conv', ['x', 'W'], 'y', { pads: [0, 1, 2, 0], dilations: [2, 1], strides: [1, 2], group: 2 })],
    { initializers: [some('W', [6, 2, 3, 2])] },
  ],
  [
    'Conv that is padded to the same size, more at the end or the beginning',
    [
      node('Conv', ['x', 'W'], 'a', { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
      node('Conv', ['a', 'W'], 'y', { auto_pad: 'SAME_LOWER' }),
    ],
    { initializers: [some('W', [4, 4, 2, 4])] },
  ],
  [
    'Conv of sequences',
    [node('Conv', ['x', 'W'], 'y', { pads: [2, 0] })],
    { initializers: [some('W', [3, 4, 3])], shape: ['n', 4, 7] },
  ],
  [
    'Conv of volumes',
    [node('Conv', ['x', 'W'], 'y')],
    { initializers: [some('W', [3, 2, 2, 3, 2])], shape: ['n', 2, 3, 4, 5] },
  ],
  [
    'ConvTranspose to a shape that is asked for',
    [node('ConvTranspose', ['x', 'W', 'b'], 'y', { strides: [2, 2], output_shape: [12, 14] })],
    { initializers: [some('W', [4, 3, 3, 3]), some('b', [3])] },
  ],
  [
    'ConvTranspose with groups and places behind',
    [node('ConvTranspose', ['x', 'W'], 'y', { strides: [2, 3], pads: [1, 0, 0, 1], output_padding: [1, 2], group: 2 })],
    { initializers: [some('W', [4, 3, 2, 3])] },
  ],
  [
    'MaxPool and AveragePool with last windows that stick out',
    [
      node('MaxPool', ['x'], 'a', { kernel_shape: [3, 2], strides: [2, 2], ceil_mode: 1, pads: [1, 0, 1, 1] }),
      node('AveragePool', ['a'], 'y', { kernel_shape: [2, 2], pads: [1, 1, 0, 0], count_include_pad: 1 }),
    ],
  ],
  ['LpPool', [node('LpPool', ['x'], 'y', { kernel_shape: [2, 3], p: 3 })]],
  [
    'GlobalMaxPool and GlobalAveragePool of sequences',
    [node('GlobalMaxPool', ['x'], 'a'), node('GlobalAveragePool', ['x'], 'b'), node('Add', ['a', 'b'], 'y')],
    { shape: ['n', 4, 7] },
  ],
  ['LRN', [node('LRN', ['x'], 'y', { size: 3, alpha: float(0.5), beta: float(0.6), bias: float(1.5) })]],
  [
    'InstanceNormalization',
    [node('InstanceNormalization', ['x', 's', 'b'], 'y', { epsilon: float(0.01) })],
    { initializers: [some('s', [4]), some('b', [4])] },
  ],
  [
    'LayerNormalization',
    [node('LayerNormalization', ['x', 's'], 'y', { axis: 2 })],
    { initializers: [some('s', [6, 7])] },
  ],
  [
    'Gemm with factors, and MatMul of what the network computes',
    [
      node('Gemm', ['x', 'V', 'c'], 'a', { alpha: float(0.5), beta: float(2), transB: 1 }),
      node('Transpose', ['a'], 't'),
      node('MatMul', ['t', 'a'], 'y'),
    ],
    { initializers: [some('V', [3, 5]), some('c', [1, 3])], shape: ['n', 5] },
  ],
  ['Einsum', [node('Einsum', ['x', 'W'], 'y', { equation: 'bmij,mk->bkj' })], { initializers: [some('W', [4, 3])] }],
  ['PRelu with a slope for each place', [node('PRelu', ['x', 's'], 'y')], { initializers: [some('s', [6, 1])] }],
  [
    'activations with their numbers',
    [
      node('HardSigmoid', ['x'], 'a', { alpha: float(0.3), beta: float(0.4) }),
      node('Selu', ['x'], 'b', { alpha: float(1.5), gamma: float(1.1) }),
      node('ThresholdedRelu', ['x'], 'c', { alpha: float(0.3) }),
      node('Shrink', ['x'], 'd', { lambd: float(0.4), bias: float(0.1) }),
      node('Sum', ['a', 'b', 'c', 'd'], 'y'),
    ],
  ],
  ['Clip with attributes', [node('Clip', ['x'], 'y', { min: float(-0.3), max: float(0.4) })], { opset: 7 }],
  ['Clip with one bound', [node('Clip', ['x', '', 'most'], 'y')], { initializers: [floats('most', [], [0.4])] }],
  ['Softmax of opset 11, over all axes from one on', [node('Softmax', ['x'], 'y', { axis: 2 })], { opset: 11 }],
  [
    'Unsqueeze, Squeeze, ReduceSum and Split of opset 11',
    [
      node('Unsqueeze', ['x'], 'u', { axes: [0, 3] }),
      node('Squeeze', ['u'], 's', { axes: [3, 0] }),
      node('Split', ['s'], ['a', 'b'], { axis: 1, split: [1, 3] }),
      node('ReduceSum', ['b'], 'r', { axes: [1] }),
      node('Sub', ['a', 'r'], 'y'),
    ],
    { opset: 11 },
  ],
  ['Split into equal parts', [node('Split', ['x'], ['a', 'b'], { axis: 2 }), node('Max', ['a', 'b'], 'y')]],
  [
    'Pad and Slice of opset 2',
    [
      node('Pad', ['x'], 'p', { pads: [0, 0, 1, 2, 0, 0, 0, 1], value: float(0.5) }),
      node('Slice', ['p'], 'y', { starts: [1, -3], ends: [9999, -1], axes: [2, 3] }),
    ],
    { opset: 9 },
  ],
  [
    'Pad by the border, and Slice backwards with steps',
    [node('Pad', ['x', 'pads'], 'p', { mode: 'edge' }), node('Slice', ['p', 'starts', 'ends', 'axes', 'steps'], 'y')],
    {
      initializers: [
        ints('pads', [0, 0, 2, 1, 0, 0, 0, 3]),
        ints('starts', [-1, 1]),
        ints('ends', [-9999, 6]),
        ints('axes', [3, 2]),
        ints('steps', [-2, 3]),
      ],
    },
  ],
  [
    'Upsample of opset 9',
    [node('Upsample', ['x', 'scales'], 'y', { mode: 'linear' })],
    { opset: 9, initializers: [floats('scales', [4], [1, 1, 2, 2])] },
  ],
  [
    'Resize to sizes that are no multiples',
    [node('Resize', ['x', '', '', 'sizes'], 'y', { mode: 'cubic', coordinate_transformation_mode: 'half_pixel' })],
    { initializers: [ints('sizes', [1, 4, 9, 5])], shape: [1, 4, 6, 7] },
  ],
  [
    'Resize to the nearest, rounded',
    [
      node('Resize', ['x', '', 'scales'], 'y', {
        mode: 'nearest',
        nearest_mode: 'ceil',
        coordinate_transformation_mode: 'asymmetric',
      }),
    ],
    { initializers: [floats('scales', [4], [1, 1, 1.5, 2])] },
  ],
  [
    'DepthToSpace in both orders',
    [
      node('DepthToSpace', ['x'], 'a', { blocksize: 2 }),
      node('DepthToSpace', ['x'], 'b', { blocksize: 2, mode: 'CRD' }),
      node('Sub', ['a', 'b'], 'y'),
    ],
  ],
  ['SpaceToDepth', [node('SpaceToDepth', ['x'], 'y', { blocksize: 3 })], { shape: ['n', 2, 6, 9] }],
  [
    'Gather counted from the end',
    [node('Gather', ['x', 'which'], 'y', { axis: 1 })],
    { initializers: [ints('which', [-1, 0, -2])] },
  ],
  [
    'Tile and Expand',
    [node('Tile', ['x', 'often'], 't'), node('Expand', ['t', 'shape'], 'y')],
    { initializers: [ints('often', [1, 2, 1, 1]), ints('shape', [3, 1, 1, 1, 1])] },
  ],
  [
    'comparisons, Where and a power',
    [
      node('Greater', ['x', 'w'], 'g'),
      node('Not', ['g'], 'l'),
      node('Pow', ['x', 'two'], 'p'),
      node('Where', ['l', 'p', 'x'], 'y'),
    ],
    { initializers: [some('w', [7]), floats('two', [], [2])] },
  ],
  [
    'reductions',
    [
      node('ReduceL2', ['x'], 'a', { axes: [1, 3] }),
      node('ReduceLogSumExp', ['x'], 'b', { axes: [1, -1] }),
      node('ReduceProd', ['x'], 'c', { axes: [1, 3] }),
      node('Mean', ['a', 'b', 'c'], 'y'),
    ],
  ],
  [
    'CumSum without itself, from the end',
    [node('CumSum', ['x', 'axis'], 'y', { exclusive: 1, reverse: 1 })],
    { initializers: [ints('axis', [2])] },
  ],
  [
    'a size that is computed of the network for Resize',
    [
      node('Shape', ['x'], 's'),
      node('Slice', ['s', 'zero', 'two'], 'front'),
      node('Concat', ['front', 'to'], 'sizes', { axis: 0 }),
      node('Resize', ['x', '', '', 'sizes'], 'y', { mode: 'linear' }),
    ],
    { initializers: [ints('zero', [0]), ints('two', [2]), ints('to', [12, 14])] },
  ],
];

describe('Operators of ONNX files', () => {
  onBackend();

  for (const [title, nodes, { initializers = [], opset = 17, shape = images } = {}] of cases) {
    itOnOneBackend(`${title} gives the outputs of onnxruntime`, async () => {
      const bytes = fileOf(nodes, { inputs: { x: shape }, initializers, opset });
      const net = fromOnnx(bytes);
      const sized = (batch: number) => shape.map((size) => (typeof size === 'number' ? size : batch));
      await expectSameOutputs(bytes, net, [randomInput(sized(2))]);
      net.dispose();
    });
  }
});
