import { Sequential } from '@tessera-nn/containers';
import { rand, type AnyModule } from '@tessera-nn/core';
import { mobileNetV2, resNet18, uNet } from '@tessera-nn/models';
import { Conv2D, Flatten, Linear, MaxPool2D, PRelu } from '@tessera-nn/modules';
import { itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { expectSameInLiteRt, readTflite } from '@tessera-nn/testing/litert';
import { randomInput } from '@tessera-nn/testing/onnxruntime';
import { expect } from 'chai';
import { operators } from './format/operators.js';
import { toTflite } from './index.js';

const leNetWithPRelu = () =>
  new Sequential([
    new Conv2D({ inmaps: 1, outmaps: 4, size: 3 }),
    new MaxPool2D(2),
    new PRelu({ maps: 4, init: 'uniform' }),
    new Conv2D({ inmaps: 4, outmaps: 8, size: 4 }),
    new MaxPool2D(2),
    new PRelu({ maps: 8, init: 'uniform' }),
    new Flatten(),
    new Linear({ insize: 200, outsize: 32 }),
    new PRelu({ maps: 32 }),
    new Linear({ insize: 32, outsize: 10 }),
  ]);

const models: Record<string, [make: () => AnyModule, shape: number[]]> = {
  'LeNet with PRelu': [leNetWithPRelu, [1, 28, 28]],
  'a narrow ResNet18': [() => resNet18({ classes: 10, width: 1 / 16, stem: 'cifar' }), [3, 16, 16]],
  'a narrow MobileNetV2': [() => mobileNetV2({ classes: 10, width: 1 / 8 }), [3, 32, 32]],
  'a narrow U-Net': [() => uNet({ width: 1 / 16 }), [1, 32, 32]],
};

/** Running statistics that are not the first ones. Those of a few samples would make thousandths of each rounding. */
function setStatistics(net: AnyModule): void {
  for (const [name, variable] of net.namedTensors()) {
    if (/\.(mean|var)$/.test(name)) variable.set(rand(variable.shape).add(0.5));
  }
}

describe('Models as TFLite files', () => {
  onBackend();

  for (const [name, [make, shape]] of Object.entries(models)) {
    itOnOneBackend(`${name} gives the same outputs in LiteRT, and moves no axes`, async () => {
      const net = make().evalMode();
      setStatistics(net);
      const bytes = await toTflite(net, [1, ...shape]);
      await expectSameInLiteRt(bytes, net, randomInput([1, ...shape]));
      const codes = readTflite(bytes).operators.map(({ code }) => code);
      expect(codes).to.not.include(operators.TRANSPOSE.code).and.not.include(operators.GATHER.code);
    });
  }
});
