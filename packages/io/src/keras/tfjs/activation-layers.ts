import type { Activation } from '@tessera-nn/modules';
import { Lack } from '../layer-options.js';
import type { WrittenLayer } from './written.js';

/** Functions that tfjs-layers has by name. */
const named: Readonly<Record<string, string>> = {
  ...{ relu: 'relu', sigmoid: 'sigmoid', tanh: 'tanh', selu: 'selu', softPlus: 'softplus', softSign: 'softsign' },
  ...{ silu: 'swish', mish: 'mish', gelu: 'gelu', geluTanh: 'gelu_new' },
};

/** Those that are layers of their own, for as long as their numbers fit. */
const withNumbers: Readonly<Record<string, (args: readonly number[]) => WrittenLayer | undefined>> = {
  leakyRelu: ([alpha]) => ({ className: 'LeakyReLU', config: { alpha } }),
  elu: ([alpha]) => ({ className: 'ELU', config: { alpha } }),
  clip: ([low, high]) => (low === 0 ? { className: 'ReLU', config: { max_value: high } } : undefined),
  hardTanh: ([low, high]) => (low === 0 ? { className: 'ReLU', config: { max_value: high } } : undefined),
  threshold: ([theta, value]) => (value === 0 ? { className: 'ThresholdedReLU', config: { theta } } : undefined),
};

/** An activation of ours in tfjs-layers. @throws Lack for one that it does not have. */
export function activationLayers({ activation, args, slc }: Activation): WrittenLayer[] {
  if (slc) throw new Lack('on a slice');
  const name = named[activation];
  if (name !== undefined) return [{ className: 'Activation', config: { activation: name } }];
  const layer = withNumbers[activation]?.(args);
  if (!layer) throw new Lack(`"${activation}"${args.length > 0 ? ` of ${args.join(', ')}` : ''}`);
  return [layer];
}
