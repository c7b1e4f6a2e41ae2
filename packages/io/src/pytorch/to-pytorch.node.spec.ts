// What PyTorch makes of what is written for it. Needs a Python with torch, named by TESSERA_PYTHON; without it the same is held
// against text and against the way back.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Parallel, Sequential } from '@tessera-nn/containers';
import { ModuleError, noGrad, seed, Variable, type Module } from '@tessera-nn/core';
import {
  Activation,
  AdaptiveAvgPool2D,
  AdaptiveMaxPool2D,
  Add,
  AvgPool2D,
  AvgPool3D,
  BatchNorm1D,
  BatchNorm2D,
  Concat,
  Conv1D,
  Conv2D,
  Conv3D,
  ConvBNAct,
  Deconv1D,
  Deconv2D,
  DepthwiseConv2D,
  Dropout,
  Flatten,
  GlobalAvgPool2D,
  GlobalMaxPool2D,
  Glu,
  GroupNorm,
  Identity,
  InstanceNorm2D,
  InvertedResidual,
  LayerNorm,
  Linear,
  LogSoftMax,
  MaxPool1D,
  MaxPool2D,
  PixelShuffle,
  PRelu,
  PReLU,
  Replicate,
  Residual,
  RMSNorm,
  SoftMax,
  Upsample2D,
  CrossMapLRN,
} from '@tessera-nn/modules';
import { expectClose, onBackend, randomNd } from '@tessera-nn/testing';
import { expect } from 'chai';
import { readSafetensors } from '../safetensors/safetensors.js';
import { loadWeights } from '../weights/load-weights.js';
import { toPyTorch } from './to-pytorch.js';

/** Networks of every module that PyTorch has, and the shape of what they take. */
const nets: Record<string, [make: () => Module, shape: number[]]> = {
  convolutions: [
    () =>
      new Sequential({
        conv: new Conv2D({ inmaps: 2, outmaps: 4, size: [3, 2], stride: [1, 2], pad: [1, 0], groups: 2 }),
        norm: new BatchNorm2D({ maps: 4, epsilon: 1e-3 }),
        act: new PRelu({ maps: 4 }),
        same: new Conv2D({ inmaps: 4, outmaps: 4, size: 3, pad: 'same', dilation: 2, useBias: false }),
        depthwise: new DepthwiseConv2D({ maps: 4, size: 3, multiplier: 2 }),
        deconv: new Deconv2D({ inmaps: 8, outmaps: 6, size: 3, stride: 2, pad: 1, postpad: 1, groups: 2 }),
        slope: new PReLU(1, 0.3),
        pool: new MaxPool2D({ size: 3, stride: 2, pad: 1, ceilMode: true }),
        mean: new AvgPool2D({ size: 2, stride: 1, pad: 1, includePad: false }),
        group: new GroupNorm({ groups: 2, maps: 6 }),
        each: new InstanceNorm2D({ maps: 6, affine: false }),
        flat: new Flatten(),
        fc: new Linear({ insize: 216, outsize: 5 }),
        soft: new LogSoftMax(1),
      }),
    [2, 2, 9, 8],
  ],
  images: [
    () =>
      new Sequential([
        new Upsample2D({ scale: [2, 3], mode: 'bilinear' }),
        new Upsample2D({ scale: 2, mode: 'bilinear', alignCorners: false }),
        new Upsample2D(2),
        new PixelShuffle(2),
        new AdaptiveAvgPool2D([5, 4]),
        new AdaptiveMaxPool2D(3),
        new Glu({ axis: 1 }),
        new GlobalMaxPool2D({ keepDims: true }),
        new GlobalAvgPool2D(),
      ]),
    [1, 8, 3, 2],
  ],
  'other spaces': [
    () =>
      new Sequential([
        new Conv1D({ inmaps: 2, outmaps: 4, size: 3 }),
        new BatchNorm1D(4),
        new MaxPool1D(2),
        new Deconv1D({ inmaps: 4, outmaps: 2, size: 2 }),
        new LayerNorm({ shape: 4 }),
        new RMSNorm({ shape: [2, 4] }),
        new SoftMax(1),
      ]),
    [2, 2, 8],
  ],
  volumes: [() => new Sequential([new Conv3D({ inmaps: 1, outmaps: 2, size: 2 }), new AvgPool3D(2)]), [1, 1, 3, 4, 5]],
  blocks: [
    () =>
      new Sequential({
        first: new ConvBNAct({ inmaps: 2, outmaps: 4, size: 3 }),
        inverted: new InvertedResidual({ inmaps: 4, outmaps: 4, expansion: 2 }),
        wider: new InvertedResidual({ inmaps: 4, outmaps: 6, stride: 2, pad: 1 }),
        residual: new Residual(new ConvBNAct({ inmaps: 6, outmaps: 6, size: 3, activation: null }), {
          shortcut: new Conv2D(6, 6, 1),
          activation: new Activation('silu'),
        }),
        plain: new Residual(new Identity()),
        copies: new Replicate(2),
        ways: new Parallel({ left: new Conv2D(6, 3, 1), right: new MaxPool2D({ size: 3, stride: 1, pad: 1 }) }),
        joined: new Concat(1),
        again: new Replicate(2),
        sum: new Add(),
        drop: new Dropout(0.5),
      }),
    [1, 2, 6, 4],
  ],
  activations: [
    () =>
      new Sequential(
        (
          [
            ...['sigmoid', 'tanh', 'leakyRelu', 'elu', 'softPlus', 'clip', 'hardTanh', 'silu', 'mish', 'gelu', 'selu'],
            ...['geluTanh', 'celu', 'hardSigmoid', 'hardSwish', 'logSigmoid', 'softSign', 'tanhShrink', 'softShrink'],
            ...['hardShrink', 'threshold', 'relu'],
          ] as const
        ).map((kind) => new Residual(new Activation(kind))),
      ),
    [3, 7],
  ],
};

/** Makes each network, loads its weights, and prints what it returns. */
const SCRIPT = `
import importlib.util, json, struct, sys, torch
DTYPES = {'F32': torch.float32, 'I64': torch.int64}
def tensors(path):
    data = open(path, 'rb').read()
    (length,) = struct.unpack('<Q', data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop('__metadata__', None)
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry['data_offsets'])
        yield name, torch.frombuffer(bytearray(data[begin:end]), dtype=DTYPES[entry['dtype']]).reshape(entry['shape'])
out = {}
for name in json.loads(sys.argv[2]):
    spec = importlib.util.spec_from_file_location('net', f'{sys.argv[1]}/{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    net = module.make()
    net.load_state_dict(dict(tensors(f'{sys.argv[1]}/{name}.safetensors')))
    x = json.load(open(f'{sys.argv[1]}/{name}.json'))
    out[name] = net.eval()(torch.tensor(x['values']).reshape(x['shape'])).flatten().tolist()
print(json.dumps(out))
`;

describe('Networks for PyTorch', function () {
  this.timeout(120_000);
  onBackend();
  beforeEach(() => seed(3));
  const python = process.env['TESSERA_PYTHON'];

  /** Weights and statistics that are nowhere the same. */
  function drawn(make: () => Module): Module {
    const net = make();
    for (const [, variable] of net.namedTensors()) {
      if (variable.dtype !== 'float32') continue;
      const values = new Variable(
        randomNd(variable.shape, variable.size).data.map((value) => Math.abs(value) / 2 + 0.1),
        {
          shape: variable.shape,
        },
      );
      variable.set(values);
    }
    return net.eval();
  }

  it('compute the same there, where TESSERA_PYTHON names a Python with torch', async () => {
    if (!python || spawnSync(python, ['-c', 'import torch']).status !== 0) {
      console.log('      TESSERA_PYTHON names no Python with torch: held against text and the way back alone');
      return;
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'tessera-pytorch-'));
    try {
      const expected = new Map<string, number[]>();
      for (const [name, [make, shape]] of Object.entries(nets)) {
        const net = drawn(make);
        const { source, weights } = await toPyTorch(net);
        const values = randomNd(shape, 1).data;
        await writeFile(path.join(folder, `${name}.py`), source);
        await writeFile(path.join(folder, `${name}.safetensors`), weights);
        await writeFile(path.join(folder, `${name}.json`), JSON.stringify({ shape, values: [...values] }));
        expected.set(name, [...(await noGrad(() => net.forward(new Variable(values, { shape }))).values())]);
      }
      const names = JSON.stringify(Object.keys(nets));
      const { stdout, stderr, status } = spawnSync(python, ['-c', SCRIPT, folder, names], { encoding: 'utf8' });
      expect(status, stderr).to.equal(0);
      const found = JSON.parse(stdout) as Record<string, number[]>;
      for (const [name, values] of expected) expectClose(found[name]!, values, name, { relative: 1e-4 });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('come back by their names', async () => {
    for (const name of ['convolutions', 'other spaces'] as const) {
      const [make, shape] = nets[name]!;
      const [net, copy] = [drawn(make), make().eval()];
      const { weights } = await toPyTorch(net);
      await loadWeights(copy, weights);
      const x = new Variable(randomNd(shape, 1).data, { shape });
      const [a, b] = await Promise.all([net, copy].map((each) => noGrad(() => each.forward(x)).values()));
      expect(b).to.deep.equal(a);
    }
  });

  it('read as one writes them', async () => {
    const body = new Sequential({ conv: new Conv2D(1, 1, 3, 1, 1), act: new Activation('relu') });
    const { source, weights } = await toPyTorch(
      new Sequential({ block: new Residual(body), flat: new Flatten(), fc: new Linear(4, 3) }),
    );
    expect(source).to.equal(`from collections import OrderedDict

import torch
from torch import nn


class Residual(nn.Module):
    def __init__(self, body, shortcut=None, activation=None):
        super().__init__()
        self.body, self.shortcut, self.activation = body, shortcut, activation

    def forward(self, x):
        y = self.body(x) + (x if self.shortcut is None else self.shortcut(x))
        return y if self.activation is None else self.activation(y)


def make():
    return nn.Sequential(OrderedDict([
        ("block", Residual(
            body=nn.Sequential(OrderedDict([
                ("conv", nn.Conv2d(1, 1, (3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1, bias=True)),
                ("act", nn.ReLU()),
            ])),
        )),
        ("flat", nn.Flatten()),
        ("fc", nn.Linear(4, 3, bias=True)),
    ]))
`);
    const { tensors } = readSafetensors(weights);
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    expect(shapes).to.deep.equal({
      'block.body.conv.weight': [1, 1, 3, 3],
      'block.body.conv.bias': [1],
      'fc.weight': [3, 4],
      'fc.bias': [3],
    });
  });

  it('name all that PyTorch does not have', async () => {
    const net = new Sequential({
      odd: new Conv2D({ inmaps: 1, outmaps: 1, size: 3, stride: 2, pad: 'same' }),
      lrn: new CrossMapLRN(),
      slopes: new PRelu({ shape: [1, 2, 2] }),
    });
    const error: unknown = await toPyTorch(net).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ModuleError);
    for (const part of [
      '"odd" has more padding on one side',
      '"lrn" is a CrossMapLRN',
      '"slopes" has slopes for each element',
    ])
      expect(String(error)).to.include(part);
  });
});
