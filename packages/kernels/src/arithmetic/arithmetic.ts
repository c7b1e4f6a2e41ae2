import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import { add, backend, backend_util, div, mul, sub, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { allFloat32, float32 } from '../float32.js';
import { defineKernel } from '../kernel.js';
import { stock } from '../wasm/stock.js';
import { elementwiseProgram } from '../webgl/elementwise-program.js';

/** Whether it is the number 1, which never went to the GPU: the seed of most backward passes. */
function isOneOnHost({ dataId, size, dtype }: Tensor): boolean {
  if (size !== 1 || dtype !== 'float32') return false;
  const { values } = (backend() as MathBackendWebGL).texData.get(dataId);
  return values?.[0] === 1;
}

function shareValues({ dataId, shape, dtype }: Tensor): TensorInfo | undefined {
  if (dtype !== 'float32') return undefined;
  (backend() as MathBackendWebGL).incRef(dataId);
  return { dataId, shape, dtype };
}

type Pair = { a: Tensor; b: Tensor };

const broadcast = ({ a, b }: Pair) => ({ shape: backend_util.assertAndGetBroadcastShape(a.shape, b.shape) });

function arithmetic(
  name: string,
  compose: (a: Tensor, b: Tensor) => Tensor,
  stockName: string,
  glsl: string,
  shortcut: (pair: Pair) => TensorInfo | undefined = () => undefined,
) {
  return defineKernel<Pair, object, Tensor>({
    name,
    outputs: broadcast,
    compose: ({ a, b }) => compose(float32(a), float32(b)),
    wasm: ({ a, b }) => (allFloat32(a, b) ? stock(stockName, { a, b }, {}) : undefined),
    webgl: ({ a, b }) =>
      shortcut({ a, b }) ??
      elementwiseProgram(
        name,
        [
          ['a', a],
          ['b', b],
        ],
        [],
        glsl,
        broadcast({ a, b }).shape,
      ),
  });
}

/** a + b, each broadcast to the other by NumPy's rules. */
export const addKernel = arithmetic('Add', add, 'Add', 'a + b');
/** a - b, broadcast. */
export const subtractKernel = arithmetic('Subtract', sub, 'Sub', 'a - b');
/** a b, broadcast. */
export const multiplyKernel = arithmetic('Multiply', mul, 'Multiply', 'a * b', ({ a, b }) =>
  isOneOnHost(b) && a.rank >= b.rank ? shareValues(a) : undefined,
);
/** a / b, broadcast. tfjs's own WebGL division gives 1 for 0 / 0 and for Infinity / Infinity. */
export const divideKernel = arithmetic('Divide', div, 'RealDiv', 'a / b');
