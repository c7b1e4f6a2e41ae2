import { cast, reshape, tensor as makeTensor, Tensor, tidy } from '@tensorflow/tfjs-core';
import { assertBackend, option, optionsOf, type Given } from '@tessera-nn/kernels';
import { spend } from '../memory/budget.js';
import { currentFrame } from '../memory/frame.js';
import { Storage } from '../memory/storage.js';
import {
  checkDtype,
  checkFills,
  readHostData,
  type Dtype,
  type NestedNumbers,
  type NumberArray,
  type HostValues,
} from './array-data.js';

/** What a Variable can be made of. */
export type VariableSource = Tensor | NumberArray | NestedNumbers;

export const variableOptions = optionsOf('Variable', {
  name: option.text.optional,
  /** Needed for flat arrays of more than one axis; reshapes everything else. */
  shape: option.anything<readonly number[]>().optional,
  /** float32, unless the source says otherwise. */
  dtype: option.anything<Dtype>().optional,
  /** Whether `backward` gives it a gradient. Default false. */
  requiresGrad: option.flag.or(false),
});
/** What is said about a Variable when it is made. */
export type VariableOptions = Given<typeof variableOptions>;

/** What a source becomes: a storage, and its values where they are known on the host. */
interface Stored {
  storage: Storage;
  values?: HostValues;
}

/** Brings a source into tensor memory. @throws ShapeError or DtypeError when it does not fit the options. */
export function readSource(source: VariableSource, options: VariableOptions): Stored {
  assertBackend();
  const origin = { op: 'Variable', call: currentFrame()?.call };
  if (source instanceof Tensor) return { storage: new Storage(tensorAs(source, options), 'logical', origin) };
  const { values, shape, dtype } = readHostData(source, options.shape, options.dtype);
  spend(values.length);
  return { storage: new Storage(makeTensor(values, shape, dtype), 'logical', origin), values };
}

/** A tensor over the same memory where it can be, in the shape and number type that are asked for. */
function tensorAs(source: Tensor, { shape = source.shape, dtype }: VariableOptions): Tensor {
  const type = dtype ?? source.dtype;
  checkDtype(type);
  checkFills(shape, source.size);
  return tidy(() => reshape(type === source.dtype ? source : cast(source, type), [...shape]));
}
