import { named, option, optionsOf, type Arguments, type Given, type Option, type Options } from '@tessera-nn/core';
import { Activation } from './activation.js';
import { activationKinds, type ActivationName, type ArgsOf } from './kinds.js';

const rest = { inplace: option.flag.or(false), ...named };
type Declared<Kind extends ActivationName> = Readonly<Record<ArgsOf<Kind>, Option<number, true>>>;

/** The options of a class of one kind: its numbers by name, in the order of `Activation`'s table. */
export type ActivationClassOptions<Kind extends ActivationName> = Given<Options<Declared<Kind> & typeof rest>>;

/** A class of one kind of activation: takes its numbers in their order or by name, and what `Activation` takes. */
export interface ActivationClass<Kind extends ActivationName> {
  new (...given: readonly (number | ActivationClassOptions<Kind>)[]): Activation;
}

/**
 * A kind under the name of PyTorch's class. What it makes is an `Activation`, in blueprints, files and print: whatever
 * reads those needs to know no more than the kind.
 */
function classOf<Kind extends ActivationName>(className: string, kind: Kind): ActivationClass<Kind> {
  const numbers = activationKinds[kind].args.map(([name, preset]) => [name, option.number.or(preset)] as const);
  const options = optionsOf(className, Object.fromEntries(numbers) as Record<string, Option<number, true>>, rest);
  return class extends Activation {
    constructor(...given: readonly unknown[]) {
      const { inplace, name, ...args } = options.arguments(given);
      super({ activation: kind, args: numbers.map(([key]) => args[key]!), inplace, name });
    }
  };
}

const geluOptions = optionsOf('GELU', { approximate: option.oneOf('none', 'tanh').or('none') }, rest);

/** PyTorch's `ReLU`: `new Activation('relu')`. */
export const ReLU = classOf('ReLU', 'relu');
/** PyTorch's `ReLU6`: `new Activation('clip')`. */
export const ReLU6 = classOf('ReLU6', 'clip');
/** PyTorch's `LeakyReLU`: `new LeakyReLU(0.2)` is `new Activation({ activation: 'leakyRelu', args: [0.2] })`. */
export const LeakyReLU = classOf('LeakyReLU', 'leakyRelu');
/** PyTorch's `ELU`, of alpha: `new Activation('elu')`. */
export const ELU = classOf('ELU', 'elu');
/** PyTorch's `SELU`: `new Activation('selu')`. */
export const SELU = classOf('SELU', 'selu');
/** PyTorch's `CELU`, of alpha: `new Activation('celu')`. */
export const CELU = classOf('CELU', 'celu');
/** PyTorch's `SiLU`: `new Activation('silu')`. */
export const SiLU = classOf('SiLU', 'silu');
/** PyTorch's `GELU`: `new Activation('gelu')`, or 'geluTanh' where `approximate` is 'tanh'. */
export class GELU extends Activation {
  constructor(...given: Arguments<[approximate?: 'none' | 'tanh'], Given<typeof geluOptions>>) {
    const { approximate, inplace, name } = geluOptions.arguments(given);
    super({ activation: approximate === 'tanh' ? 'geluTanh' : 'gelu', inplace, name });
  }
}
/** PyTorch's `Mish`: `new Activation('mish')`. */
export const Mish = classOf('Mish', 'mish');
/** PyTorch's `Sigmoid`: `new Activation('sigmoid')`. */
export const Sigmoid = classOf('Sigmoid', 'sigmoid');
/** PyTorch's `LogSigmoid`: `new Activation('logSigmoid')`. */
export const LogSigmoid = classOf('LogSigmoid', 'logSigmoid');
/** PyTorch's `Tanh`: `new Activation('tanh')`. */
export const Tanh = classOf('Tanh', 'tanh');
/** PyTorch's `Softplus` with beta 1: `new Activation('softPlus')`. */
export const Softplus = classOf('Softplus', 'softPlus');
/** PyTorch's `Softsign`: `new Activation('softSign')`. */
export const Softsign = classOf('Softsign', 'softSign');
/** PyTorch's `Hardtanh`, of low and high: `new Activation('hardTanh')`. */
export const Hardtanh = classOf('Hardtanh', 'hardTanh');
/** PyTorch's `Hardsigmoid`: `new Activation('hardSigmoid')`. */
export const Hardsigmoid = classOf('Hardsigmoid', 'hardSigmoid');
/** PyTorch's `Hardswish`: `new Activation('hardSwish')`. */
export const Hardswish = classOf('Hardswish', 'hardSwish');
/** PyTorch's `Tanhshrink`: `new Activation('tanhShrink')`. */
export const Tanhshrink = classOf('Tanhshrink', 'tanhShrink');
/** PyTorch's `Softshrink`, of lambda: `new Activation('softShrink')`. */
export const Softshrink = classOf('Softshrink', 'softShrink');
/** PyTorch's `Hardshrink`, of lambda: `new Activation('hardShrink')`. */
export const Hardshrink = classOf('Hardshrink', 'hardShrink');
/** PyTorch's `Threshold`, of threshold and value: `new Activation('threshold')`. */
export const Threshold = classOf('Threshold', 'threshold');
