// Prints the documented examples of PRelu and Activation.
import { Activation, PRelu, seed, startBackend, Variable } from 'tessera-nn';

await startBackend('wasm');
seed(7);

console.log('PRelu(3) starts with the slopes', String(new PRelu(3).slopes));
console.log('with sharedMaps it has one:', String(new PRelu(3, false, true).slopes));

const module = new PRelu(3);
module.setVar('slopes', new Variable([0.5, 0, 0.25]));
console.log('after setVar the slopes are', String(module.slopes));

// prettier-ignore
const data = new Variable([[
  [[2, -7, 6, -6, 5], [-7, -5, -8, 1, -7], [4, -6, 3, -4, 8], [7, -1, 4, 2, 6], [7, -9, 8, -9, 8]],
  [[0, -6, -5, -8, 2], [8, -3, -7, -2, 3], [3, -9, -1, 6, 4], [4, 0, 6, -5, -2], [-2, 8, -2, -4, -7]],
  [[-3, -1, 8, 0, 6], [2, 3, -6, 1, 2], [-7, -1, -8, 5, -5], [1, -6, 8, 6, -9], [4, 7, 0, -6, 7]],
]]);
console.log('\nthe input');
console.log(String(data));
console.log('\ngives');
console.log(String(module.forward(data)));

const numbers = [
  [3, -8, -8],
  [-4, 7, 9],
  [0, -9, -10],
];
for (const kind of ['sigmoid', 'tanh', 'relu', 'leakyRelu', 'elu', 'softPlus', 'clip'] as const) {
  console.log(`\n${kind} of ${JSON.stringify(numbers)}`);
  console.log(String(new Activation(kind).forward(numbers)));
}

// The gradient of a slope is the sum of g x over the inputs it acted on.
const steep = new PRelu({ sharedMaps: true, init: 2 });
const x = new Variable([-2, 3], { requiresGrad: true });
steep.forward(x).backward([1, 1]);
console.log(
  '\na = 2, x = [-2, 3], g = 1 give dx',
  String(new Variable(x.grad!)),
  'and da',
  String(new Variable(steep.slopes.grad!)),
);
