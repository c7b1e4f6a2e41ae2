import {
  add,
  avgPool,
  conv1d,
  conv2dTranspose,
  conv3d,
  image,
  localResponseNormalization,
  max,
  maxPool,
  maxPool3d,
  mean,
  moments,
  mul,
  pad,
  randomNormal,
  rsqrt,
  softmax,
  sub,
  type Rank,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
} from '@tensorflow/tfjs-core';
import {
  AvgPool2D,
  Conv1D,
  Conv3D,
  CrossMapLRN,
  Deconv2D,
  GlobalAvgPool2D,
  GlobalMaxPool2D,
  GroupNorm,
  InstanceNorm2D,
  LayerNorm,
  MaxPool2D,
  MaxPool3D,
  Pad2D,
  SoftMax,
  Upsample2D,
  type Module,
} from 'tessera-nn';

/** A module beside the ops of tfjs that compute the same, on what lies channels last. */
export interface Case {
  name: string;
  /** As tfjs has it, maps at the end. */
  shape: readonly number[];
  ours: () => Module;
  /** Makes the function, with weights of its own where it needs some. */
  peer: () => (x: Tensor) => Tensor;
}

const IMAGES = [8, 32, 32, 32];

/** What has mean 0 and variance 1 over some axes. */
const standardized = (x: Tensor, axes: number[]): Tensor => {
  const found = moments(x, axes, true);
  return mul(sub(x, found.mean), rsqrt(add(found.variance, 1e-5)));
};

export const cases: readonly Case[] = [
  {
    name: 'Conv1D',
    shape: [16, 256, 32],
    ours: () => new Conv1D({ inmaps: 32, outmaps: 32, size: 5, pad: 'same', useBias: false }),
    peer: () => {
      const filter = randomNormal<Rank.R3>([5, 32, 32]);
      return (x) => conv1d(x as Tensor3D, filter, 1, 'same');
    },
  },
  {
    name: 'Conv3D',
    shape: [2, 8, 16, 16, 16],
    ours: () => new Conv3D({ inmaps: 16, outmaps: 16, size: 3, pad: 'same', useBias: false }),
    peer: () => {
      const filter = randomNormal<Rank.R5>([3, 3, 3, 16, 16]);
      return (x) => conv3d(x as Tensor5D, filter, 1, 'same');
    },
  },
  {
    name: 'Deconv2D',
    shape: [8, 16, 16, 32],
    ours: () => new Deconv2D({ inmaps: 32, outmaps: 16, size: 4, stride: 2, pad: 1, useBias: false }),
    peer: () => {
      const filter = randomNormal<Rank.R4>([4, 4, 16, 32]);
      return (x) => conv2dTranspose(x as Tensor4D, filter, [8, 32, 32, 16], 2, 'same');
    },
  },
  { name: 'MaxPool2D', shape: IMAGES, ours: () => new MaxPool2D(), peer: () => (x) => maxPool(x as Tensor4D, 2, 2, 0) },
  { name: 'AvgPool2D', shape: IMAGES, ours: () => new AvgPool2D(), peer: () => (x) => avgPool(x as Tensor4D, 2, 2, 0) },
  {
    name: 'MaxPool3D',
    shape: [2, 8, 16, 16, 16],
    ours: () => new MaxPool3D(),
    peer: () => (x) => maxPool3d(x as Tensor5D, 2, 2, 'valid'),
  },
  { name: 'GlobalAvgPool2D', shape: IMAGES, ours: () => new GlobalAvgPool2D(), peer: () => (x) => mean(x, [1, 2]) },
  { name: 'GlobalMaxPool2D', shape: IMAGES, ours: () => new GlobalMaxPool2D(), peer: () => (x) => max(x, [1, 2]) },
  {
    name: 'Upsample2D, nearest',
    shape: [8, 16, 16, 32],
    ours: () => new Upsample2D(),
    peer: () => (x) => image.resizeNearestNeighbor(x as Tensor4D, [32, 32]),
  },
  {
    name: 'Upsample2D, bilinear',
    shape: [8, 16, 16, 32],
    ours: () => new Upsample2D({ mode: 'bilinear' }),
    peer: () => (x) => image.resizeBilinear(x as Tensor4D, [32, 32], true),
  },
  {
    name: 'Pad2D',
    shape: IMAGES,
    ours: () => new Pad2D(1),
    peer: () => (x) =>
      pad(x, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ]),
  },
  {
    name: 'InstanceNorm2D',
    shape: IMAGES,
    ours: () => new InstanceNorm2D({ maps: 32, affine: false }),
    peer: () => (x) => standardized(x, [1, 2]),
  },
  {
    name: 'GroupNorm, one group',
    shape: IMAGES,
    ours: () => new GroupNorm({ groups: 1, maps: 32, affine: false }),
    peer: () => (x) => standardized(x, [1, 2, 3]),
  },
  {
    name: 'LayerNorm',
    shape: [512, 512],
    ours: () => new LayerNorm({ shape: 512, affine: false }),
    peer: () => (x) => standardized(x, [1]),
  },
  { name: 'SoftMax', shape: [64, 4096], ours: () => new SoftMax(), peer: () => (x) => softmax(x) },
  {
    name: 'CrossMapLRN',
    shape: IMAGES,
    ours: () => new CrossMapLRN({ N: 5, alpha: 1, K: 1 }),
    peer: () => (x) => localResponseNormalization(x as Tensor4D, 2, 1, 0.2, 0.75),
  },
];
