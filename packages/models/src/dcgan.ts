import { Sequential } from '@tessera-nn/containers';
import { named, option, optionsOf, ValueError, type Given } from '@tessera-nn/core';
import { Activation, BatchNorm2D, Conv2D, Deconv2D, Reshape } from '@tessera-nn/modules';
import { timesWidth, width } from './model-options.js';

const shared = {
  /** Height and width of the images, a power of 2 from 8 on. Default 64. */
  size: option.wholeFrom(8).or(64),
  /** How many maps the images have. Default 3. */
  maps: option.count.or(3),
  width,
  ...named,
};
const generatorOptions = optionsOf('dcganGenerator', {
  /** How many random numbers an image is made of. Default 100. */
  latent: option.count.or(100),
  ...shared,
});
export type DCGANGeneratorOptions = Given<typeof generatorOptions>;
const discriminatorOptions = optionsOf('dcganDiscriminator', shared);
export type DCGANDiscriminatorOptions = Given<typeof discriminatorOptions>;

/** Weights start near 0, and scales near 1. */
const SPREAD = 0.02;
const start = { size: 4, useBias: false, initscheme: 'gaussian', wscale: SPREAD } as const;
const norm = () => new BatchNorm2D({ sscale: SPREAD });

/** The maps of the layers in front of an image, the most first: twice as many for each halving of an image of 8 pixels. */
function counts(size: number, width: number, who: string): number[] {
  const halvings = Math.log2(size) - 2;
  if (!Number.isInteger(halvings)) {
    throw new ValueError(`${who}: size does not fit`, {
      path: who,
      expected: 'a power of 2 from 8 on',
      received: `${size}`,
    });
  }
  return Array.from({ length: halvings }, (_, i) => timesWidth(width)(64) * 2 ** (halvings - 1 - i));
}

/**
 * The half of a DCGAN that makes images of random numbers, 3,576,704 parameters.
 *
 * Shapes: `[batch, latent]`, or with two axes of size 1 behind, to `[batch, maps, size, size]` between -1 and 1. Source: Radford,
 * Metz and Chintala 2015; layers of PyTorch's example, whose `main` is this network's.
 *
 * @example
 * dcganGenerator({ size: 16, maps: 1, width: 1 / 4 });
 */
export function dcganGenerator(given: DCGANGeneratorOptions = {}): Sequential {
  const { latent, size, maps, width, name = 'generator' } = generatorOptions.read(given);
  const [first, ...others] = counts(size, width, 'dcganGenerator');
  const main = new Sequential([
    new Deconv2D({ outmaps: first!, ...start }),
    norm(),
    new Activation('relu'),
    ...others.flatMap((outmaps) => [
      new Deconv2D({ outmaps, stride: 2, pad: 1, ...start }),
      norm(),
      new Activation('relu'),
    ]),
    new Deconv2D({ outmaps: maps, stride: 2, pad: 1, ...start }),
    new Activation('tanh'),
  ]);
  return new Sequential({ pixels: new Reshape([0, latent, 1, 1]), main }, name).build([2, latent]);
}

/**
 * The half that tells those from real ones, 2,765,568 parameters: a score for each image, for `BCE`, which is above 0 for what it takes to be
 * real.
 *
 * Shapes: `[batch, maps, size, size]` to `[batch, 1]`. Source: as for `dcganGenerator`; PyTorch's example has a sigmoid behind it.
 *
 * @example
 * dcganDiscriminator({ size: 16, maps: 1, width: 1 / 4 });
 */
export function dcganDiscriminator(given: DCGANDiscriminatorOptions = {}): Sequential {
  const { size, maps, width, name = 'discriminator' } = discriminatorOptions.read(given);
  const [first, ...others] = counts(size, width, 'dcganDiscriminator').reverse();
  const leaky = () => new Activation({ activation: 'leakyRelu', args: [0.2] });
  const main = new Sequential([
    new Conv2D({ outmaps: first!, stride: 2, pad: 1, ...start }),
    leaky(),
    ...others.flatMap((outmaps) => [new Conv2D({ outmaps, stride: 2, pad: 1, ...start }), norm(), leaky()]),
    new Conv2D({ outmaps: 1, ...start }),
  ]);
  return new Sequential({ main, score: new Reshape([0, 1]) }, name).build([2, maps, size, size]);
}
