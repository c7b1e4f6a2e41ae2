/** How a pooling window moves: the size of the result, of the window, its strides, and the padding before the image. */
export type PoolWindow = [
  outHeight: number,
  outWidth: number,
  windowHeight: number,
  windowWidth: number,
  strideHeight: number,
  strideWidth: number,
  top: number,
  left: number,
];

/** Whether a convolution pads its images, their size then, and where the image begins in it. */
export type PaddedImage = [padded: number, height: number, width: number, top: number, left: number];

/** How the window of a convolution moves, and the groups its maps are split into. */
export type ConvolutionSteps = [
  strideHeight: number,
  strideWidth: number,
  dilationHeight: number,
  dilationWidth: number,
  groups: number,
];

type WindowSteps = [strideHeight: number, strideWidth: number, dilationHeight: number, dilationWidth: number];

/** What the companion module exports; `packages/kernels/assembly` says what each does. Numbers are addresses and counts. */
export interface CompanionFunctions {
  matmulScratch: () => number;
  matmul: (
    a: number,
    b: number,
    bias: number,
    c: number,
    m: number,
    n: number,
    k: number,
    transposeA: number,
    transposeB: number,
    firstRow: number,
    lastRow: number,
    firstColumn: number,
    lastColumn: number,
    scratch: number,
  ) => void;
  fewRowsScratch: (m: number) => number;
  multiplyFewRows: (
    a: number,
    b: number,
    bias: number,
    c: number,
    m: number,
    n: number,
    k: number,
    transposeA: number,
    firstColumn: number,
    lastColumn: number,
    scratch: number,
  ) => void;
  sgd: (w: number, g: number, weight: number, count: number, rate: number) => void;
  packFilter: (filter: number, depth: number, outMaps: number, groups: number, panels: number) => void;
  packFilterTransposed: CompanionFunctions['packFilter'];
  convolve: (
    x: number,
    height: number,
    width: number,
    maps: number,
    ...rest: [
      ...image: PaddedImage,
      panels: number,
      bias: number,
      kernelHeight: number,
      kernelWidth: number,
      ...steps: ConvolutionSteps,
      y: number,
      outHeight: number,
      outWidth: number,
      outMaps: number,
      first: number,
      last: number,
      scratch: number,
    ]
  ) => void;
  depthwise: (
    x: number,
    height: number,
    width: number,
    maps: number,
    ...rest: [
      ...image: PaddedImage,
      filter: number,
      bias: number,
      kernelHeight: number,
      kernelWidth: number,
      ...steps: WindowSteps,
      y: number,
      outHeight: number,
      outWidth: number,
      first: number,
      last: number,
      scratch: number,
    ]
  ) => void;
  depthwiseInputGradient: (
    dx: number,
    height: number,
    width: number,
    maps: number,
    ...rest: [
      ...image: PaddedImage,
      filter: number,
      kernelHeight: number,
      kernelWidth: number,
      ...steps: WindowSteps,
      dy: number,
      outHeight: number,
      outWidth: number,
      first: number,
      last: number,
      scratch: number,
    ]
  ) => void;
  depthwiseFilterGradient: (
    x: number,
    batch: number,
    height: number,
    width: number,
    maps: number,
    ...rest: [
      ...image: PaddedImage,
      dy: number,
      outHeight: number,
      outWidth: number,
      kernelHeight: number,
      kernelWidth: number,
      ...steps: WindowSteps,
      dw: number,
      scratch: number,
    ]
  ) => void;
  packWinograd: (filter: number, maps: number, outMaps: number, turned: boolean, panels: number) => void;
  winograd: (
    x: number,
    height: number,
    width: number,
    maps: number,
    paddedHeight: number,
    paddedWidth: number,
    top: number,
    left: number,
    panels: number,
    bias: number,
    y: number,
    outHeight: number,
    outWidth: number,
    outMaps: number,
    first: number,
    last: number,
    scratch: number,
  ) => void;
  winogradFilterScratch: (maps: number, outMaps: number) => number;
  winogradFilterGradient: (
    x: number,
    batch: number,
    height: number,
    width: number,
    maps: number,
    top: number,
    left: number,
    dy: number,
    outHeight: number,
    outWidth: number,
    outMaps: number,
    sums: number,
    row: number,
    first: number,
    last: number,
    scratch: number,
  ) => void;
  winogradFilter: (sums: number, count: number, dw: number) => void;
  convolveInputGradient: (
    dx: number,
    height: number,
    width: number,
    maps: number,
    ...rest: [
      ...image: PaddedImage,
      panels: number,
      kernelHeight: number,
      kernelWidth: number,
      ...steps: ConvolutionSteps,
      dy: number,
      outHeight: number,
      outWidth: number,
      outMaps: number,
      first: number,
      last: number,
      scratch: number,
    ]
  ) => void;
  filterGradientScratch: (mapsOfGroup: number) => number;
  convolveFilterGradient: (
    x: number,
    batch: number,
    height: number,
    width: number,
    maps: number,
    ...rest: [
      ...image: PaddedImage,
      dy: number,
      outHeight: number,
      outWidth: number,
      outMaps: number,
      kernelWidth: number,
      ...steps: ConvolutionSteps,
      dw: number,
      first: number,
      last: number,
      scratch: number,
    ]
  ) => void;
  softmax: (x: number, outer: number, count: number, inner: number, y: number, isLog: boolean) => void;
  softmaxGradient: (
    y: number,
    g: number,
    outer: number,
    count: number,
    inner: number,
    dx: number,
    isLog: boolean,
  ) => void;
  extremeMiddle: (x: number, outer: number, count: number, inner: number, out: number, isLeast: boolean) => void;
  sumMiddle: (x: number, outer: number, count: number, inner: number, out: number) => void;
  dropout: (
    x: number,
    y: number,
    count: number,
    key: number,
    counter: number,
    threshold: number,
    factor: number,
  ) => void;
  prelu: (
    sign: number,
    value: number,
    slopes: number,
    out: number,
    outer: number,
    count: number,
    inner: number,
  ) => void;
  preluSlopesGradient: (x: number, g: number, dslopes: number, outer: number, count: number, inner: number) => void;
  batchNorm: (
    x: number,
    scale: number,
    bias: number,
    y: number,
    mean: number,
    variance: number,
    inverse: number,
    places: number,
    maps: number,
    epsilon: number,
    factors: number,
  ) => void;
  batchNormGradient: (
    x: number,
    g: number,
    scale: number,
    mean: number,
    inverse: number,
    dx: number,
    dscale: number,
    dbias: number,
    places: number,
    maps: number,
    coefficients: number,
  ) => void;
  maxPool: (
    x: number,
    batch: number,
    height: number,
    width: number,
    maps: number,
    y: number,
    ...window: PoolWindow
  ) => void;
  maxPoolGradient: (
    x: number,
    y: number,
    g: number,
    dx: number,
    batch: number,
    height: number,
    width: number,
    maps: number,
    ...window: PoolWindow
  ) => void;
  averagePool: (
    x: number,
    batch: number,
    height: number,
    width: number,
    maps: number,
    y: number,
    ...window: [...PoolWindow, includePad: boolean]
  ) => void;
  averagePoolGradient: (
    dx: number,
    batch: number,
    height: number,
    width: number,
    maps: number,
    g: number,
    ...window: [...PoolWindow, includePad: boolean]
  ) => void;
}

/** The functions that compute a part of their result. */
export type SharedFunction = Exclude<
  keyof CompanionFunctions,
  'fewRowsScratch' | 'filterGradientScratch' | 'matmulScratch' | 'winogradFilterScratch'
>;
