// Files of torchvision, with every name that they have, give our models what torchvision's compute. In Node alone: loading is no
// business of a backend.
import { noGrad, Variable, type Module } from '@tessera-nn/core';
import { loadWeights, writeSafetensors } from '@tessera-nn/io';
import { onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { mobileNetV2, resNet18, squeezeNet, torchvisionNames, vgg11 } from './index.js';
import { torchvisionModels } from './torchvision.golden.js';

const size = 64;
const narrow = { width: 1 / 16, classes: 10 };
const models: Record<keyof typeof torchvisionModels, [make: () => Module, map?: (name: string) => string]> = {
  vgg11: [() => vgg11(narrow)],
  resnet18: [() => resNet18(narrow), torchvisionNames.resNet],
  mobilenet_v2: [() => mobileNetV2({ ...narrow, width: 1 / 4 }), torchvisionNames.mobileNetV2],
  squeezenet1_1: [() => squeezeNet(narrow), torchvisionNames.squeezeNet],
};

const sizeOf = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

/** The numbers of scripts/goldens/torchvision_names.py: a few integers make them, around 0 or around 1. */
function valuesOf(place: number, shape: readonly number[], positive: boolean): Float32Array {
  const fan = Math.max(1, sizeOf(shape.slice(1)));
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const drawn = ((i * 7919 + place * 104729) % 1009) / 1009 - 0.5;
    return positive ? drawn / 2 + 1 : drawn * 2 * Math.sqrt(3 / fan);
  });
}

/** The state dict of the modules that a golden lists. */
function fileOf(modules: string): Uint8Array {
  const tensors = modules
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [name, sizes, bare] = line.split(' ') as [string, string, string?];
      const shape = sizes.split('x').map(Number);
      const maps = [shape[0]!];
      const norm = { running_mean: maps, running_var: maps, num_batches_tracked: [] };
      const parts = { weight: shape, ...(bare ? {} : { bias: maps }), ...(shape.length === 1 ? norm : {}) };
      return Object.entries(parts).map(([part, its]) => [`${name}.${part}`, its] as const);
    });
  return writeSafetensors(
    tensors.map(([name, shape], place) => {
      if (name.endsWith('num_batches_tracked')) return [name, { shape, values: BigInt64Array.of(0n) }];
      const positive = shape.length === 1 && !/bias$|mean$/.test(name);
      return [name, { shape, values: valuesOf(place, shape, positive) }];
    }),
  );
}

describe("torchvision's models", () => {
  onBackend();

  for (const [title, [make, map]] of Object.entries(models)) {
    it(`load with every name that they have, and compute the same: ${title}`, async () => {
      const { modules, scores } = torchvisionModels[title as keyof typeof torchvisionModels];
      const net = make();
      const { missing, extra } = await loadWeights(net, fileOf(modules), { ...(map ? { map } : {}), layout: 'torch' });
      expect([missing, extra]).to.deep.equal([[], []]);
      const x = new Variable(valuesOf(0, [1, 3, size, size], true), { shape: [1, 3, size, size] });
      const found = await noGrad(() => net.eval().forward(x)).values();
      const largest = Math.max(...scores.map(Math.abs));
      scores.forEach((score, i) => expect(found[i], `score ${i}`).to.be.closeTo(score, 1e-5 * largest));
      net.dispose();
    });
  }
});
