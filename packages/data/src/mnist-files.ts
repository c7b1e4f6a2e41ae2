/** The four files MNIST consists of; each may also be gzip-compressed, with `.gz` at the end of its name. */
export const MNIST_FILES = {
  train: { images: 'train-images-idx3-ubyte', labels: 'train-labels-idx1-ubyte' },
  test: { images: 't10k-images-idx3-ubyte', labels: 't10k-labels-idx1-ubyte' },
} as const;

/** Where `loadMnist` downloads from unless told otherwise: the copy that PyTorch's maintainers keep. */
export const MNIST_URL = 'https://ossci-datasets.s3.amazonaws.com/mnist/';

/** SHA-256 of the four files as LeCun, Cortes and Burges published them, for checking copies from other servers too. */
export const MNIST_CHECKSUMS: Readonly<Record<string, string>> = {
  'train-images-idx3-ubyte.gz': '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
  'train-labels-idx1-ubyte.gz': '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
  't10k-images-idx3-ubyte.gz': '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
  't10k-labels-idx1-ubyte.gz': 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
};
