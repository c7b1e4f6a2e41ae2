import { nd, type Nd } from './nd.js';

/** One step of a cell: the next states, the first of which comes out, of what inputs and state come to for each gate. */
export type Cell = (ofInput: number[], ofState: number[], states: readonly number[][]) => number[][];

/** How a sequence is gone along; the shape of the input is [time, batch, insize]. */
export interface Recurrence {
  hsize: number;
  layers: number;
  direction: 'uni' | 'bi';
  getSequences: boolean;
}

/** What recurrent layers with PyTorch's parameters make of a sequence, in float64. */
export function recurrence(
  x: Nd,
  parameters: Record<string, Nd>,
  { hsize, layers, direction, getSequences }: Recurrence,
  cell: Cell,
  states = 1,
): Nd {
  const [time, batch, insize] = x.shape as [number, number, number];
  const rowsOf = ({ data }: Nd, length: number) =>
    Array.from({ length: data.length / length }, (_, i) => [...data.slice(i * length, (i + 1) * length)]);
  const times = (W: Nd, b: Nd | undefined, v: number[]) =>
    rowsOf(W, v.length).map((row, i) => row.reduce((sum, w, j) => sum + w * v[j]!, b ? b.data[i]! : 0));
  const rows = rowsOf(x, insize);
  let sequence = Array.from({ length: time }, (_, t) => rows.slice(t * batch, (t + 1) * batch));
  let last: number[][] = [];
  for (let layer = 0; layer < layers; layer++) {
    const ways = (direction === 'bi' ? ['', '_reverse'] : ['']).map((way) => {
      const of = (kind: string) => parameters[`${kind}_l${layer}${way}`];
      const steps = way ? [...sequence].reverse() : sequence;
      let state = Array.from({ length: batch }, () =>
        Array.from({ length: states }, () => new Array<number>(hsize).fill(0)),
      );
      const out = steps.map((step) => {
        state = step.map((v, n) =>
          cell(
            times(of('weight_ih')!, of('bias_ih'), v),
            times(of('weight_hh')!, of('bias_hh'), state[n]![0]!),
            state[n]!,
          ),
        );
        return state.map(([h]) => h!);
      });
      return { out: way ? [...out].reverse() : out, end: out.at(-1)! };
    });
    sequence = sequence.map((_, t) => Array.from({ length: batch }, (_, n) => ways.flatMap(({ out }) => out[t]![n]!)));
    last = Array.from({ length: batch }, (_, n) => ways.flatMap(({ end }) => end[n]!));
  }
  const wide = hsize * (direction === 'bi' ? 2 : 1);
  return getSequences ? nd([time, batch, wide], sequence.flat(2)) : nd([batch, wide], last.flat());
}

/** 1 / (1 + e^-x). */
export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
