/** What a run measures: ours against a peer, alternately in one process or page. */
export interface Figures {
  /** Median milliseconds. */
  ours_ms: number;
  peer_ms: number;
  /** The quartiles of peer by ours over the rounds: wide where the machine is busy. */
  ratio_low: number;
  ratio_high: number;
  /** Where memory is compared: the most that was allocated, and what is held between steps. */
  ours_bytes: number;
  peer_bytes: number;
  ours_held_bytes: number;
  peer_held_bytes: number;
  /** GPU draw calls of one of our steps, on WebGL; calls of our kernels elsewhere. */
  launches: number;
}

/** A benchmark's figures, and peer by ours of the medians. */
export type Row = Partial<Figures> & { name: string; ratio: number };

/** Something a benchmark needs is not on this machine; the message says what, and how to get it. */
export class Unavailable extends Error {}

/** A file in `rows/` exports one of these as `benchmark`; its name is the file's. */
export interface Benchmark {
  /** What is compared with what, in a line. */
  title: string;
  /** Where it runs: in this process, or in a page of Chromium. */
  where: 'node' | 'page';
  /** Run in so many fresh pages, each of a browser of its own; medians of all that give a figure are reported. */
  pages?: number;
  /** What is measured one after the other, each in a page of its own, with a ratio for each; `run` gets its index. */
  cases?: readonly string[];
  run: (page: number) => Promise<Partial<Figures>>;
  /** Where the time of one of our steps goes, as a table. */
  profile?: () => Promise<string>;
}

/** Something timed: one run of it, done when its result is known. */
export type Timed = () => Promise<unknown>;

/**
 * Runs A and B in turn and gives the medians. Machines change their speed within seconds: only runs side by side can be
 * compared.
 */
export async function alternate(
  ours: Timed,
  peer: Timed,
  {
    rounds,
    oursPerRound = 1,
    peerPerRound = 1,
    warmUp = 2,
  }: {
    rounds: number;
    oursPerRound?: number;
    peerPerRound?: number;
    warmUp?: number;
  },
): Promise<Pick<Figures, 'ours_ms' | 'peer_ms' | 'ratio_low' | 'ratio_high'>> {
  for (let i = 0; i < warmUp; i++) await ours();
  for (let i = 0; i < Math.min(warmUp, peerPerRound); i++) await peer();
  const times: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [own, other] = [await repeated(ours, oursPerRound), await repeated(peer, peerPerRound)];
    times.ours.push(...own);
    times.peer.push(...other);
    ratios.push(median(other) / median(own));
  }
  const [ratio_low, ratio_high] = [quantile(ratios, 0.25), quantile(ratios, 0.75)];
  return { ours_ms: median(times.ours), peer_ms: median(times.peer), ratio_low, ratio_high };
}

/** How long something takes. */
export async function milliseconds(work: Timed): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function repeated(work: Timed, times: number): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push(await milliseconds(work));
  return all;
}

/** The middle value, or the mean of the two in the middle. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The value below which this share of them lies, between two of them in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return below + (above - below) * (place % 1);
}
