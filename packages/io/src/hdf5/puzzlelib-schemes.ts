// What the constructors of PuzzleLib 1.0.2 take, and what of ours they have no word for. PuzzleLib hands a scheme to the
// constructor as it is: one argument too many, and the network cannot be built there.
import { declaredOptions } from '@tessera-nn/core/internal';

/** A class of PuzzleLib with its constructor's arguments. */
export interface Scheme {
  readonly classname: string;
  readonly scheme: Options;
}

/** Options or arguments by name. */
type Options = Readonly<Record<string, unknown>>;

const CONVOLUTION = 'inmaps outmaps size stride pad dilation wscale useBias initscheme empty groups';
const NORM = 'epsilon initFactor minFactor sscale affine empty inplace';

/** The arguments of each class, but for `name`, which all of them take. */
const known: Readonly<Record<string, string>> = {
  Activation: 'activation slc inplace args',
  Add: '',
  AvgPool1D: 'size stride pad includePad',
  AvgPool2D: 'size stride pad includePad',
  AvgPool3D: 'size stride pad includePad',
  BatchNorm: `size ${NORM}`,
  BatchNorm1D: `maps ${NORM}`,
  BatchNorm2D: `maps ${NORM}`,
  BatchNorm3D: `maps ${NORM}`,
  Cast: 'intype outtype',
  Concat: 'axis',
  Conv1D: CONVOLUTION,
  Conv2D: CONVOLUTION,
  Conv3D: CONVOLUTION,
  CrossMapLRN: 'N alpha beta K',
  Deconv1D: `${CONVOLUTION} postpad`,
  Deconv2D: `${CONVOLUTION} postpad`,
  Deconv3D: `${CONVOLUTION} postpad`,
  DepthConcat: '',
  Dropout: 'p rng slicing inplace',
  Dropout2D: 'p rng slicing inplace',
  Embedder: 'vocabulary sentlength embsize onVocabulary initscheme wscale learnable',
  Flatten: '',
  Gelu: 'inplace',
  Graph: '',
  GroupLinear: 'groups insize outsize wscale useW useBias initscheme inmode wmode batchDim empty transpW',
  Identity: '',
  InstanceNorm2D: 'numOfMaps epsilon affine',
  KMaxPool: 'topk axis',
  LCN: 'N alpha beta K includePad',
  Linear: 'insize outsize wscale useBias initscheme empty transpose',
  MapLRN: 'N alpha beta K',
  MaxPool1D: 'size stride pad useMask',
  MaxPool2D: 'size stride pad useMask',
  MaxPool3D: 'size stride pad',
  MaxUnpool2D: 'maxpool2d',
  MoveAxis: 'src dst',
  Mul: '',
  MulAddConst: 'a b inplace',
  NoiseInjector: 'mode noisetype params rng inplace slicing',
  PRelu: 'maps inplace sharedMaps',
  Pad1D: 'pad mode fillValue',
  Pad2D: 'pad mode fillValue',
  Parallel: '',
  Penalty: 'mode weight',
  RNN: 'insize hsize layers mode direction dropout getSequences initscheme modifier wscale hintBatchSize',
  Replicate: 'times',
  Reshape: 'shape showWarnings',
  Sequential: '',
  Slice: 'slc',
  SoftMax: '',
  SpatialTf: 'shape',
  Split: 'axis sections',
  SubtractMean: 'size includePad',
  Sum: 'axis useWeights',
  SwapAxes: 'axis1 axis2',
  Tile: 'axis times',
  ToList: '',
  Transpose: 'axes',
  Upsample2D: 'scale mode',
  Upsample3D: 'scale mode',
};

/** Those of them that say how to work, and nothing of what comes out. */
const idle: ReadonlySet<string> = new Set(['empty', 'hintBatchSize', 'showWarnings', 'useMask']);

/** Options of ours that say how parameters begin, which says nothing any more once they are loaded. */
const beginnings: ReadonlySet<string> = new Set(['init', 'device', 'dtype']);

/** Classes of ours that PuzzleLib has under another name, with the arguments there. */
const counterparts: Readonly<Record<string, (options: Options) => Scheme>> = {
  PReLU: ({ numParameters, ...others }) => ({
    classname: 'PRelu',
    scheme: { maps: numParameters, inplace: false, sharedMaps: numParameters === 1, ...others },
  }),
};

/** What the parameters of such a class are called there. */
const parameterNames: Readonly<Record<string, Readonly<Record<string, string>>>> = { PReLU: { weight: 'slopes' } };

/** How PuzzleLib calls a parameter. */
export const parameterName = (className: string, key: string): string => parameterNames[className]?.[key] ?? key;

/**
 * A module as PuzzleLib builds it: without options that are as they would be anyway. Where one says what PuzzleLib has no
 * word for, all of them stay, so that PuzzleLib refuses the network and does not build another one.
 */
export function toScheme(className: string, options: Options): Scheme {
  const ours = { classname: className, scheme: options };
  const theirs = Object.hasOwn(counterparts, className) ? counterparts[className]!(options) : ours;
  const takes = argumentsOf(theirs.classname);
  if (!takes) return ours;
  const foreign = Object.keys(theirs.scheme).filter((name) => !takes.has(name));
  if (foreign.some((name) => !beginnings.has(name) && !isPreset(className, name, options[name]))) return ours;
  const scheme = Object.fromEntries(Object.entries(theirs.scheme).filter(([name]) => takes.has(name)));
  return { classname: theirs.classname, scheme };
}

/** Our options for the arguments of PuzzleLib's constructor: without those that say nothing here. */
export function fromScheme(classname: string, scheme: Options): Options {
  const declared = argumentsOf(classname) && declaredBy(classname);
  const says = ([name, value]: [string, unknown]) =>
    !declared || Object.hasOwn(declared, name) || !(idle.has(name) || value === null);
  return Object.fromEntries(Object.entries(scheme).filter(says));
}

/** Whether a class would make the same of both. */
export function meanTheSame(className: string, a: Options, b: Options): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => {
    const values = [a[name], b[name]];
    return values.every((value) => isPreset(className, name, value)) || same(values[0], values[1]);
  });
}

function argumentsOf(classname: string): ReadonlySet<string> | undefined {
  return Object.hasOwn(known, classname) ? new Set(known[classname]!.split(' ')) : undefined;
}

function declaredBy(className: string) {
  return declaredOptions().find(({ subject }) => subject === className)?.declared;
}

const isPreset = (className: string, name: string, value: unknown) =>
  value === undefined || same(value, declaredBy(className)?.[name]?.preset);

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
