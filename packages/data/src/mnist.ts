import { DataError, nearestName, ValueError } from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { ArrayDataset } from './array-dataset.js';
import { MNIST_CHECKSUMS, MNIST_FILES } from './mnist-files.js';
import { mnistOptions, type MnistOptions } from './mnist-options.js';
import { downloadSource, folderSource, type MnistFile } from './mnist-source.js';

const SIDE = 28;
const CLASSES = 10;
/** The brightest pixel of a file. */
const WHITE = 255;

/**
 * Loads MNIST, 60,000 and 10,000 handwritten digits (LeCun, Cortes and Burges, 1998), from a folder or by download.
 *
 * Shapes: data `[n, 1, 28, 28]` in [0, 1], 0 the paper and 1 the ink; labels 0 to 9. Folders may hold fewer samples, or
 * other data of the same format and size, such as Fashion-MNIST.
 *
 * ```ts
 * const { train, test } = await loadMnist({ onProgress: ({ file, received }) => console.log(file, received) });
 * ```
 *
 * @throws DataError when a file is missing, cannot be had, is damaged, fails its checksum or does not hold such digits;
 * ValueError for options that do not fit, when both `folder` and `url` are given or `checksums` names an unknown file.
 */
export async function loadMnist(given: MnistOptions = {}): Promise<{ train: ArrayDataset; test: ArrayDataset }> {
  const options = mnistOptions.read(given);
  if (options.folder !== undefined && options.url !== undefined) {
    throw new ValueError('loadMnist reads from a folder or from a url, not from both', {
      received: `folder ${options.folder} and url ${options.url}`,
    });
  }
  checkFileNames(options.checksums ?? {});
  options.signal?.throwIfAborted();
  const get = options.folder === undefined ? await downloadSource(options) : folderSource(options.folder, options);
  const load = async ({ images, labels }: { images: string; labels: string }) =>
    toDataset(await get(images), await get(labels));
  return { train: await load(MNIST_FILES.train), test: await load(MNIST_FILES.test) };
}

function checkFileNames(checksums: Readonly<Record<string, string>>): void {
  const known = Object.keys(MNIST_CHECKSUMS).flatMap((name) => [name, name.replace(/\.gz$/, '')]);
  for (const name of Object.keys(checksums)) {
    if (known.includes(name)) continue;
    throw new ValueError(`checksums names ${name}, which is not a file of MNIST`, {
      expected: known.join(', '),
      received: name,
      hint: `Did you mean ${nearestName(name, known) ?? known[0]}?`,
    });
  }
}

function toDataset(images: MnistFile, labels: MnistFile): ArrayDataset {
  const pixels = bytesOf(images, [SIDE, SIDE]);
  const classes = bytesOf(labels, []);
  const count = images.array.shape[0]!;
  if (classes.length !== count) {
    throw new DataError(`${labels.source} does not belong to ${images.source}`, {
      path: labels.source,
      expected: `${count} labels, one per image`,
      received: String(classes.length),
      hint: 'Get both files from the same place',
    });
  }
  const wrong = classes.findIndex((label) => label >= CLASSES);
  if (wrong >= 0) {
    throw new DataError(`Label ${wrong} of ${labels.source} is not a digit`, {
      path: labels.source,
      expected: `0 to ${CLASSES - 1}`,
      received: String(classes[wrong]),
    });
  }
  const levels = Float32Array.from({ length: WHITE + 1 }, (_, level) => level / WHITE);
  const data = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) data[i] = levels[pixels[i]!]!;
  return new ArrayDataset({
    data,
    shape: [count, 1, SIDE, SIDE],
    labels: Int32Array.from(classes),
    checkFinite: false,
  });
}

function bytesOf({ source, array }: MnistFile, sampleShape: number[]): Uint8Array {
  const { dtype, shape, values } = array;
  const fits = shape.length === sampleShape.length + 1 && sampleShape.every((length, i) => length === shape[i + 1]);
  if (dtype !== 'uint8' || !fits || shape[0] === 0) {
    throw new DataError(`${source} holds something else than the name says`, {
      path: source,
      expected: `uint8 of shape [${['count', ...sampleShape].join(', ')}] with a count of at least 1`,
      received: `${dtype} of shape ${shapeText(shape)}`,
      hint: 'Check that image and label files are not interchanged',
    });
  }
  return values;
}
