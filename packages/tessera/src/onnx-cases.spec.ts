// Cases of ONNX's operators for which a module, an op or an option was missing once, each written with what is here now.
// Only images of whole numbers are left out: maxpool_2d_uint8.
import { backendName, expectClose, itOnOneBackend, onBackend, type Figures } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  AvgPool2D,
  AvgPool3D,
  Conv3D,
  CrossEntropy,
  CrossMapLRN,
  Deconv3D,
  GlobalMaxPool2D,
  InstanceNorm2D,
  logSoftmax,
  LpPool2D,
  MaxPool1D,
  MaxPool2D,
  MaxPool3D,
  MaxUnpool2D,
  pad,
  PixelShuffle,
  prod,
  reshape,
  split,
  sum,
  Upsample2D,
  Variable,
  type Module,
} from './index.js';
import { cases, type OnnxCase } from './onnx-cases.golden.js';

type Sides = readonly [before: number, behind: number];
/** Attributes of an operator, under the names that ONNX has for them. */
interface Attributes {
  kernel_shape: number[];
  strides?: number[];
  dilations?: number[];
  pads?: number[];
  auto_pad?: 'SAME_UPPER' | 'SAME_LOWER';
  ceil_mode?: number;
  count_include_pad?: number;
  group?: number;
  p?: number;
  mode?: string;
  value?: number;
  ignore_index?: number;
  blocksize?: number;
  epsilon?: number;
  [name: string]: unknown;
}

const variable = ({ shape, data }: Figures) => new Variable(data, { shape });
const whole = ({ shape, data }: Figures) => new Variable(Int32Array.from(data), { shape });

/** All that lies before each axis comes first, then all that lies behind. */
const sidesOf = (pads: readonly number[]): Sides[] =>
  pads.slice(0, pads.length / 2).map((before, axis) => [before, pads[axis + pads.length / 2]!]);

/** The window of an operator, with a stride of 1 unless it says another. */
function windowOf({ kernel_shape: size, strides, dilations, pads, auto_pad, ceil_mode }: Attributes) {
  const ones = size.map(() => 1);
  // `same` has the odd place behind; SAME_LOWER has it before, which at a stride of 1 is all there is of an even window.
  const lower = (): Sides[] => size.map((length) => [Math.ceil((length - 1) / 2), Math.floor((length - 1) / 2)]);
  const padding = { SAME_UPPER: () => 'same' as const, SAME_LOWER: lower }[auto_pad!] ?? (() => sidesOf(pads ?? []));
  return {
    size,
    stride: strides ?? ones,
    dilation: dilations ?? ones,
    pad: auto_pad || pads ? padding() : 0,
    ceilMode: ceil_mode === 1,
  };
}

/** A module with options of any number of axes. */
const made = (make: new (options: never) => Module, options: object): Module => new make(options as never);

/** A convolution with the weights of a case. */
function convolving(make: new (options: never) => Module, attrs: Attributes, [, W, b]: readonly Figures[]): Module {
  const groups = attrs.group ?? 1;
  const isBack = make === (Deconv3D as unknown);
  const [first, second, ...size] = W!.shape as [number, number, number, number, number];
  const counts = isBack ? { inmaps: first, outmaps: second * groups } : { inmaps: second * groups, outmaps: first };
  const { stride, dilation, pad } = windowOf({ ...attrs, kernel_shape: size });
  const module = made(make, { ...counts, size, stride, dilation, pad, groups, useBias: Boolean(b) });
  module.setVar('W', variable(W!));
  if (b) module.setVar('b', variable(b));
  return module;
}

const MODES: Record<string, 'constant' | 'edge' | 'reflect' | 'circular'> = {
  constant: 'constant',
  edge: 'edge',
  reflect: 'reflect',
  wrap: 'circular',
};

/** What each operator is here. */
const operators: Record<string, (attrs: Attributes, inputs: Figures[]) => Variable | Variable[]> = {
  AveragePool: (attrs, [x]) => {
    const options = { ...windowOf(attrs), includePad: attrs.count_include_pad === 1 };
    return made(x!.shape.length === 4 ? AvgPool2D : AvgPool3D, options).forward(variable(x!));
  },
  MaxPool: (attrs, [x]) => {
    const { size, stride, dilation, pad, ...rest } = windowOf(attrs);
    const one = {
      ...rest,
      size: size[0],
      stride: stride[0],
      dilation: dilation[0],
      pad: Array.isArray(pad) ? pad[0] : pad,
    };
    if (x!.shape.length === 3) return made(MaxPool1D, one).forward(variable(x!));
    return made(x!.shape.length === 4 ? MaxPool2D : MaxPool3D, windowOf(attrs)).forward(variable(x!));
  },
  LpPool: (attrs, [x]) => made(LpPool2D, { ...windowOf(attrs), p: attrs.p }).forward(variable(x!)),
  Conv: (attrs, inputs) => convolving(Conv3D, attrs, inputs).forward(variable(inputs[0]!)),
  ConvTranspose: (attrs, inputs) => convolving(Deconv3D, attrs, inputs).forward(variable(inputs[0]!)),
  SoftmaxCrossEntropyLoss: ({ ignore_index: ignoreIndex }, [x, labels, weights]) => {
    const scores = variable(x!);
    const options = {
      ...(weights && { weights: variable(weights) }),
      ...(ignoreIndex !== undefined && { ignoreIndex }),
    };
    const cost = new CrossEntropy({ ...options, reduction: 'none' });
    return [cost.forward(scores, whole(labels!)), logSoftmax(scores, 1)];
  },
  Pad: ({ mode, pads, value }, [x, amounts]) =>
    pad(variable(x!), sidesOf(pads ?? amounts!.data), { mode: MODES[mode!], value }),
  Split: (_, [x, sizes]) => split(variable(x!), sizes!.data, 0),
  Reshape: (_, [x, shape]) => reshape(variable(x!), shape!.data),
  ReduceSum: (_, [x, axes]) => sum(variable(x!), axes!.data, true),
  ReduceProd: (_, [x, axes]) => prod(variable(x!), axes!.data, true),
  Upsample: (_, [x, scales]) =>
    new Upsample2D({ scale: scales!.data.slice(2) as [number, number] }).forward(variable(x!)),
  Resize: (_, [x, scales]) => {
    const scale = scales!.data.slice(2) as [number, number];
    return new Upsample2D({ scale, mode: 'bilinear', alignCorners: true }).forward(variable(x!));
  },
  DepthToSpace: ({ blocksize }, [x]) => new PixelShuffle(blocksize!).forward(variable(x!)),
  MaxUnpool: ({ kernel_shape: [size], strides }, [x, places]) => {
    // Ours asks the images where the largest were, not a list of places.
    const [batch, maps, height, width] = x!.shape as [number, number, number, number];
    const seen = { shape: [batch, maps, height * 2, width * 2], data: new Array<number>(4 * x!.data.length).fill(0) };
    for (const place of places!.data) seen.data[place] = 1;
    return new MaxUnpool2D({ size: size!, stride: strides![0]! }).forward([variable(x!), variable(seen)]);
  },
  LRN: ({ size, alpha, beta, bias }, [x]) => made(CrossMapLRN, { N: size, alpha, beta, K: bias }).forward(variable(x!)),
  InstanceNormalization: ({ epsilon }, [x, scale, bias]) => {
    const module = new InstanceNorm2D({ maps: x!.shape[1]!, epsilon: epsilon! });
    module.setVar('scale', variable(scale!)).setVar('bias', variable(bias!));
    return module.forward(variable(x!));
  },
  GlobalMaxPool: (_, [x]) => new GlobalMaxPool2D({ keepDims: true }).forward(variable(x!)),
};

describe(`Operators of ONNX that could not be written once [${backendName}]`, () => {
  onBackend();

  it('are 62', () => expect(Object.values(cases).flat()).to.have.length(62));

  for (const [missing, some] of Object.entries(cases)) {
    describe(missing, () => {
      // What the modules compute is checked on every backend: here it is that their options say what ONNX says.
      for (const one of some) itOnOneBackend(`${one.op}: ${one.name}`, () => expectOutputs(one));
    });
  }

  async function expectOutputs({ op, attrs, inputs, outputs }: OnnxCase): Promise<void> {
    const found = [operators[op]!(attrs as Attributes, inputs)].flat();
    for (const [i, expected] of outputs.entries()) {
      expect(found[i]!.shape).to.deep.equal(expected.shape);
      expectClose(await found[i]!.values(), expected.data, `output ${i}`);
    }
  }
});
