import {
  concat,
  matmul,
  Module,
  named,
  option,
  optionsOf,
  parameter,
  randomStream,
  reshape,
  split,
  stack,
  transpose,
  zeros,
  type Values,
  type Variable,
} from '@tessera-nn/core';
import { filled, shapeText } from '@tessera-nn/core/internal';
import { Dropout } from '../dropout/dropout.js';

/** The options of every recurrent module; the first ones in their order. */
export const recurrentOptions = {
  /** Default: that of the first input. */
  insize: option.count.optional,
  hsize: option.count,
  /** How many are stacked, each behind the one before. Default 1. */
  layers: option.count.or(1),
  /** `bi`: a second one goes from the end to the start, and both results lie side by side. Default `uni`. */
  direction: option.oneOf('uni', 'bi').or('uni'),
  /** The probability of dropping a number between two layers. Default 0. */
  dropout: option.numberBetween(0, 1).or(0),
  /** Whether the states of all steps come out; else that of the last step alone. Default false. */
  getSequences: option.flag.or(false),
  ...named,
};

/** Those that come by name alone. */
export const recurrentOptionsByName = {
  /** Whether the batch is the first axis of the input and of sequences, and the time the second. Default false. */
  batchFirst: option.flag.or(false),
  /** Default true. */
  useBias: option.flag.or(true),
};

const shared = optionsOf('A recurrent module', recurrentOptions, recurrentOptionsByName);

/** The arguments of a recurrent module in their positions. */
export type RecurrentPositions = [
  insize: number,
  hsize: number,
  layers?: number,
  direction?: 'uni' | 'bi',
  dropout?: number,
  getSequences?: boolean,
  name?: string,
];

/** What a module remembers from step to step: what comes out first. */
export type State = readonly Variable[];

/**
 * What modules share that go along a sequence: with each step a new state, of the inputs of the step and of the state before.
 * Parameters have PyTorch's names and shapes: for layer 0 `weight_ih_l0` `[gates hsize, insize]`, `weight_hh_l0`
 * `[gates hsize, hsize]`, `bias_ih_l0` and `bias_hh_l0`, and the same with `_reverse` for the other direction.
 */
export abstract class Recurrent extends Module {
  readonly insize!: number;
  readonly hsize: number;
  readonly layers: number;
  readonly direction: 'uni' | 'bi';
  readonly getSequences: boolean;
  readonly batchFirst: boolean;
  readonly useBias: boolean;
  readonly drop: Dropout | null;

  /** @param gates how many numbers each unit computes of its inputs in a step. */
  constructor(options: Values<typeof shared>, gates: number) {
    super(options, options);
    const { hsize, layers, direction, getSequences, batchFirst, useBias, dropout } = options;
    [this.hsize, this.layers, this.direction] = [hsize, layers, direction];
    [this.getSequences, this.batchFirst, this.useBias] = [getSequences, batchFirst, useBias];
    this.drop = dropout > 0 && layers > 1 ? new Dropout(dropout) : null;
    const bound = 1 / Math.sqrt(hsize);
    const makes: Record<string, (insize: number) => Variable> = {};
    for (let layer = 0; layer < layers; layer++) {
      const columns = (insize: number) => (layer === 0 ? insize : hsize * this.#ways.length);
      const shapes = {
        weight_ih: (insize: number) => [gates * hsize, columns(insize)],
        weight_hh: () => [gates * hsize, hsize],
        ...(useBias ? { bias_ih: () => [gates * hsize], bias_hh: () => [gates * hsize] } : {}),
      };
      for (const way of this.#ways) {
        for (const [kind, shapeOf] of Object.entries(shapes)) {
          const name = `${kind}_l${layer}${way}`;
          makes[name] = (insize) => {
            const shape = shapeOf(insize);
            const values = filled(shape, 0).map(() => randomStream().uniform(-bound, bound));
            return parameter(values, { shape, name, wc: Number(kind.startsWith('weight')) });
          };
        }
      }
    }
    this.sized<Recurrent>({ name: 'insize', given: options.insize, of: (shape) => shape[2], makes });
  }

  /** The ends of the names of both directions. */
  get #ways(): readonly string[] {
    return this.direction === 'bi' ? ['', '_reverse'] : [''];
  }

  /** The state before the first step: zeros. */
  protected start(batch: number): State {
    return [zeros([batch, this.hsize])];
  }

  /** The next state, of what inputs and state before come to for each gate, [batch, gates hsize]. */
  protected abstract step(ofInput: Variable, ofState: Variable, state: State): State;

  override dataShapeFrom(shape: readonly number[]): number[] {
    const { insize, hsize, batchFirst, getSequences } = this;
    if (shape.length !== 3 || shape[2] !== insize) {
      throw this.shapeError(`input ${shapeText(shape)} does not fit`, {
        expected: batchFirst ? `[batch, time, ${insize}]` : `[time, batch, ${insize}]`,
        received: shapeText(shape),
      });
    }
    const wide = hsize * this.#ways.length;
    return getSequences ? [shape[0]!, shape[1]!, wide] : [shape[batchFirst ? 0 : 1]!, wide];
  }

  protected override updateData(data: Variable): Variable {
    const turned = (x: Variable) => (this.batchFirst ? transpose(x, [1, 0, 2]) : x);
    let sequence = turned(data);
    let ends: Variable[] = [];
    for (let layer = 0; layer < this.layers; layer++) {
      const dropped = layer > 0 && this.drop ? this.drop.forward(sequence) : sequence;
      const isNeeded = this.getSequences || layer + 1 < this.layers;
      const ways = this.#ways.map((way) => this.#along(dropped, `_l${layer}${way}`, way !== ''));
      ends = ways.map((states) => states.at(-1)!);
      if (isNeeded)
        sequence = concat(
          ways.map((states, i) => stack(i === 1 ? states.reverse() : states)),
          2,
        );
    }
    return this.getSequences ? turned(sequence) : concat(ends, 1);
  }

  /** What comes out of each step, in the order of the steps. */
  #along(sequence: Variable, suffix: string, isReversed: boolean): Variable[] {
    const [time, batch, columns] = sequence.shape as [number, number, number];
    const bias = (kind: string) => (this.useBias ? { bias: this.getVar(`bias_${kind}${suffix}`) } : {});
    const rows = reshape(sequence, [time * batch, columns]);
    const all = matmul(rows, this.getVar(`weight_ih${suffix}`), { transposeB: true, ...bias('ih') });
    const inputs = split(all, new Array<number>(time).fill(batch));
    if (isReversed) inputs.reverse();
    const recurrent = transpose(this.getVar(`weight_hh${suffix}`)); // once: each product would do it again
    let state = this.start(batch);
    return inputs.map((ofInput) => {
      state = this.step(ofInput, matmul(state[0]!, recurrent, bias('hh')), state);
      return state[0]!;
    });
  }

  override extraRepr(): string {
    const { hsize, layers, direction, getSequences, batchFirst, useBias } = this;
    const changes = shared.changes({ layers, direction, getSequences, batchFirst, useBias });
    return [`${this.shown('insize')}, ${hsize}`, ...changes].join(', ');
  }
}
