// How modules are written in PyTorch. What is not in this table, PyTorch has no module for.
import type { AnyModule } from '@tessera-nn/core';
import * as modules from '@tessera-nn/modules';
import { call, type PythonValue } from './python-text.js';

/** The text of a module, or what of it PyTorch cannot do. */
export type Written = string | { readonly problem: string };

/** Writes the modules of one class. */
interface Row {
  readonly className: string;
  readonly write: (module: AnyModule) => Written | undefined;
}

type ClassOf<M> = NewableFunction & { readonly className: string; readonly prototype: M };

const row = <M extends AnyModule>(of: ClassOf<M>, write: (module: M) => Written): Row => ({
  className: of.className,
  write: (module) => (module instanceof of ? write(module as M) : undefined),
});

interface Windowed {
  readonly window: {
    readonly size: readonly number[];
    readonly stride: readonly number[];
    readonly dilation: readonly number[];
    readonly pad: 'same' | readonly (readonly [number, number])[];
    readonly ceilMode: boolean;
  };
}

/** The padding of a window as PyTorch takes it, as much before as behind; undefined where it is not so. */
function paddingOf({ window }: Windowed): readonly number[] | undefined {
  const { pad, size, stride, dilation } = window;
  if (pad !== 'same')
    return pad.every(([before, behind]) => before === behind) ? pad.map(([width]) => width) : undefined;
  const around = size.map((length, axis) => dilation[axis]! * (length - 1));
  // With a stride it depends on the size of what comes in.
  return stride.every((step) => step === 1) && around.every((width) => width % 2 === 0)
    ? around.map((width) => width / 2)
    : undefined;
}

function windowed<M extends Windowed>(write: (module: M, padding: readonly number[]) => Written) {
  return (module: M): Written => {
    const padding = paddingOf(module);
    return padding ? write(module, padding) : { problem: 'has more padding on one side than on the other' };
  };
}

type Convolution = modules.Conv1D | modules.Conv2D | modules.Conv3D | modules.DepthwiseConv2D;
type Transposed = modules.Deconv1D | modules.Deconv2D | modules.Deconv3D;
type Average = modules.AvgPool1D | modules.AvgPool2D | modules.AvgPool3D;
type Largest = modules.MaxPool1D | modules.MaxPool2D | modules.MaxPool3D;
type BatchNorm = modules.BatchNorm1D | modules.BatchNorm2D | modules.BatchNorm3D;

const convolution = (name: string) =>
  windowed(({ inmaps, outmaps, window, groups, useBias }: Convolution, padding) => {
    const { size, stride, dilation } = window;
    return call(name, [inmaps, outmaps, size], { stride, padding, dilation, groups, bias: useBias });
  });

const transposed = (name: string) =>
  windowed(({ inmaps, outmaps, window, groups, useBias, postpad }: Transposed, padding) => {
    const { size, stride, dilation } = window;
    const named = { stride, padding, output_padding: postpad, groups, bias: useBias, dilation };
    return call(name, [inmaps, outmaps, size], named);
  });

const average = (name: string) =>
  windowed(({ window, includePad }: Average, padding) => {
    const { size, stride, dilation, ceilMode } = window;
    if (dilation.some((step) => step > 1)) return { problem: 'has a dilation' };
    return call(name, [size], { stride, padding, ceil_mode: ceilMode, count_include_pad: includePad });
  });

const largest = (name: string) =>
  windowed(({ window: { size, stride, dilation, ceilMode } }: Largest, padding) =>
    call(name, [size], { stride, padding, dilation, ceil_mode: ceilMode }),
  );

const batchNorm =
  (name: string) =>
  ({ maps, epsilon, minFactor }: BatchNorm) =>
    call(name, [maps], { eps: epsilon, momentum: minFactor });

const lastAxes =
  (name: string) =>
  ({ shape, epsilon, affine }: modules.LayerNorm | modules.RMSNorm) =>
    call(name, [shape], { eps: epsilon, elementwise_affine: affine });

const overAxis =
  (name: string) =>
  ({ axis }: modules.SoftMax | modules.LogSoftMax | modules.Glu) =>
    call(name, [], { dim: axis });

const dropout =
  (name: string) =>
  ({ p }: { readonly p: number }) =>
    call(name, [p]);

/** A pool over the whole image, with or without the axes of one pixel. */
const globalPool =
  (name: string) =>
  ({ keepDims }: { readonly keepDims: boolean }) =>
    keepDims ? call(name, [1]) : `nn.Sequential(${call(name, [1])}, nn.Flatten())`;

function rectifier(module: modules.PRelu | modules.PReLU): Written {
  if (module.sampleShape) return { problem: 'has slopes for each element' };
  if (module.axis !== 1) return { problem: `has slopes along axis ${module.axis}` };
  const [slopes] = [...module.parameters()];
  return call('nn.PReLU', [slopes!.size]);
}

/** Kinds of activations: PyTorch's class, and the names of its numbers. */
const activations: Readonly<Record<string, readonly [name: string, named?: Readonly<Record<string, PythonValue>>]>> = {
  ...{ sigmoid: ['nn.Sigmoid'], tanh: ['nn.Tanh'], relu: ['nn.ReLU'], leakyRelu: ['nn.LeakyReLU'], elu: ['nn.ELU'] },
  ...{ softPlus: ['nn.Softplus'], clip: ['nn.Hardtanh'], hardTanh: ['nn.Hardtanh'], silu: ['nn.SiLU'] },
  ...{ mish: ['nn.Mish'], gelu: ['nn.GELU'], geluTanh: ['nn.GELU', { approximate: 'tanh' }], selu: ['nn.SELU'] },
  ...{ celu: ['nn.CELU'], hardSigmoid: ['nn.Hardsigmoid'], hardSwish: ['nn.Hardswish'] },
  ...{ logSigmoid: ['nn.LogSigmoid'], softSign: ['nn.Softsign'], tanhShrink: ['nn.Tanhshrink'] },
  ...{ softShrink: ['nn.Softshrink'], hardShrink: ['nn.Hardshrink'], threshold: ['nn.Threshold'] },
};

function activation({ activation: kind, args, slc }: modules.Activation): Written {
  const known = Object.hasOwn(activations, kind) ? activations[kind] : undefined;
  if (!known || slc) return { problem: slc ? 'acts on a slice' : `is ${kind}` };
  return call(known[0], args, known[1]);
}

function upsampling({ scale, placing }: modules.Upsample2D): Written {
  const named = placing === 'nearest' ? { mode: placing } : { mode: 'bilinear', align_corners: placing === 'corners' };
  return call('nn.Upsample', [], { scale_factor: scale, ...named });
}

const rows: readonly Row[] = [
  row(modules.Linear, ({ insize, outsize, useBias }) => call('nn.Linear', [insize, outsize], { bias: useBias })),
  row(modules.Conv1D, convolution('nn.Conv1d')),
  row(modules.Conv2D, convolution('nn.Conv2d')),
  row(modules.Conv3D, convolution('nn.Conv3d')),
  row(modules.DepthwiseConv2D, convolution('nn.Conv2d')),
  row(modules.Deconv1D, transposed('nn.ConvTranspose1d')),
  row(modules.Deconv2D, transposed('nn.ConvTranspose2d')),
  row(modules.Deconv3D, transposed('nn.ConvTranspose3d')),
  row(modules.MaxPool1D, largest('nn.MaxPool1d')),
  row(modules.MaxPool2D, largest('nn.MaxPool2d')),
  row(modules.MaxPool3D, largest('nn.MaxPool3d')),
  row(modules.AvgPool1D, average('nn.AvgPool1d')),
  row(modules.AvgPool2D, average('nn.AvgPool2d')),
  row(modules.AvgPool3D, average('nn.AvgPool3d')),
  row(modules.GlobalAvgPool2D, globalPool('nn.AdaptiveAvgPool2d')),
  row(modules.GlobalMaxPool2D, globalPool('nn.AdaptiveMaxPool2d')),
  row(modules.AdaptiveAvgPool2D, ({ size }) => call('nn.AdaptiveAvgPool2d', [size])),
  row(modules.AdaptiveMaxPool2D, ({ size }) => call('nn.AdaptiveMaxPool2d', [size])),
  row(modules.BatchNorm1D, batchNorm('nn.BatchNorm1d')),
  row(modules.BatchNorm2D, batchNorm('nn.BatchNorm2d')),
  row(modules.BatchNorm3D, batchNorm('nn.BatchNorm3d')),
  row(modules.LayerNorm, lastAxes('nn.LayerNorm')),
  row(modules.RMSNorm, lastAxes('nn.RMSNorm')),
  row(modules.GroupNorm, ({ groups, maps, epsilon, affine }) =>
    call('nn.GroupNorm', [groups, maps], { eps: epsilon, affine }),
  ),
  row(modules.InstanceNorm2D, ({ maps, epsilon, affine }) =>
    call('nn.InstanceNorm2d', [maps], { eps: epsilon, affine }),
  ),
  row(modules.PRelu, rectifier),
  row(modules.PReLU, rectifier),
  row(modules.Activation, activation),
  row(modules.SoftMax, overAxis('nn.Softmax')),
  row(modules.LogSoftMax, overAxis('nn.LogSoftmax')),
  row(modules.Glu, overAxis('nn.GLU')),
  row(modules.Dropout, dropout('nn.Dropout')),
  row(modules.Dropout1D, dropout('nn.Dropout1d')),
  row(modules.Dropout2D, dropout('nn.Dropout2d')),
  row(modules.Dropout3D, dropout('nn.Dropout3d')),
  row(modules.AlphaDropout, dropout('nn.AlphaDropout')),
  row(modules.Flatten, () => 'nn.Flatten()'),
  row(modules.Identity, () => 'nn.Identity()'),
  row(modules.Upsample2D, upsampling),
  row(modules.PixelShuffle, ({ scale }) => call('nn.PixelShuffle', [scale])),
];

const byName = new Map(rows.map((entry) => [entry.className, entry]));

/** How a module without parts is written in PyTorch. */
export function torchModule(module: AnyModule): Written {
  const { className } = module.constructor as unknown as { className?: string };
  return (
    byName.get(className ?? '')?.write(module) ?? { problem: `is a ${module.className}, which PyTorch does not have` }
  );
}
