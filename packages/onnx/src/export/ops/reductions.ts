import { float } from '../../format/attributes.js';
import { Tensor_DataType as DataType } from '../../format/messages.js';
import { rowLength, type Size } from '@tessera-nn/core/internal';
import type { Translator } from '../translate.js';

/** Rows along the last axis, for what each row is brought to mean 0 and variance 1 in. */
interface Rows {
  rows: Size;
  centred: boolean;
  epsilon: number;
}

export const reductionOps: Record<string, Translator> = {
  sum: (at) => at.add('ReduceSum', [at.names[0]!, at.writer.ints(at.attrs<{ axes: number[] }>().axes)]),
  extreme: (at) => {
    const { axes, isLeast } = at.attrs<{ axes: number[]; isLeast: boolean }>();
    return at.add(isLeast ? 'ReduceMin' : 'ReduceMax', at.names, { axes });
  },
  argExtreme: (at) => {
    const { axis, isLeast } = at.attrs<{ axis: number; isLeast: boolean }>();
    return at.add('Cast', [at.add(isLeast ? 'ArgMin' : 'ArgMax', at.names, { axis })], { to: DataType.INT32 });
  },
  cumsum: (at) => {
    const { axis, reverse } = at.attrs<{ axis: number; reverse: boolean }>();
    return at.add('CumSum', [at.names[0]!, at.writer.ints([axis])], { reverse: Number(reverse) });
  },
  largest: (at) => {
    const { count } = at.attrs<{ count: number }>();
    const [values, places] = at.writer.addAll('TopK', [at.names[0]!, at.writer.ints([count])], { axis: 1 }, 2);
    const smallestFirst = (name: string) => {
      const { writer } = at;
      const [last, front, axes] = [writer.ints([-1]), writer.ints([-count - 1]), writer.ints([1])];
      return at.add('Slice', [name, last, front, axes, last]);
    };
    return [smallestFirst(values!), at.add('Cast', [smallestFirst(places!)], { to: DataType.INT32 })];
  },
  gather: (at) => at.add('Gather', [at.nameOf('x'), at.nameOf('indices')], { axis: at.attrs<{ axis: number }>().axis }),
  matmul: (at) => {
    const { transposeA, transposeB } = at.attrs<{ transposeA: boolean; transposeB: boolean }>();
    const factors = [at.nameOf('a'), at.nameOf('b')];
    const bias = at.nameOf('bias');
    if (!transposeA && !transposeB && !bias) return at.add('MatMul', factors);
    return at.add('Gemm', bias ? [...factors, bias] : factors, {
      transA: Number(transposeA),
      transB: Number(transposeB),
    });
  },
  'batch matmul': (at) => {
    const { transposeA, transposeB } = at.attrs<{ transposeA: boolean; transposeB: boolean }>();
    const turned = (name: string, isTurned: boolean) =>
      isTurned ? at.add('Transpose', [name], { perm: [0, 2, 1] }) : name;
    return at.add('MatMul', [turned(at.nameOf('a'), transposeA), turned(at.nameOf('b'), transposeB)]);
  },
  'batch norm inference': (at) => {
    const inputs = ['x', 'scale', 'bias', 'mean', 'variance'].map((name) => at.nameOf(name));
    return at.add('BatchNormalization', inputs, { epsilon: float(at.attrs<{ epsilon: number }>().epsilon) });
  },
  standardize: (at) => {
    const { rows, centred, epsilon } = at.attrs<Rows>();
    const length = rowLength(at.input.shape, rows) ?? at.refuse('normalizes over the batch');
    const lying = at.reshaped(at.names[0]!, [rows, length]);
    if (centred) {
      const ones = at.writer.numbers(new Array<number>(length).fill(1));
      const y = at.add('LayerNormalization', [lying, ones], { axis: -1, epsilon: float(epsilon) });
      return at.reshaped(y, at.result.shape);
    }
    const square = at.add('ReduceMean', [at.add('Mul', [lying, lying])], { axes: [-1] });
    const root = at.add('Sqrt', [at.add('Add', [square, at.writer.number(epsilon)])]);
    return at.reshaped(at.add('Div', [lying, root]), at.result.shape);
  },
};
