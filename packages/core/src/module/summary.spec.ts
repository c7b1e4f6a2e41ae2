import { backendName, held, Holder, onBackend } from '@tessera-nn/testing';
import { ShapeError, type Shapes } from '@tessera-nn/kernels';
import { expect } from 'chai';
import type { Data } from './data.js';
// Not './module.js': dependency-cruiser 17.4 takes that for Node's own module and fails.
import { Module } from '../module/module.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';

/** Takes rows of `columns` numbers and gives rows of `results`. */
class Rows extends Holder {
  static override readonly className = 'Rows';
  constructor(
    readonly columns: number,
    readonly results: number,
    fields: Record<string, unknown> = {},
  ) {
    super({ W: parameter(new Float32Array(columns * results), { shape: [columns, results] }), ...fields });
  }
  override dataShapeFrom(shape: readonly number[]): number[] {
    if (shape[1] === this.columns) return [shape[0]!, this.results];
    throw this.shapeError('other rows', { received: `[${shape.join(', ')}]` });
  }
}

class Net extends Holder {
  static override readonly className = 'Net';
  override dataShapeFrom(shape: readonly number[]): number[] {
    const { first, block } = this as unknown as { first: Rows; block: { members: () => unknown; last: Rows } };
    return block.last.dataShapeFrom(first.dataShapeFrom(first.dataShapeFrom(shape)));
  }
}

const build = () => {
  const first = new Rows(30, 30, { mean: new Variable(new Float32Array(30)).keep() });
  const last = new Rows(30, 2, { tied: first.W });
  (last.W as Variable).requiresGrad = false;
  return new Net({ first, block: new Holder({ last }), unused: new Holder() }, { name: 'net' });
};

describe(`Summary of a module [${backendName}]`, () => {
  onBackend();

  it('shows each module once with its shape and the parameters that are its own, and counts them', () => {
    expect(build().summary([8, 30])).to.equal(
      [
        'Layer (type)       Output shape  Params',
        '=======================================',
        'net (Net)          [8, 2]             0',
        '  first (Rows)     [8, 30]          900',
        '  block (Holder)   -                  0',
        '    last (Rows)    [8, 2]            60',
        '  unused (Holder)  -                  0',
        '=======================================',
        'Total params: 960 (3.75 KB)',
        'Trainable params: 900',
        'Non-trainable params: 60',
        'Buffers: 30',
      ].join('\n'),
    );
  });

  it('computes nothing and holds nothing, and shows what a rule in a field answers', () => {
    const net = build();
    const before = held();
    net.summary([8, 30]);
    expect(held()).to.deep.equal(before);
    const own = Object.assign(new Holder(), { dataShapeFrom: () => [7] });
    expect(own.summary([1])).to.contain('[7]');
  });

  it('throws what the shape rule throws, and another after it is complete', () => {
    const net = build();
    const table = net.summary([8, 30]);
    expect(() => net.summary([8, 3])).to.throw(ShapeError, 'other rows');
    expect(net.summary([8, 30])).to.equal(table);
  });

  it('shows the last answer alone of a rule that asks that of its base class', () => {
    class Half extends Rows {
      override dataShapeFrom(shape: readonly number[]): number[] {
        const [batch, results] = super.dataShapeFrom(shape) as [number, number];
        return [batch, results / 2];
      }
    }
    new Rows(3, 8);
    const lines = new Half(3, 8, {}).summary([2, 3]).split('\n');
    expect(lines[2]).to.match(/ {2}\[2, 4\] {2}/);
  });

  it('shows every shape of a module that is used on several, and thousands apart', () => {
    const wide = new Rows(1, 1000);
    class Twice extends Holder {
      override dataShapeFrom(shape: readonly number[]): number[] {
        wide.dataShapeFrom(shape);
        return wide.dataShapeFrom([2 * shape[0]!, 1]);
      }
    }
    const text = new Twice({ wide, more: parameter(new Float32Array(2000)) }).summary([4, 1]);
    expect(text).to.contain('[4, 1000]; [8, 1000]').and.contain('Total params: 3,000');
  });

  it('shows lists of shapes in one line while they are short, else an entry on each', () => {
    const lists = (...shapes: Shapes[]) => {
      class Lists extends Module<Variable, readonly Data[]> {
        override dataShapeFrom(): number[][] {
          return shapes as number[][];
        }
        protected override updateData(x: Variable): Data[] {
          return [x];
        }
      }
      return new Lists({ name: 'lists' }).summary([1]).split('\n').slice(2, -5);
    };
    expect(lists([2, 3], [2, 5])).to.deep.equal(['lists (Module)  [[2, 3], [2, 5]]       0']);
    expect(
      lists(
        [16, 32, 64, 64],
        [
          [16, 32, 32, 32],
          [16, 32, 16, 16],
        ],
        [16, 32, 8, 8],
      ),
    ).to.deep.equal([
      'lists (Module)  [[16, 32, 64, 64],                           0',
      '                 [[16, 32, 32, 32], [16, 32, 16, 16]],',
      '                 [16, 32, 8, 8]]',
    ]);
    const row = [
      [1, 10, 100],
      [2, 20, 200],
      [3, 30, 300],
      [4, 40, 400],
    ];
    expect(lists(row, [1]).map((line) => line.trim())).to.deep.equal([
      'lists (Module)  [[[1, 10, 100],        0',
      '[2, 20, 200],',
      '[3, 30, 300],',
      '[4, 40, 400]],',
      '[1]]',
    ]);
  });

  it('shows different shapes of one module below each other where there is no room beside each other', () => {
    const deep = new Rows(1, 1000);
    class Often extends Holder {
      override dataShapeFrom(shape: readonly number[]): number[] {
        return [1, 2, 3, 4, 1].map((factor) => deep.dataShapeFrom([factor * 1000, ...shape.slice(1)])).at(-1)!;
      }
    }
    const lines = new Often({ deep }).summary([4, 1]).split('\n').slice(3, -5);
    expect(lines).to.deep.equal([
      '  deep (Rows)  [1000, 1000]   1,000',
      '               [2000, 1000]',
      '               [3000, 1000]',
      '               [4000, 1000]',
    ]);
  });
});
