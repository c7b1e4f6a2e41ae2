import { reshapeTensor } from '@tessera-nn/kernels';
import { scalar, tidy } from '@tensorflow/tfjs-core';
import { Storage } from '../memory/storage.js';
import { checkVariables, newVariable } from '../variable/new-variable.js';
import type { Variable } from '../variable/variable.js';

/** A number of as many axes as `like` has, so that it broadcasts in any layout: int32 beside whole numbers, if it is one. */
export function constant(value: number, like: Variable): Variable {
  checkVariables([like], 'An op of a Variable and a number');
  const dtype = like.dtype === 'int32' && Number.isInteger(value) ? 'int32' : 'float32';
  const shape = like.shape.map(() => 1);
  const tensor = tidy(() => reshapeTensor(scalar(value, dtype), shape));
  return newVariable(new Storage(tensor, like.storage.layout, { op: 'constant', call: undefined }));
}
