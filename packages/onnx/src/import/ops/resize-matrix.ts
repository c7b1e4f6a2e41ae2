/** How values lie between those of a resized axis. */
export interface Sampling {
  readonly mode: 'nearest' | 'linear' | 'cubic';
  readonly placing: 'half_pixel' | 'pytorch_half_pixel' | 'align_corners' | 'asymmetric';
  /** Which neighbour is the nearest. */
  readonly rounding: 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil';
  /** The coefficient of Keys' cubic. */
  readonly cubic: number;
  /** Whether what lies outside counts for nothing, rather than as the border. */
  readonly excludesOutside: boolean;
}

/** Where place i of the result lies on the input. */
function source(i: number, length: number, after: number, scale: number, placing: Sampling['placing']): number {
  if (placing === 'asymmetric') return i / scale;
  if (placing === 'align_corners') return after === 1 ? 0 : (i * (length - 1)) / (after - 1);
  if (placing === 'pytorch_half_pixel' && after === 1) return 0;
  return (i + 0.5) / scale - 0.5;
}

const roundings: Record<Sampling['rounding'], (place: number) => number> = {
  round_prefer_floor: (place) => Math.ceil(place - 0.5),
  round_prefer_ceil: (place) => Math.floor(place + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** The weights of neighbours around a place. Source: Keys, "Cubic convolution interpolation", 1981. */
function neighbours(place: number, { mode, rounding, cubic: a }: Sampling): [index: number, weight: number][] {
  if (mode === 'nearest') return [[roundings[rounding](place), 1]];
  const low = Math.floor(place);
  const t = place - low;
  if (mode === 'linear')
    return [
      [low, 1 - t],
      [low + 1, t],
    ];
  const near = (d: number) => (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  const far = (d: number) => a * (d ** 3 - 5 * d ** 2 + 8 * d - 4);
  return [
    [low - 1, far(1 + t)],
    [low, near(t)],
    [low + 1, near(1 - t)],
    [low + 2, far(2 - t)],
  ];
}

/** Which share each value of an axis has in each of the result, as [length, after]. */
export function resizeMatrix(length: number, after: number, scale: number, sampling: Sampling): Float32Array {
  const weights = new Float32Array(length * after);
  const last = length - 1;
  for (let i = 0; i < after; i++) {
    const around = neighbours(source(i, length, after, scale, sampling.placing), sampling);
    const counted = sampling.excludesOutside ? around.filter(([index]) => index >= 0 && index <= last) : around;
    const total = sampling.excludesOutside ? counted.reduce((sum, [, weight]) => sum + weight, 0) : 1;
    for (const [index, weight] of counted) {
      weights[Math.min(last, Math.max(0, index)) * after + i]! += weight / total;
    }
  }
  return weights;
}
