import { Parallel, Sequential } from '@tessera-nn/containers';
import type { AnyModule } from '@tessera-nn/core';
import { Activation, BatchNorm2D, Concat, Conv2D, Replicate, type Conv2DOptions } from '@tessera-nn/modules';

/** A convolution in front of a rectifier: it starts as He et al. 2015 say. */
export const conv = (outmaps: number, size: number, options: Partial<Conv2DOptions> = {}): Conv2D =>
  new Conv2D({ outmaps, size, initscheme: 'he', ...options });

/** One in front of a batch normalisation, which has the bias. */
export const convForNorm = (outmaps: number, size: number, options: Partial<Conv2DOptions> = {}): Conv2D =>
  conv(outmaps, size, { useBias: false, ...options });

export const norm = (): BatchNorm2D => new BatchNorm2D();

export const relu = (): Activation => new Activation('relu');

/** Ways that all read the same images; their maps lie one behind the other in the result. */
export function branches(ways: Readonly<Record<string, AnyModule>>): Sequential {
  const times = Object.keys(ways).length;
  return new Sequential({ copies: new Replicate(times), branches: new Parallel(ways), concat: new Concat(1) });
}
