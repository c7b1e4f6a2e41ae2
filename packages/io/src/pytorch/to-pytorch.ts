import { ModuleError, type AnyModule } from '@tessera-nn/core';
import { checkModule } from '@tessera-nn/core/internal';
import { Linear } from '@tessera-nn/modules';
import { everyHolding, join } from '../network/names.js';
import { readValues } from '../network/read-values.js';
import { writeSafetensors } from '../safetensors/safetensors.js';
import type { StoredTensor, TensorSource } from '../tensors/stored-tensor.js';
import { permute } from '../weights/fit.js';
import { TorchSource } from './torch-source.js';

/** A network for PyTorch. */
export interface PyTorchNetwork {
  /** A module of Python, with a function `make()` that returns the network. */
  readonly source: string;
  /** Its state dict, as a safetensors file. */
  readonly weights: Uint8Array;
}

/** What PyTorch calls the parameters and buffers of its modules. */
const torchNames: Readonly<Record<string, string>> = {
  ...{ W: 'weight', b: 'bias', scale: 'weight', bias: 'bias', slopes: 'weight', weight: 'weight' },
  ...{ mean: 'running_mean', var: 'running_var', numOfProps: 'num_batches_tracked' },
};

/**
 * Writes a network for PyTorch: the text of a Python module with `make()`, and its state dict under PyTorch's names, whose matrices
 * lie as there. In Python: `net = make(); net.load_state_dict(safetensors.torch.load_file('net.safetensors'))`.
 *
 * Names are those of the network. Taken are the modules that PyTorch has, `Sequential`, `Parallel` with `Replicate`, `Concat` and
 * `Add`, and the blocks `Residual`, `ConvBNAct` and `InvertedResidual`. Parameters that are shared here are equal there, and no
 * longer shared; batch normalisation starts with PyTorch's rule, where the first batch does not set the statistics.
 *
 * @throws ModuleError that names every module that PyTorch does not have.
 *
 * @example
 * const { source } = await toPyTorch(new Sequential({ fc: new Linear(2, 3), act: new Activation('relu') }));
 * console.log(source.includes('("fc", nn.Linear(2, 3, bias=True))')); // true
 */
export async function toPyTorch(net: AnyModule): Promise<PyTorchNetwork> {
  checkModule(net, 'toPyTorch');
  const python = new TorchSource();
  const source = python.textOf(net);
  if (python.problems.count > 0) {
    throw new ModuleError(`${net.label} cannot be written for PyTorch: ${String(python.problems)}`, { path: net.path });
  }
  const holdings = [...everyHolding(net)].map((holding) => {
    return [join(holding.path, torchNames[holding.key] ?? holding.key), holding] as const;
  });
  const values = await readValues(new Map(holdings.map(([name, { variable }]) => [name, variable])));
  const tensors = holdings.map(([name, { module }]) => [name, asInTorch(values.get(name)!, module)] as const);
  return { source, weights: writeSafetensors(tensors, [['format', 'pt']]) };
}

function asInTorch(tensor: StoredTensor, module: AnyModule): TensorSource {
  const { dtype, shape, values } = tensor;
  // Counts of batches are scalars of int64 there.
  if (dtype === 'int32') return { shape: [], values: BigInt64Array.from(values as Int32Array, BigInt) };
  if (!(module instanceof Linear) || shape.length !== 2 || module.transpose) return tensor;
  return { shape: [...shape].reverse(), values: permute(values as Float32Array, shape, [1, 0]) };
}
