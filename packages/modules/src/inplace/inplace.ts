import { ModuleError, type Module, type Variable } from '@tessera-nn/core';

/**
 * What `inplace` means here: the input's memory is given back and the input shows the result from now on, as if it had
 * been written over. Tensors themselves are never written into.
 *
 * @throws ModuleError when the input is a parameter or another leaf that gradients are wanted of.
 */
export function overwrite(module: Module, input: Variable, output: Variable): void {
  if (input.requiresGrad && input.node === null) {
    throw new ModuleError(`${module.label} works in place and would overwrite a Variable that requires a gradient`, {
      path: module.path,
      hint: 'Build the module with inplace: false',
    });
  }
  input.replaceStorage(output.storage.retain());
}
