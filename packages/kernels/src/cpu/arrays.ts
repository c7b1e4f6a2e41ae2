import { backend, util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Heap } from '../wasm/heap.js';

/** The members of tfjs's cpu backend that are used here; checked against version 4.22. */
interface CpuBackend {
  makeTensorInfo(shape: number[], dtype: DataType, values: Float32Array): TensorInfo;
  data: { get(dataId: object): { values: Float32Array } };
}

const cpu = () => backend() as unknown as CpuBackend;

/** The arrays of the cpu backend. */
export const cpuArrays: Heap = {
  allocate: (shape, dtype = 'float32') =>
    cpu().makeTensorInfo([...shape], dtype, new Float32Array(util.sizeFromShape([...shape]))),
  view: ({ dataId }) => cpu().data.get(dataId).values,
};
