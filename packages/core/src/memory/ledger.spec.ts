import { backendName, held, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Module } from '../module/module.js';
import { parameter } from '../variable/parameter.js';
import { Variable } from '../variable/variable.js';
import { ledger } from './ledger.js';
import { keep, scope } from './scope.js';

class Leaf extends Module {
  static override readonly className = 'Leaf';
  readonly factor = parameter(new Float32Array(17).fill(2));
  hidden: Variable | undefined;
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    this.hidden = keep(x.exp());
    return x.mul(this.factor);
  }
}

class Root extends Module {
  static override readonly className = 'Root';
  readonly branch = { left: new Leaf() };
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(x: Variable): Variable {
    return this.branch.left.forward(x);
  }
}

const rowsOf = (module: string) => ledger().filter((row) => row.module === module && row.shape.includes(17));

describe(`ledger [${backendName}]`, () => {
  onBackend();

  it('names what is held by the dotted path of the module and the op that made it', () => {
    scope(() => {
      const net = new Root({ name: 'net' });
      const y = net.forward(new Float32Array(17).fill(1));
      expect(rowsOf('net.branch.left')).to.have.deep.members([
        { module: 'net.branch.left', op: 'exp', shape: [17], count: 1, bytes: 68 },
        { module: 'net.branch.left', op: 'mul', shape: [17], count: 1, bytes: 68 },
      ]);
      expect(rowsOf('').map(({ op }) => op)).to.include('Variable');
      y.backward(new Float32Array(17).fill(1));
      expect(net.branch.left.factor.grad).not.to.equal(null);
      net.branch.left.hidden!.dispose();
      net.dispose();
    });
    expect(rowsOf('net.branch.left').map(({ op }) => op)).not.to.include('exp');
  });

  it('counts what is alike in one row, and lists the largest first', () => {
    scope(() => {
      const made = [1, 2, 3].map(() => new Variable(new Float32Array(19)).mul(2));
      const flags = new Variable(new Uint8Array(23), { dtype: 'bool' });
      const rows = ledger();
      expect(rows.filter(({ op, shape }) => op === 'affine' && shape[0] === 19)).to.deep.equal([
        { module: '', op: 'affine', shape: [19], count: made.length, bytes: 3 * 19 * 4 },
      ]);
      expect(rows.find(({ shape }) => shape[0] === 23)!.bytes).to.equal(flags.size);
      const sizes = rows.map(({ bytes }) => bytes);
      expect(sizes).to.deep.equal([...sizes].sort((a, b) => b - a));
      expect(rows.reduce((total, { count }) => total + count, 0)).to.equal(held().storages);
    });
  });

  it('falls back on the class where a module has no name', () => {
    scope(() => {
      const net = new Leaf();
      net.forward(new Float32Array(17).fill(1));
      // The numbers became a Variable in the call, and the product keeps it for its gradient.
      expect(rowsOf('Leaf').map(({ op }) => op)).to.have.members(['Variable', 'exp', 'mul']);
      net.hidden!.dispose();
    });
  });
});
