import { Sequential } from '@tessera-nn/containers';
import type { AnyModule } from '@tessera-nn/core';
import * as m from '@tessera-nn/modules';
import { itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { expectSameInLiteRt, withBatch } from '@tessera-nn/testing/litert';
import { randomInput } from '@tessera-nn/testing/onnxruntime';
import { expect } from 'chai';
import { TfliteError, toTflite } from './index.js';

const images = [4, 6, 7];
const activation = (name: m.ActivationName): [string, () => AnyModule, number[]] => [
  name,
  () => new m.Activation(name),
  [5, 7],
];
const conv = (options: object) => new m.Conv2D({ inmaps: 4, outmaps: 3, size: 3, ...options });
const deconv = (options: object) => new m.Deconv2D({ inmaps: 4, outmaps: 6, size: 3, stride: 2, ...options });
const uneven = (pad: m.Conv2DOptions['pad']) =>
  new m.Conv2D({ inmaps: 4, outmaps: 6, size: [3, 2], stride: 2, groups: 2, pad });

/** One of each kind of op, with the options that change what is written. */
const modules: [title: string, make: () => AnyModule, shape: number[]][] = [
  ...(['sigmoid', 'tanh', 'relu', 'leakyRelu', 'elu', 'softPlus', 'clip', 'hardTanh', 'silu', 'mish'] as const).map(
    activation,
  ),
  ...(['gelu', 'geluTanh', 'selu', 'celu', 'hardSigmoid', 'hardSwish', 'logSigmoid', 'softSign'] as const).map(
    activation,
  ),
  ...(['tanhShrink', 'softShrink', 'hardShrink', 'threshold'] as const).map(activation),
  [
    'Conv2D with groups',
    () =>
      uneven([
        [1, 0],
        [2, 1],
      ]),
    images,
  ],
  ['Conv2D with gaps', () => conv({ dilation: 2, pad: 'same', useBias: false }), images],
  ['Conv2D that pads as TFLite does', () => conv({ stride: 2, pad: 'same' }), images],
  ['Conv2D that pads otherwise', () => conv({ stride: 2, pad: 1 }), images],
  ['DepthwiseConv2D', () => new m.DepthwiseConv2D({ maps: 4, size: 3, multiplier: 2, pad: 1 }), images],
  ['Conv1D', () => new m.Conv1D({ inmaps: 4, outmaps: 3, size: 3, pad: 1 }), [4, 9]],
  ['Deconv2D, cut', () => new Sequential([deconv({ pad: 1 }), new m.Activation('leakyRelu')]), images],
  ['Deconv2D in groups, drawn out', () => deconv({ pad: 1, postpad: 1, groups: 2 }), images],
  ['Deconv2D that doubles', () => new Sequential([deconv({ size: 2 }), new m.Activation('relu')]), images],
  ['MaxPool2D', () => new m.MaxPool2D({ size: 3, stride: 2, pad: 1 }), images],
  ['AvgPool2D over the image alone', () => new m.AvgPool2D({ size: 3, stride: 2, pad: 1, includePad: false }), images],
  ['AvgPool2D with its padding', () => new m.AvgPool2D({ size: 3, stride: 2, pad: 1 }), images],
  ['GlobalAvgPool2D', () => new m.GlobalAvgPool2D(), images],
  ['GlobalMaxPool2D', () => new m.GlobalMaxPool2D(), images],
  ['BatchNorm2D', () => new m.BatchNorm2D(4), images],
  ['LayerNorm', () => new m.LayerNorm({ shape: [6, 7] }), images],
  ['GroupNorm', () => new m.GroupNorm({ groups: 2, maps: 4 }), images],
  ['InstanceNorm2D', () => new m.InstanceNorm2D({ maps: 4 }), images],
  ['RMSNorm', () => new m.RMSNorm({ shape: 7 }), [5, 7]],
  ['Linear', () => new m.Linear(7, 3), [7]],
  ['Linear with an axis in between', () => new m.Linear({ insize: 7, outsize: 3, transpose: true }), [5, 7]],
  ['PRelu', () => new m.PRelu({ maps: 4, init: 'uniform' }), images],
  ['PRelu of one slope', () => new m.PReLU(1, 0.3), [5]],
  ['SoftMax', () => new m.SoftMax(), images],
  ['LogSoftMax', () => new m.LogSoftMax(), [6]],
  ['Upsample2D', () => new m.Upsample2D(2), images],
  ['Upsample2D, linear', () => new m.Upsample2D({ scale: 2, mode: 'linear' }), images],
  ['Pad2D', () => new m.Pad2D({ pad: 2, mode: 'reflect' }), images],
  ['PixelShuffle', () => new m.PixelShuffle(2), [8, 3, 4]],
  ['PixelShuffle behind its convolution', () => new Sequential([conv({ outmaps: 8 }), new m.PixelShuffle(2)]), images],
  ['ChannelShuffle', () => new m.ChannelShuffle(2), images],
  ['Transpose', () => new m.SwapAxes(1, 2), images],
  ['Flatten', () => new m.Flatten(), images],
  [
    'Flatten, a norm and a softmax',
    () => new Sequential([new m.Flatten(), new m.BatchNorm1D(168), new m.SoftMax()]),
    images,
  ],
  ['GLU', () => new m.GLU(), images],
  ['Residual', () => new m.Residual(conv({ outmaps: 4, pad: 1 })), images],
  ['MultiHeadAttention', () => new m.MultiHeadAttention({ embsize: 6, heads: 2 }), [5, 6]],
  ['SqueezeExcite', () => new m.SqueezeExcite(4), images],
];

describe('Modules as TFLite files', () => {
  onBackend();

  for (const [title, make, shape] of modules) {
    itOnOneBackend(`${title} gives the same outputs in LiteRT`, async () => {
      const net = make().evalMode();
      await expectSameInLiteRt(await toTflite(net, [1, ...shape]), net, randomInput([1, ...shape]));
      const anyBatch = await toTflite(net, [1, ...shape], { dynamicBatch: true });
      await expectSameInLiteRt(withBatch(anyBatch, 3), net, randomInput([3, ...shape], 6));
    });
  }

  itOnOneBackend('lists what TFLite has no operator for, with the modules it is in', async () => {
    const net = new Sequential(
      [new m.Conv3D({ inmaps: 2, outmaps: 3, size: 2 }), new m.Conv3D({ inmaps: 3, outmaps: 3, size: 2 })],
      'net',
    );
    const error = await toTflite(net, [1, 2, 4, 5, 3]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TfliteError);
    expect(String(error)).to.contain('depth taps, 2 times: net.0, net.1');
  });

  itOnOneBackend('lists all that it cannot write, also that of options', async () => {
    const net = new Sequential([
      new m.MaxPool2D({ size: 2, stride: 1, dilation: 2 }),
      deconv({ dilation: 2, name: 'deconv' }),
    ]);
    const error = await toTflite(net, [1, ...images]).catch(String);
    expect(error).to.contain('max pool with gaps in its window, 1 times: 0');
    expect(error).to.contain('conv2d input gradient with gaps in its window, 1 times: deconv');
  });
});
