import { rand, type AnyModule } from '@tessera-nn/core';
import { leNet, mobileNetV2, resNet18, uNet } from '@tessera-nn/models';
import { itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { expectSameOutputs, randomInput } from '@tessera-nn/testing/onnxruntime';
import { exportOnnx, fromOnnx } from './index.js';

const models: Record<string, [make: () => AnyModule, shape: number[]]> = {
  LeNet: [() => leNet(), [1, 28, 28]],
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

describe('Models as ONNX files', () => {
  onBackend();

  for (const [name, [make, shape]] of Object.entries(models)) {
    itOnOneBackend(`${name} gives the same outputs in onnxruntime, and when it is read back`, async () => {
      const net = make();
      setStatistics(net);
      const bytes = await exportOnnx(net.evalMode(), [1, ...shape]);
      const inputs = [randomInput([1, ...shape]), randomInput([4, ...shape], 6)];
      await expectSameOutputs(bytes, net, inputs);
      await expectSameOutputs(bytes, fromOnnx(bytes), inputs);
    });
  }
});
