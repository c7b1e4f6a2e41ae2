import type { ArrayDataset } from './array-dataset.js';
import { mnistOptions, type MnistOptions } from './mnist-options.js';
import { loadMnist } from './mnist.js';

/** Where `loadFashionMnist` downloads from unless told otherwise: the address its authors name. */
export const FASHION_MNIST_URL = 'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/';

/** What the labels of Fashion-MNIST stand for. */
export const FASHION_MNIST_CLASSES = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
] as const;

/**
 * Loads Fashion-MNIST, 60,000 and 10,000 pictures of clothes (H. Xiao et al., 2017), from a folder or by download, in all as
 * `loadMnist` does. Its server knows no https: pass `checksums` that you trust, or files of your own.
 *
 * Shapes: data `[n, 1, 28, 28]` in [0, 1]; labels 0 to 9, see `FASHION_MNIST_CLASSES`.
 *
 * @throws DataError and ValueError as `loadMnist` does.
 */
export async function loadFashionMnist(given: MnistOptions = {}): Promise<{ train: ArrayDataset; test: ArrayDataset }> {
  const options = mnistOptions.read(given, 'loadFashionMnist');
  return loadMnist(options.folder === undefined ? { ...options, url: options.url ?? FASHION_MNIST_URL } : options);
}
