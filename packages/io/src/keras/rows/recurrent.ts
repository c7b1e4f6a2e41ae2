import { permute } from '../../weights/fit.js';
import { Lack } from '../layer-options.js';
import type { LayerGiven, LayerRow, Made, Weight, WeightName } from '../row.js';

const weights: readonly WeightName[] = [['kernel'], ['recurrent_kernel'], ['bias', 'use_bias']];

/** The gates of a recurrent module: where each of ours is among those of Keras. */
interface Gates {
  readonly className: string;
  readonly gates: readonly number[];
  /** What it is besides, or how it differs. */
  check(given: LayerGiven): object;
}

const plain: Gates = {
  className: 'RNN',
  gates: [0],
  check: ({ options }) => ({ mode: options.choice('activation', ['tanh', 'relu'], 'tanh') }),
};

function checkFunctions({ options, maker }: LayerGiven): object {
  options.choice('activation', ['tanh'], 'tanh');
  options.choice('recurrent_activation', ['sigmoid'], maker.isTfjs ? undefined : 'sigmoid');
  return {};
}

const lstm: Gates = { className: 'LSTM', gates: [0, 1, 2, 3], check: checkFunctions };

/** z, r and h there, r, z and n here. */
const gru: Gates = {
  className: 'GRU',
  gates: [1, 0, 2],
  check: (given) => {
    if (!given.options.flag('reset_after', false)) throw new Lack('with reset_after false');
    return checkFunctions(given);
  },
};

/** Blocks of columns in another order. */
function reordered({ values, shape }: Weight, gates: readonly number[]): Weight {
  const columns = shape.at(-1)!;
  const width = columns / gates.length;
  const sorted = values.map((_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return values[row * columns + gates[Math.floor(column / width)]! * width + (column % width)]!;
  });
  return { shape, values: sorted };
}

/** The parameters of one direction, by PyTorch's names without their ends. */
function parameters(given: LayerGiven, { gates }: Gates): Record<string, Float32Array> {
  const matrix = (name: string) => {
    const { values, shape } = reordered(given.weight(name, 2), gates);
    return permute(values, shape, [1, 0]);
  };
  const bias = given.weightIf('bias');
  const named = { weight_ih: matrix('kernel'), weight_hh: matrix('recurrent_kernel') };
  if (!bias) return named;
  const { values, shape } = reordered(bias, gates);
  const half = shape.length === 2 ? values.length / 2 : values.length;
  const ofState = shape.length === 2 ? values.slice(half) : new Float32Array(half);
  return { ...named, bias_ih: values.slice(0, half), bias_hh: ofState };
}

const suffixed = (values: Record<string, Float32Array>, suffix: string) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${name}_l0${suffix}`, value]));

function recurrent(given: LayerGiven, kind: Gates, back?: LayerGiven): Made {
  for (const way of back ? [given, back] : [given]) {
    for (const name of ['return_state', 'stateful', 'time_major']) way.options.refuse(name);
    way.options.refuse('go_backwards', [way === back]);
    for (const name of ['dropout', 'recurrent_dropout']) way.options.refuse(name, [0]);
    kind.check(way);
  }
  const getSequences = given.options.flag('return_sequences', false);
  const [insize, columns] = given.weight('kernel', 2).shape as [number, number];
  const options = {
    insize,
    hsize: columns / kind.gates.length,
    ...(back ? { direction: 'bi' } : {}),
    ...{ getSequences, batchFirst: true, useBias: given.weightIf('bias') !== undefined },
    ...kind.check(given),
  };
  const ways = {
    ...suffixed(parameters(given, kind), ''),
    ...(back ? suffixed(parameters(back, kind), '_reverse') : {}),
  };
  const parts = [{ className: kind.className, options, values: ways }];
  return getSequences ? { parts, rank: 3, order: 'back' } : { parts, rank: 2 };
}

const kinds: Readonly<Record<string, Gates>> = { SimpleRNN: plain, LSTM: lstm, GRU: gru };

const row = (kind: Gates): LayerRow => ({
  weights,
  inside: 'cell',
  takes: 'back',
  make: (given) => recurrent(given, kind),
});

export const recurrentRows: Readonly<Record<string, LayerRow>> = {
  SimpleRNN: row(plain),
  LSTM: row(lstm),
  GRU: row(gru),
  Bidirectional: {
    wraps: ['forward', 'backward'],
    takes: 'back',
    make: (given) => {
      given.options.choice('merge_mode', ['concat'], 'concat');
      const [forward, backward] = [given.wrapped('forward'), given.wrapped('backward')];
      const kind = Object.hasOwn(kinds, forward.className) ? kinds[forward.className] : undefined;
      if (!kind || backward.className !== forward.className) throw new Lack(`around a ${forward.className}`);
      return recurrent(forward.given, kind, backward.given);
    },
  },
  TimeDistributed: {
    wraps: [''],
    takes: 'back',
    make: (given) => {
      const { row: inner, className, given: inside } = given.wrapped('');
      if (className !== 'Dense') throw new Lack(`around a ${className}`);
      return inner.make(inside);
    },
  },
};
