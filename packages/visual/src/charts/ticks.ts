/** How an axis counts: evenly, or by powers of ten. */
export type Scale = 'linear' | 'log';

export interface Range {
  readonly from: number;
  readonly to: number;
}

const ROUND_STEPS = [1, 2, 5, 10];
/** Digits in which a multiple of a step is exact. */
const DIGITS = 12;

/** Round numbers from one end to the other, about as many as wanted. */
export function ticks({ from, to }: Range, wanted: number, scale: Scale): number[] {
  if (scale === 'log') return powersOfTen(from, to, wanted);
  const step = roundStep((to - from) / wanted);
  const [first, last] = [Math.ceil(from / step - 1e-9), Math.floor(to / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(DIGITS)));
}

/** A range around values that ends at round numbers. */
export function roundRange(values: readonly number[], scale: Scale, wanted: number): Range {
  const shown = values.filter((value) => Number.isFinite(value) && (scale === 'linear' || value > 0));
  if (shown.length === 0) return scale === 'log' ? { from: 0.1, to: 1 } : { from: 0, to: 1 };
  const [least, most] = shown.reduce(
    ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
    [Infinity, -Infinity],
  );
  if (scale === 'log')
    return widened({ from: 10 ** floorOf(Math.log10(least)), to: 10 ** -floorOf(-Math.log10(most)) });
  if (least === most) return { from: least - (Math.abs(least) || 1) / 2, to: most + (Math.abs(most) || 1) / 2 };
  const step = roundStep((most - least) / wanted);
  return { from: Math.floor(least / step) * step, to: Math.ceil(most / step) * step };
}

function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ROUND_STEPS.find((round) => round * power >= step * (1 - 1e-9))!;
}

function powersOfTen(from: number, to: number, wanted: number): number[] {
  const [first, last] = [Math.round(Math.log10(from)), Math.round(Math.log10(to))];
  const every = Math.max(1, Math.ceil((last - first) / wanted));
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => Number(`1e${first + i * every}`));
}

const floorOf = (power: number) => Math.floor(power + 1e-9);
const widened = ({ from, to }: Range): Range => (from < to ? { from, to } : { from, to: to * 10 });
