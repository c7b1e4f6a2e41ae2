import { fromBlueprint, noGrad, Variable, type Module } from '@tessera-nn/core';
import { Sequential, Parallel } from '@tessera-nn/containers';
import * as modules from '@tessera-nn/modules';
import { loadWeights, writeSafetensors } from '@tessera-nn/io';
import { onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import {
  dcganDiscriminator,
  dcganGenerator,
  denseNet121,
  inceptionBN,
  leNet,
  miniYolo,
  mobileNetV1,
  mobileNetV2,
  nin,
  resNet18,
  resNet50,
  shuffleNet,
  squeezeNet,
  torchvisionNames,
  uNet,
  vgg11,
  vgg16,
} from './index.js';

/** How many parameters a network has, without being held any longer. */
function countOf(net: Module): number {
  const count = net.numOfParams();
  net.dispose();
  return count;
}

/**
 * How many a wide one would have. Counts are polynomials of the second degree in the width, so three narrow networks say it:
 * the weights of VGG16 alone are half a gigabyte.
 */
function countAtFullWidth(make: (width: number) => Module, steps = 64): number {
  const [a, b, c] = [1, 2, 3].map((step) => countOf(make(step / steps))) as [number, number, number];
  const [first, second] = [b - a, c - 2 * b + a];
  return a + first * (steps - 1) + (second * (steps - 1) * (steps - 2)) / 2;
}

const published: Record<string, [count: number, counted: () => number]> = {
  LeNet: [838_858, () => countOf(leNet())],
  'network in network for CIFAR': [966_986, () => countOf(nin())],
  VGG11: [132_863_336, () => countAtFullWidth((width) => vgg11({ width }))],
  VGG16: [138_357_544, () => countAtFullWidth((width) => vgg16({ width }))],
  ResNet18: [11_689_512, () => countAtFullWidth((width) => resNet18({ width }))],
  ResNet50: [25_557_032, () => countAtFullWidth((width) => resNet50({ width }))],
  DenseNet121: [7_978_856, () => countAtFullWidth((width) => denseNet121({ width }), 32)],
  InceptionBN: [11_285_224, () => countAtFullWidth((width) => inceptionBN({ width }), 32)],
  'SqueezeNet 1.1': [1_235_496, () => countOf(squeezeNet())],
  MobileNetV1: [4_231_976, () => countAtFullWidth((width) => mobileNetV1({ width }), 32)],
  MobileNetV2: [3_504_872, () => countOf(mobileNetV2())],
  ShuffleNetV2: [2_278_604, () => countOf(shuffleNet())],
  MiniYolo: [93_970_430, () => countAtFullWidth((width) => miniYolo({ width }))],
  'U-Net': [31_030_593, () => countAtFullWidth((width) => uNet({ width }))],
  'the generator of DCGAN': [3_576_704, () => countAtFullWidth((width) => dcganGenerator({ width }))],
  'the discriminator of DCGAN': [2_765_568, () => countAtFullWidth((width) => dcganDiscriminator({ width }))],
};

/** One narrow network of each kind for small images, and what it makes of them. */
const small: [make: () => Module, input: number[], output: number[]][] = [
  [() => leNet({ width: 1 / 8, size: 20 }), [2, 1, 20, 20], [2, 10]],
  [() => nin({ width: 1 / 48 }), [2, 3, 16, 16], [2, 10]],
  [() => vgg11({ width: 1 / 64, classes: 3 }), [1, 3, 32, 32], [1, 3]],
  [() => resNet18({ width: 1 / 16, classes: 3, stem: 'cifar' }), [2, 3, 16, 16], [2, 3]],
  [() => resNet50({ width: 1 / 32, classes: 3 }), [2, 3, 64, 64], [2, 3]],
  [() => denseNet121({ width: 1 / 16, classes: 3 }), [2, 3, 64, 64], [2, 3]],
  [() => inceptionBN({ width: 1 / 32, classes: 3 }), [2, 3, 64, 64], [2, 3]],
  [() => squeezeNet({ width: 1 / 16, classes: 3 }), [1, 3, 40, 40], [1, 3]],
  [() => mobileNetV1({ width: 1 / 32, classes: 3 }), [2, 3, 64, 64], [2, 3]],
  [() => mobileNetV2({ width: 1 / 8, classes: 3 }), [2, 3, 64, 64], [2, 3]],
  [() => shuffleNet({ width: 1 / 16, classes: 3 }), [2, 3, 64, 64], [2, 3]],
  [() => miniYolo({ width: 1 / 64, outsize: 5, size: 64 }), [1, 3, 64, 64], [1, 5]],
  [() => uNet({ width: 1 / 32, depth: 3, classes: 2 }), [1, 1, 16, 24], [1, 2, 16, 24]],
  [() => dcganGenerator({ latent: 5, size: 16, maps: 1, width: 1 / 32 }), [2, 5], [2, 1, 16, 16]],
  [() => dcganDiscriminator({ size: 16, maps: 1, width: 1 / 32 }), [2, 1, 16, 16], [2, 1]],
];

type Torchvision = [title: string, make: () => Module, map: (name: string) => string, names: Record<string, string>];

/** Some of torchvision's names, one of each kind, with ours; of four models torchvision.node.spec.ts has them all. */
const torchvision: Torchvision[] = [
  [
    'resnet50',
    () => resNet50({ width: 1 / 64, classes: 2 }),
    torchvisionNames.resNet,
    { 'layer1.0.downsample.1.weight': 'layer1.0.shortcut.1.scale', 'layer4.2.bn3.bias': 'layer4.2.body.bn3.bias' },
  ],
  [
    'densenet121',
    () => denseNet121({ width: 1 / 16, classes: 2 }),
    torchvisionNames.denseNet,
    {
      'features.conv0.weight': 'features.conv0.W',
      'features.denseblock4.denselayer16.conv2.weight': 'features.denseblock4.denselayer16.branches.more.conv2.W',
      'features.transition1.norm.bias': 'features.transition1.norm.bias',
      'features.norm5.running_mean': 'features.norm5.mean',
      'classifier.bias': 'classifier.b',
    },
  ],
  [
    'shufflenet_v2_x1_0',
    () => shuffleNet({ width: 1 / 16, classes: 2 }),
    torchvisionNames.shuffleNet,
    {
      'conv1.0.weight': 'conv1.0.W',
      'stage2.0.branch1.0.weight': 'stage2.0.branches.branch1.0.W',
      'stage2.0.branch1.2.weight': 'stage2.0.branches.branch1.2.W',
      'stage3.7.branch2.6.running_mean': 'stage3.7.branches.branch2.6.mean',
      'conv5.1.bias': 'conv5.1.bias',
    },
  ],
];
const classes = [Sequential, Parallel, ...Object.values(modules)].filter((value) =>
  Object.hasOwn(value, 'className'),
) as never;

describe('Models', () => {
  onBackend();

  for (const [name, [expected, counted]] of Object.entries(published)) {
    it(`count the parameters of ${name} as published`, () => {
      expect(counted()).to.equal(expected);
    });
  }

  for (const [make, input, output] of small) {
    it(`run on small images: ${/\w+\(.*\)/.exec(String(make))![0]}`, () => {
      const net = make();
      expect(net.dataShapeFrom(input)).to.deep.equal(output);
      const x = new Variable(new Float32Array(input.reduce((a, b) => a * b)).fill(0.1), { shape: input });
      expect(noGrad(() => net.forward(x)).shape).to.deep.equal(output);
      expect(String(fromBlueprint(net.getBlueprint(), classes))).to.equal(String(net));
      net.dispose();
    });
  }

  for (const [title, make, map, names] of torchvision) {
    it(`load files of torchvision's ${title}`, async () => {
      const net = make();
      const own = new Map(net.namedTensors());
      const tensors = Object.entries(names).map(([from, to]) => {
        const { shape, size } = own.get(to)!;
        const theirs = /fc|classifier/.test(to) && shape.length === 2 ? [...shape].reverse() : shape;
        return [from, { shape: theirs, values: new Float32Array(size).fill(0.5) }] as const;
      });
      const file = writeSafetensors(tensors);
      const { matched } = await loadWeights(net, file, { map, layout: 'torch', strict: false });
      expect(Object.fromEntries(matched.map(({ from, to }) => [from, to]))).to.deep.equal(names);
      net.dispose();
    });
  }
});
