/** Red, green and blue from 0 to 255. */
export type Colour = readonly [number, number, number];
/** A colour for each number from 0 to 1. */
export type Ramp = (part: number) => Colour;

/** What is not a number stands out. */
export const NOT_A_NUMBER: Colour = [255, 0, 160];

/** Colours at even distances, mixed in between. */
function through(...stops: readonly Colour[]): Ramp {
  return (part) => {
    const place = Math.min(Math.max(part, 0), 1) * (stops.length - 1);
    const before = Math.min(Math.floor(place), stops.length - 2);
    const share = place - before;
    const [from, to] = [stops[before]!, stops[before + 1]!];
    return [0, 1, 2].map((i) => from[i]! + share * (to[i]! - from[i]!)) as unknown as Colour;
  };
}

export const ramps = {
  /** From black to white, for images. */
  gray: through([0, 0, 0], [255, 255, 255]),
  /** From dark to bright, for what fires. */
  heat: through([14, 20, 34], [31, 95, 196], [121, 170, 248], [240, 246, 255]),
  /** Blue below the middle, orange above it, for numbers with signs. */
  signed: through([18, 62, 138], [96, 150, 230], [246, 245, 242], [240, 140, 72], [150, 50, 4]),
} as const;
