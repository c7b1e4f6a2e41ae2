import { ArrayDataset, csvDataset, DataError, fromPixels, RandomStream, syntheticDigits } from 'tessera-nn';
import { classesOf, classOf, dataKinds, type DataName } from './data-kinds.js';
import { syntheticShapes } from './synthetic-shapes.js';

/** What a run learns from, and what it is measured on. */
export interface Data {
  readonly train: ArrayDataset;
  readonly unseen: ArrayDataset;
  readonly classes: readonly string[];
}

/** Which data, how many samples the page draws where it does, and the files where there are some. */
export interface DataRequest {
  readonly kind: DataName;
  readonly count: number;
  readonly seed: number;
  readonly files: readonly File[];
}

const UNSEEN = 500;
/** Of files, so much is learned from. */
const LEARNED = 0.8;
const MOST_INK = 16;

/** Draws or reads data. @throws DataError for files that are not such data. */
export async function loadData(request: DataRequest): Promise<Data> {
  const { kind, files } = request;
  const classes = classesOf(kind, files);
  if (dataKinds[kind].files && files.length === 0) {
    throw new DataError('There are no files to learn from', { path: 'Data', hint: dataKinds[kind].files.ask });
  }
  return { ...(await loaders[kind](request, classes)), classes };
}

type Loader = (
  request: DataRequest,
  classes: readonly string[],
) => Promise<Omit<Data, 'classes'>> | Omit<Data, 'classes'>;

const loaders: Readonly<Record<DataName, Loader>> = {
  digits: ({ count, seed }) => drawn(count, seed, (count, stream) => syntheticDigits({ count, stream })),
  shapes: ({ count, seed }) => drawn(count, seed, syntheticShapes),
  table: async ({ files: [file], seed }) => split(readTable(await file!.text()), seed),
  images: async ({ files, seed }, classes) => split(await readImages(files, classes), seed),
};

function drawn(count: number, seed: number, draw: (count: number, stream: RandomStream) => ArrayDataset) {
  const streams = new RandomStream(seed);
  return { train: draw(count, streams.split('train')), unseen: draw(UNSEEN, streams.split('unseen')) };
}

function split(dataset: ArrayDataset, seed: number) {
  const [train, unseen] = dataset.split(LEARNED, new RandomStream(seed));
  return { train, unseen };
}

/** Rows of 64 numbers from 0 to 16 and a digit, with a line of names above them or without. */
function readTable(text: string): ArrayDataset {
  const header = !/^[\d\s.,]*$/.test(text.slice(0, text.indexOf('\n')));
  const { data, labels, length } = csvDataset(text, { header }).dataset;
  const [maps, height, width] = dataKinds.table.shape;
  if (data.length !== length * height * width) {
    throw new DataError('The table does not hold images of 8 × 8', {
      path: 'Data',
      expected: '64 columns and one with the digit',
      received: `${data.length / length} columns and one`,
    });
  }
  return new ArrayDataset({ data: data.map((ink) => ink / MOST_INK), shape: [length, maps, height, width], labels });
}

async function readImages(files: readonly File[], classes: readonly string[]): Promise<ArrayDataset> {
  const { shape } = dataKinds.images;
  const images = await Promise.all(files.map((file) => imageFrom(file, shape)));
  const data = new Float32Array(images.reduce((sum, { length }) => sum + length, 0));
  images.forEach((image, i) => data.set(image, i * image.length));
  const labels = Int32Array.from(files, ({ name }) => classes.indexOf(classOf(name)));
  return new ArrayDataset({ data, shape: [files.length, ...shape], labels });
}

/** An image file as one sample: its middle, scaled to the size. @throws DataError for what is not an image. */
export async function imageFrom(file: Blob, shape: readonly [number, number, number]): Promise<Float32Array> {
  const [maps, height, width] = shape;
  const bitmap = await createImageBitmap(file).catch((cause: unknown) => {
    throw new DataError('That file is not an image', { path: file instanceof File ? file.name : 'Data', cause });
  });
  const side = Math.min(bitmap.width, bitmap.height);
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(
    bitmap,
    ...([(bitmap.width - side) / 2, (bitmap.height - side) / 2, side, side] as const),
    ...([0, 0, width, height] as const),
  );
  const image = fromPixels(context.getImageData(0, 0, width, height), { maps: maps === 1 ? 1 : 3 });
  try {
    return (await image.values()) as Float32Array;
  } finally {
    image.dispose();
  }
}
