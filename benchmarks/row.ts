/** One figure: ours against a peer, measured alternately in one process or page. */
export interface Row {
  name: string;
  /** Median milliseconds. */
  ours_ms: number;
  peer_ms: number;
  /** peer_ms / ours_ms, of the medians. */
  ratio: number;
  /** GPU draw calls of one of our steps, on WebGL; calls of our kernels elsewhere. */
  launches: number;
}

/** Something a benchmark needs is not on this machine; the message says what, and how to get it. */
export class Unavailable extends Error {}

/** A file in `rows/` exports one of these as `benchmark`; its name is the file's. */
export interface Benchmark {
  /** What is compared with what, in a line. */
  title: string;
  /** Where it runs: in this process, or in a page of Chromium. */
  where: 'node' | 'page';
  /** Run in so many fresh pages, each of a browser of its own; medians of what they give are reported. */
  pages?: number;
  run: () => Promise<Omit<Row, 'name'>>;
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
): Promise<{ ours_ms: number; peer_ms: number; ratio: number }> {
  for (let i = 0; i < warmUp; i++) await ours();
  for (let i = 0; i < Math.min(warmUp, peerPerRound); i++) await peer();
  const times: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < oursPerRound; i++) times.ours.push(await milliseconds(ours));
    for (let i = 0; i < peerPerRound; i++) times.peer.push(await milliseconds(peer));
  }
  const [ours_ms, peer_ms] = [median(times.ours), median(times.peer)];
  return { ours_ms, peer_ms, ratio: peer_ms / ours_ms };
}

/** How long something takes. */
export async function milliseconds(work: Timed): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
