import { named, option } from '@tessera-nn/core';

/** Factor on the maps of all layers, for networks that are narrower than the paper's. Default 1. */
export const width = option.numberAbove(0).or(1);

/** The options of networks that tell classes of images, to be spread into their declarations. */
export const classifier = {
  /** How many classes there are. Default 1000, as ImageNet has. */
  classes: option.count.or(1000),
  /** How many maps the images have. Default 3. */
  inmaps: option.count.or(3),
  /** Factor on the maps of all layers, for networks that are narrower than the paper's. Default 1. */
  width,
  ...named,
};

/** Counts of maps times a factor, at least 1. */
export const timesWidth =
  (factor: number) =>
  (maps: number): number =>
    Math.max(1, Math.round(maps * factor));

/** The shape of a batch that says the sizes of layers: of two images, so that each map has a variance wherever it ends. */
export const batchOf = (maps: number, size: number): number[] => [2, maps, size, size];
