import { create } from '@bufbuild/protobuf';
import { Graph, Sequential } from '@tessera-nn/containers';
import { fromBlueprint, seed } from '@tessera-nn/core';
import * as m from '@tessera-nn/modules';
import { SGD } from '@tessera-nn/optim';
import { expectClose, itOnOneBackend, onBackend } from '@tessera-nn/testing';
import { expectSameOutputs, randomInput } from '@tessera-nn/testing/onnxruntime';
import { expect } from 'chai';
import { Tensor_DataType as DataType, TensorSchema } from '../format/messages.js';
import { exportOnnx, fromOnnx, OnnxError, Operation, readOnnx } from '../index.js';
import { fileOf, floats, ints, node, some } from './made-files.golden.js';

const thrownBy = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(OnnxError);
    return String(error);
  }
  throw new Error('Nothing was thrown');
};

describe('A network of an ONNX file', () => {
  onBackend();
  beforeEach(() => seed(20261129));

  itOnOneBackend('is made of modules, with the weights under the names of its nodes', () => {
    const net = fromOnnx(
      fileOf(
        [
          node('Conv', ['x', 'W', 'b'], 'c', { pads: [1, 1, 1, 1] }),
          node('BatchNormalization', ['c', 'scale', 'bias', 'mean', 'var'], 'n'),
          node('Relu', ['n'], 'r'),
          node('MaxPool', ['r'], 'p', { kernel_shape: [2, 2], strides: [2, 2] }),
          node('Flatten', ['p'], 'f'),
          node('Gemm', ['f', 'V', 'v'], 'y', { transB: 1 }),
        ],
        {
          inputs: { x: ['n', 2, 4, 4] },
          initializers: [
            some('W', [3, 2, 3, 3]),
            some('b', [3]),
            floats('scale', [3], [1, 2, 3]),
            some('bias', [3]),
            some('mean', [3]),
            floats('var', [3], [1, 2, 3]),
            some('V', [2, 12]),
            some('v', [2]),
          ],
        },
      ),
    );
    expect([...net.modules()].map(({ className }) => className)).to.have.members(
      ['Graph', 'Identity', 'Conv2D', 'BatchNorm2D', 'Activation', 'MaxPool2D', 'Flatten', 'Linear'], // each once
    );
    expect([...net.namedParameters()].map(([name]) => name)).to.deep.equal([
      ...['Conv of c.W', 'Conv of c.b', 'BatchNormalization of n.scale', 'BatchNormalization of n.bias'],
      ...['Gemm of y.W', 'Gemm of y.b'],
    ]);
    expect(net.training).to.equal(false);
    expect(net.dataShapeFrom([5, 2, 4, 4])).to.deep.equal([5, 2]);
    net.dispose();
  });

  itOnOneBackend('is trained, and written again with its new weights', async () => {
    const made = new Sequential('net').extend([
      new m.Conv2D({ inmaps: 1, outmaps: 4, size: 3, pad: 1 }),
      new m.BatchNorm2D(4),
      new m.PRelu(4),
      new m.GlobalAvgPool2D(),
      new m.Linear(4, 2),
    ]);
    const net = fromOnnx(await exportOnnx(made.evalMode(), [1, 1, 5, 5])).trainMode();
    const [x, wanted] = [randomInput([8, 1, 5, 5]), randomInput([8, 2], 7)];
    const optimizer = new SGD({ learnRate: 0.1 }).setupOn(net);
    const losses: number[] = [];
    for (let step = 0; step < 20; step++) {
      const loss = net.forward(x).sub(wanted).square().mean();
      optimizer.zeroGradParams();
      loss.backward();
      optimizer.update();
      losses.push(await loss.item());
    }
    expect(losses.at(-1)).to.be.lessThan(0.8 * losses[0]!);
    net.evalMode();
    await expectSameOutputs(await exportOnnx(net, [1, 1, 5, 5]), net, [randomInput([3, 1, 5, 5], 9)]);
  });

  itOnOneBackend('has one Variable for an initializer that several nodes read', async () => {
    const bytes = fileOf([node('MatMul', ['x', 'W'], 'a'), node('MatMul', ['a', 'W'], 'y')], {
      inputs: { x: ['n', 3] },
      initializers: [some('W', [3, 3])],
    });
    const net = fromOnnx(bytes);
    expect([...net.parameters()]).to.have.length(1);
    await expectSameOutputs(bytes, net, [randomInput([2, 3])]);
  });

  itOnOneBackend('takes batches of any size where shapes are computed of the size of the batch', async () => {
    const bytes = fileOf(
      [
        node('Shape', ['x'], 's'),
        node('Gather', ['s', 'first'], 'n', { axis: 0 }),
        node('Unsqueeze', ['n', 'axes'], 'u'),
        node('Concat', ['u', 'rest'], 'shape', { axis: 0 }),
        node('Reshape', ['x', 'shape'], 'r'),
        node('Expand', ['one', 'shape'], 'e'),
        node('Add', ['r', 'e'], 'y'),
      ],
      {
        inputs: { x: ['n', 2, 3] },
        initializers: [
          create(TensorSchema, { name: 'first', dataType: DataType.INT64, int64Data: [0n] }),
          ints('axes', [0]),
          ints('rest', [6, 1]),
          some('one', [1, 6, 1]),
        ],
      },
    );
    await expectSameOutputs(bytes, fromOnnx(bytes), [randomInput([1, 2, 3]), randomInput([4, 2, 3])]);
  });

  itOnOneBackend('comes back from its blueprint, with operations that have no module', async () => {
    const bytes = fileOf([node('Mul', ['x', 'w'], 'a'), node('ReduceMean', ['a'], 'y', { axes: [1], keepdims: 0 })], {
      inputs: { x: ['n', 3] },
      initializers: [some('w', [3])],
    });
    const net = fromOnnx(bytes);
    const copy = fromBlueprint<typeof net>(JSON.parse(JSON.stringify(net)) as never, [Graph, Operation, m.Identity]);
    copy.loadStateDict(net.stateDict());
    const x = randomInput([2, 3]);
    expect(await copy.forward(x).values()).to.deep.equal(await net.forward(x).values());
  });

  itOnOneBackend('has weights of any number type, wherever they lie', async () => {
    const half = (name: string, bits: number[], dataType: DataType) =>
      create(TensorSchema, { name, dims: [2n], dataType, rawData: new Uint8Array(Uint16Array.from(bits).buffer) });
    const tensors = [
      half('half', [0x3c00, 0xc100], DataType.FLOAT16), // 1, -2.5
      half('brain', [0x4000, 0xbf00], DataType.BFLOAT16), // 2, -0.5
      create(TensorSchema, { name: 'listed', dims: [2n], dataType: DataType.FLOAT, floatData: [3, 4] }),
      create(TensorSchema, { name: 'double', dims: [2n], dataType: DataType.DOUBLE, doubleData: [0.5, 8] }),
      create(TensorSchema, { name: 'halves', dims: [2n], dataType: DataType.FLOAT16, int32Data: [0x3800, 0x0001] }),
      create(TensorSchema, {
        ...{ name: 'beside', dims: [2n], dataType: DataType.FLOAT, dataLocation: 1 },
        externalData: [
          { key: 'location', value: 'w.bin' },
          { key: 'offset', value: '4' },
        ],
      }),
    ];
    const names = tensors.map(({ name }) => name);
    const bytes = fileOf(
      names.map((name, i) => node('Add', [i === 0 ? 'x' : names[i - 1]! + '+', name], i === 5 ? 'y' : `${name}+`)),
      { inputs: { x: ['n', 2] }, initializers: tensors },
    );
    const external = { 'w.bin': new Uint8Array(Float32Array.of(99, 100, 200).buffer) };
    const expected = [1 + 2 + 3 + 0.5 + 0.5 + 100, -2.5 - 0.5 + 4 + 8 + 2 ** -24 + 200];
    for (const given of [external, (name: string) => external[name as 'w.bin']]) {
      const net = fromOnnx(bytes, { external: given });
      expectClose(await net.forward([[0, 0]]).values(), expected, 'sum');
    }
    expect(thrownBy(() => fromOnnx(bytes))).to.contain('lies outside of the file, in "w.bin"');
  });

  itOnOneBackend('is refused with everything that lacks at once: what, how often and where', () => {
    const bytes = fileOf(
      [
        node('NonZero', ['x'], 'a'),
        node('Loop', ['a'], 'b'),
        node('NonZero', ['b'], 'c'),
        node('Relu', ['c'], 'd'),
        node('Conv', ['x', 'x'], 'e'),
        node('Sum', ['d', 'e'], 'y'),
      ],
      { inputs: { x: ['n', 2, 3, 3] } },
    );
    expect(thrownBy(() => fromOnnx(bytes)))
      .to.contain('NonZero is not known, 2 times: NonZero of a, NonZero of c')
      .and.contain('Loop is not known, once: Loop of b')
      .and.contain('Conv whose filters is computed by the network, once: Conv of e');
  });

  itOnOneBackend('is told apart into operators, weights and metadata without being built', async () => {
    const made = new Sequential([new m.Linear({ insize: 4, outsize: 3, name: 'fc' }), new m.Activation('relu')], 'net');
    const bytes = await exportOnnx(made, [1, 4], { metadata: { run: '7' } });
    const { operators, weights, metadata, producer, opset } = readOnnx(bytes);
    expect({ metadata, producer, opset }).to.deep.equal({ metadata: { run: '7' }, producer: 'tessera-nn', opset: 17 });
    expect([...operators]).to.deep.equal([
      ['Gemm', 1],
      ['Relu', 1],
      ['Identity', 1],
    ]);
    expect([...weights.keys()]).to.deep.equal(['fc.W', 'fc.b']);
    expect(weights.get('fc.W')!.values).to.deep.equal(await made.getVar('fc.W').values());
  });

  itOnOneBackend('is refused where a constant would be larger than the limit', () => {
    const bytes = fileOf([node('ConstantOfShape', ['shape'], 'c'), node('Add', ['x', 'c'], 'y')], {
      inputs: { x: ['n', 2] },
      initializers: [ints('shape', [2 ** 40, 2 ** 40])],
    });
    expect(thrownBy(() => fromOnnx(bytes))).to.contain('too large');
    expect(thrownBy(() => fromOnnx(Uint8Array.of(1, 2, 3)))).to.contain('not a sound ONNX file');
  });
});
