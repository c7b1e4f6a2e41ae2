import { add, backend_util, div, mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import { allFloat32, float32 } from '../float32.js';
import { defineKernel } from '../kernel.js';
import { stock } from '../wasm/stock.js';
import { elementwiseProgram } from '../webgl/elementwise-program.js';

type Pair = { a: Tensor; b: Tensor };

const broadcast = ({ a, b }: Pair) => ({ shape: backend_util.assertAndGetBroadcastShape(a.shape, b.shape) });

function arithmetic(name: string, compose: (a: Tensor, b: Tensor) => Tensor, stockName: string, glsl: string) {
  return defineKernel<Pair, object, Tensor>({
    name,
    outputs: broadcast,
    compose: ({ a, b }) => compose(float32(a), float32(b)),
    wasm: ({ a, b }) => (allFloat32(a, b) ? stock(stockName, { a, b }, {}) : undefined),
    webgl: ({ a, b }) =>
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
export const multiplyKernel = arithmetic('Multiply', mul, 'Multiply', 'a * b');
/** a / b, broadcast. tfjs's own WebGL division gives 1 for 0 / 0 and for Infinity / Infinity. */
export const divideKernel = arithmetic('Divide', div, 'RealDiv', 'a / b');
