/** What can be learned from. */
export interface DataKind {
  readonly label: string;
  /** Of one sample: [maps, height, width]. */
  readonly shape: readonly [maps: number, height: number, width: number];
  /** The names of the classes; undefined where the files say them. */
  readonly classes: readonly string[] | undefined;
  /** What is asked of the reader, and which files can be chosen; undefined where the page draws the samples. */
  readonly files: { readonly ask: string; readonly accept: string; readonly several: boolean } | undefined;
}

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

/** The names of the shapes, in the order of their labels. */
export const shapeNames = ['circle', 'square', 'triangle', 'cross', 'ring'] as const;

export const dataKinds = {
  digits: { label: 'Synthetic digits', shape: [1, 28, 28], classes: digits, files: undefined },
  shapes: { label: 'Synthetic shapes', shape: [1, 28, 28], classes: shapeNames, files: undefined },
  table: {
    label: '8 × 8 digits from a file',
    shape: [1, 8, 8],
    classes: digits,
    files: {
      ask: 'A table of 64 columns from 0 to 16 and a last one with the digit, such as optdigits of the UCI repository.',
      accept: '.csv,.tra,.tes,.txt,text/csv',
      several: false,
    },
  },
  images: {
    label: 'Images of your own',
    shape: [3, 32, 32],
    classes: undefined,
    files: {
      ask: 'Images whose names begin with what they show: cat-1.png, cat-2.png, dog-1.png. They stay in this page.',
      accept: 'image/*',
      several: true,
    },
  },
} as const satisfies Record<string, DataKind>;

export type DataName = keyof typeof dataKinds;

/** What an image shows, by the beginning of its name. */
export const classOf = (file: string): string => /^\p{L}+/u.exec(file)?.[0].toLowerCase() ?? 'other';

/** The names of the classes of some data. */
export function classesOf(kind: DataName, files: readonly { readonly name: string }[]): readonly string[] {
  return dataKinds[kind].classes ?? [...new Set(files.map(({ name }) => classOf(name)))].sort();
}
