/** What other frameworks call an option, for the hint of a refusal. In small letters, without underscores. */
const foreignNames: Readonly<Record<string, readonly string[]>> = {
  alpha: ['learnRate', 'init', 'args'],
  alphainitializer: ['init'],
  anodes: ['inputs'],
  batch: ['batchSize'],
  bias: ['useBias'],
  channels: ['maps', 'numParameters'],
  classweight: ['weights'],
  countincludepad: ['includePad'],
  depthmultiplier: ['multiplier'],
  dilationrate: ['dilation'],
  dim: ['axis'],
  eps: ['epsilon'],
  epoch: ['epochs'],
  filters: ['outmaps'],
  inchannels: ['inmaps'],
  infeatures: ['insize'],
  kernelinitializer: ['initscheme'],
  kernelsize: ['size'],
  learningrate: ['learnRate'],
  lr: ['learnRate'],
  momentum: ['momRate', 'minFactor'],
  maps: ['numParameters'],
  negativeslope: ['args'],
  numfeatures: ['maps'],
  numparameters: ['maps'],
  outchannels: ['outmaps'],
  outfeatures: ['outsize'],
  outputpadding: ['postpad'],
  padding: ['pad'],
  poolsize: ['size'],
  rate: ['p', 'learnRate'],
  reduction: ['normalize'],
  sampleweight: ['sampleWeights'],
  splits: ['sections'],
  trainable: ['requiresGrad'],
  units: ['outsize'],
  weight: ['weights', 'sampleWeights'],
};

const plain = (name: string): string => name.replaceAll('_', '').toLowerCase();

/** Which of the known names a name of another framework, or one spelt as others spell, means; if any. */
export function meantBy(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name);
  const translated = Object.hasOwn(foreignNames, wanted) ? foreignNames[wanted]! : [];
  return known.find((other) => plain(other) === wanted) ?? translated.find((other) => known.includes(other));
}
