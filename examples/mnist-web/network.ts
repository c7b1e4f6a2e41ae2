import { Activation, Conv2D, Flatten, Linear, MaxPool2D, Sequential } from 'tessera-nn';

/** A network like LeNet-5 (LeCun et al. 1998): two convolutions, two dense layers, 838,858 weights. */
export function buildNetwork(): Sequential {
  return new Sequential(
    [
      new Conv2D({ name: 'conv1', inmaps: 1, outmaps: 16, size: 3, initscheme: 'he' }), // [batch, 16, 26, 26]
      new MaxPool2D(2), // [batch, 16, 13, 13]
      new Activation('relu'),
      new Conv2D({ name: 'conv2', inmaps: 16, outmaps: 32, size: 4, initscheme: 'he' }), // [batch, 32, 10, 10]
      new MaxPool2D(2), // [batch, 32, 5, 5]
      new Activation('relu'),
      new Flatten(), // [batch, 800]
      new Linear({ name: 'dense1', insize: 800, outsize: 1024, initscheme: 'he' }),
      new Activation('relu'),
      new Linear({ name: 'dense2', insize: 1024, outsize: 10 }),
    ],
    'lenet',
  );
}
