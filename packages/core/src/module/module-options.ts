import { option, optionsOf, type Given } from '@tessera-nn/kernels';

/** The option every module has, to be spread into the declaration of its options. */
export const named = {
  /** How containers and messages call it; unique within its container. */
  name: option.text.optional,
};

export const moduleOptions = optionsOf('Module', named);

/** What every module can be given. */
export type ModuleOptions = Given<typeof moduleOptions>;

export const backwardOptions = optionsOf('Module.backward', {
  /** Whether parameters get gradients; they do in train mode only. Default true. */
  updParamGrads: option.flag.or(true),
  /** Whether the input gets a gradient, read from `module.grad`. Default true. */
  updGrad: option.flag.or(true),
  /** Factor on the new parameter gradients. Default 1. */
  scale: option.number.or(1),
  /** Factor on the old ones: grad = scale new + momentum old. Default 0 for a module, 1 for a container. */
  momentum: option.number.optional,
});

/** What `backward` of a module may be told, with PuzzleLib's names. */
export type ModuleBackwardOptions = Given<typeof backwardOptions>;
