import type { AnyModule } from '@tessera-nn/core';
import { Sequential } from '@tessera-nn/containers';
import * as m from '@tessera-nn/modules';
import { expect } from 'chai';
import { itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { expectSameOutputs, randomInput } from '@tessera-nn/testing/onnxruntime';
import { exportOnnx, fromOnnx, OnnxError } from './index.js';

const images = [4, 6, 7];
const activation = (name: m.ActivationName): [string, () => AnyModule, number[]] => [
  name,
  () => new m.Activation(name),
  [5, 7],
];

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
      new m.Conv2D({
        inmaps: 4,
        outmaps: 6,
        size: [3, 2],
        stride: 2,
        pad: [
          [1, 0],
          [2, 1],
        ],
        groups: 2,
      }),
    images,
  ],
  [
    'Conv2D with gaps',
    () => new m.Conv2D({ inmaps: 4, outmaps: 3, size: 3, dilation: 2, pad: 'same', useBias: false }),
    images,
  ],
  ['Conv1D', () => new m.Conv1D({ inmaps: 4, outmaps: 3, size: 3, pad: 1 }), [4, 9]],
  ['Deconv2D', () => new m.Deconv2D({ inmaps: 4, outmaps: 3, size: 3, stride: 2, pad: 1 }), images],
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
  ['SoftMax', () => new m.SoftMax(), images],
  ['LogSoftMax', () => new m.LogSoftMax(), [6]],
  ['Upsample2D', () => new m.Upsample2D(2), images],
  ['Upsample2D, linear', () => new m.Upsample2D({ scale: 2, mode: 'linear' }), images],
  ['Pad2D', () => new m.Pad2D({ pad: 2, mode: 'reflect' }), images],
  ['PixelShuffle', () => new m.PixelShuffle(2), images],
  ['ChannelShuffle', () => new m.ChannelShuffle(2), images],
  ['Transpose', () => new m.SwapAxes(1, 2), images],
  ['Flatten', () => new m.Flatten(), images],
  ['Dropout', () => new m.Dropout(0.5), images],
  ['GLU', () => new m.GLU(), images],
  ['Residual', () => new m.Residual(new m.Conv2D({ inmaps: 4, outmaps: 4, size: 3, pad: 1 })), images],
  ['SqueezeExcite', () => new m.SqueezeExcite(4), images],
];

describe('Modules as ONNX files', () => {
  onBackend();

  for (const [title, make, shape] of modules) {
    itOnOneBackend(`${title} gives the same outputs in onnxruntime, and when it is read back`, async () => {
      const net = make().evalMode();
      const bytes = await exportOnnx(net, [1, ...shape]);
      const inputs = [randomInput([1, ...shape]), randomInput([4, ...shape], 6)];
      await expectSameOutputs(bytes, net, inputs);
      await expectSameOutputs(bytes, fromOnnx(bytes), inputs);
    });
  }

  itOnOneBackend('an LSTM of sequences of one length gives the same outputs in onnxruntime', async () => {
    const net = new m.LSTM({ insize: 3, hsize: 4 }).evalMode();
    const bytes = await exportOnnx(net, [5, 2, 3], { dynamicBatch: false });
    await expectSameOutputs(bytes, net, [randomInput([5, 2, 3])]);
    await expectSameOutputs(bytes, fromOnnx(bytes), [randomInput([5, 2, 3])]);
  });

  itOnOneBackend('refuses metadata that are not texts', async () => {
    const error = await exportOnnx(new m.Linear(2, 2), [1, 2], { metadata: { runs: 5 } as never }).catch(String);
    expect(error).to.contain('ValueError').and.contain('texts by name');
  });

  itOnOneBackend('refuses a network whose ops depend on the first axis, and says what helps', async () => {
    const net = new m.LSTM({ insize: 3, hsize: 4 });
    const error = await exportOnnx(net, [5, 2, 3]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(OnnxError);
    expect(String(error)).to.contain('dynamicBatch: false');
  });

  itOnOneBackend('lists what ONNX has no operator for, with the modules it is in', async () => {
    const conv = (inmaps: number) => new m.Conv3D({ inmaps, outmaps: 3, size: 2 });
    const net = new Sequential([conv(2), conv(3)], 'net');
    const error = await exportOnnx(net, [1, 2, 4, 5, 3]).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(OnnxError);
    expect(String(error)).to.contain('depth taps, 2 times: net.0, net.1');
  });
});
