/** What a file is that is none of those that a reader takes, and what to do with it. */
export interface ForeignFormat {
  readonly name: string;
  readonly hint: string;
}

const HDF5 =
  'loadHdf5(net, file) and rebuildHdf5(file) read files in the layout of PuzzleLib. In Keras: save the whole model as .keras';

/** How files begin that are given to a reader by mistake. */
const BEGINNINGS: readonly (readonly [beginning: string, ForeignFormat])[] = [
  ['\x89HDF\r\n\x1a\n', { name: 'an HDF5 file', hint: HDF5 }],
  [
    '\x93NUMPY',
    { name: 'a single array of NumPy', hint: 'Read it with readNpy, or save arrays by name with numpy.savez' },
  ],
  ['\x1f\x8b', { name: 'packed with gzip', hint: 'Unpack it first, as gunzip does' }],
  ['\x08', { name: 'an ONNX model', hint: 'fromOnnx of @tessera-nn/onnx makes a network of it' }],
  ['<', { name: 'a web page', hint: 'The server may have sent an error page: check the address' }],
];

/** The format of a file by how it begins, where `loadWeights` does not read it. */
export function foreignFormat(bytes: Uint8Array): ForeignFormat | undefined {
  const start = startText(bytes);
  // A safetensors file begins with the length of its header, and then with the header.
  if (start[8] === '{') return undefined;
  return BEGINNINGS.find(([beginning]) => start.startsWith(beginning))?.[1];
}

/** Whether a file is a zip archive. */
export const isZip = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

/** Where the first names in a file lie, and in a zip archive all of them, at its end. */
const SEARCHED = 4096;
const textOf = (bytes: Uint8Array) => String.fromCharCode(...bytes);
export const startText = (bytes: Uint8Array): string => textOf(bytes.subarray(0, SEARCHED));
export const endText = (bytes: Uint8Array): string => textOf(bytes.subarray(Math.max(0, bytes.length - SEARCHED)));
