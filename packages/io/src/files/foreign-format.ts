/** What a file is that is none of those that a reader takes, and what to do with it. */
export interface ForeignFormat {
  readonly name: string;
  readonly hint: string;
}

const KERAS = 'In Python: numpy.savez(file, **{w.path: w.numpy() for w in model.weights})';
const HDF5 = 'loadHdf5(net, file) and rebuildHdf5(file) read files in the layout of PuzzleLib. Of Keras: ' + KERAS;

/** How files begin that are given to a reader by mistake. */
const BEGINNINGS: readonly (readonly [beginning: string, ForeignFormat])[] = [
  ['\x89HDF\r\n\x1a\n', { name: 'an HDF5 file', hint: HDF5 }],
  [
    '\x93NUMPY',
    { name: 'a single array of NumPy', hint: 'Read it with readNpy, or save arrays by name with numpy.savez' },
  ],
  ['\x1f\x8b', { name: 'packed with gzip', hint: 'Unpack it first, as gunzip does' }],
  ['\x08', { name: 'an ONNX model', hint: 'In Python: save the initializers of its graph with numpy.savez' }],
  ['<', { name: 'a web page', hint: 'The server may have sent an error page: check the address' }],
];

/** In zip archives: a name of an entry, and what the archive is then. */
const ENTRIES: readonly (readonly [entry: string, ForeignFormat])[] = [
  ['model.weights.h5', { name: 'a model of Keras', hint: KERAS }],
];

/** Where the names of the first entries of an archive lie, and those of all, at its end. */
const SEARCHED = 4096;

/** The format of a file by how it begins, where `loadWeights` does not read it. */
export function foreignFormat(bytes: Uint8Array): ForeignFormat | undefined {
  const text = (part: Uint8Array) => String.fromCharCode(...part);
  const start = text(bytes.subarray(0, SEARCHED));
  if (!start.startsWith('PK')) {
    // A safetensors file begins with the length of its header, and then with the header.
    if (start[8] === '{') return undefined;
    return BEGINNINGS.find(([beginning]) => start.startsWith(beginning))?.[1];
  }
  const around = start + text(bytes.subarray(Math.max(0, bytes.length - SEARCHED)));
  return ENTRIES.find(([entry]) => around.includes(entry))?.[1];
}
