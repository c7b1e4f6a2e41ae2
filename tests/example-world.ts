// What the examples in doc comments speak of without saying where it comes from. The test that runs them makes a new world
// for each, and gives it the names that it uses.
import '@tensorflow/tfjs-layers'; // registers the gradients of tfjs, for the examples of the bridges
import {
  Activation,
  Adam,
  CrossEntropy,
  Flatten,
  Linear,
  MaxPool2D,
  Sequential,
  startBackend,
  syntheticDigits,
  Variable,
} from 'tessera-nn';

/** A small network of images, what belongs to a step of it, and parts to build others of. */
export async function world() {
  await startBackend('wasm');
  const digits = syntheticDigits({ count: 16 });
  const { data, shape, labels } = digits.gather([0, 1, 2, 3, 4, 5, 6, 7]);
  const images = new Variable(data, { shape }).keep();
  const network = () => new Sequential([new MaxPool2D({ size: 4, stride: 4 }), new Flatten(), new Linear(49, 10)]);
  const net = network();
  const cost = new CrossEntropy();
  return {
    digits: { train: digits.slice(0, 12), test: digits.slice(12) },
    images,
    labels: Int32Array.from(labels),
    net,
    teacher: network(),
    cost,
    loss: cost.forward(net.forward(images), Int32Array.from(labels)),
    optimizer: new Adam().setupOn(net),
    block: new Sequential([new Linear(4, 4), new Activation('tanh')]),
    head: new Linear(4, 2),
  };
}
