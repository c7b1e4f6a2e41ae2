import { CrossEntropy, FunctionCost, MSE, Multi } from '@tessera-nn/cost';
import { Module, parameter, Variable } from '@tessera-nn/core';
import { SGD } from '@tessera-nn/optim';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import { Calculator } from './calculator.js';
import type { FlatArray, HandlerInput } from './host-arrays.js';
import { Trainer } from './trainer.js';
import { Validator } from './validator.js';

/** Gives what it is given. */
class Same extends Module {
  static override readonly className = 'Same';
  override dataShapeFrom(shape: readonly number[]): number[] {
    return [...shape];
  }
  protected override updateData(data: Variable): Variable {
    return data.add(0);
  }
}

class SameList extends Module<readonly Variable[], readonly Variable[]> {
  static override readonly className = 'SameList';
  override get takes() {
    return 'list' as const;
  }
  override dataShapeFrom(shapes: readonly (readonly number[])[]): number[][] {
    return shapes.map((shape) => [...shape]);
  }
  protected override updateData(data: readonly Variable[]): readonly Variable[] {
    return data.map((variable) => variable.add(0));
  }
}

/** Scores of twelve classes, the same for every sample, and learned. */
class Scores extends Module {
  static override readonly className = 'Scores';
  readonly w = parameter(new Float32Array(12), { shape: [1, 12] });
  override dataShapeFrom([batch]: readonly number[]): number[] {
    return [batch!, 12];
  }
  protected override updateData(data: Variable): Variable {
    return data.matmul(this.w);
  }
}

/** What holds bytes without saying what they are. */
const bytes = (...values: number[]): [string, FlatArray['data']][] => [
  ['Uint8Array', Uint8Array.from(values)],
  ['Uint8ClampedArray', Uint8ClampedArray.from(values)],
  ['Int8Array', Int8Array.from(values)],
  ['Uint16Array', Uint16Array.from(values)],
  ['Float64Array', Float64Array.from(values)],
  ['BigInt64Array', BigInt64Array.from(values, BigInt)],
  ...('Buffer' in globalThis ? [['Buffer', Buffer.from(values)] as [string, Uint8Array]] : []),
];

describe(`What handlers take typed arrays for [${backendName}]`, () => {
  onBackend();

  for (const [name, data] of bytes(0, 10)) {
    it(`numbers, in a ${name} of targets or of data`, async () => {
      const validator = new Validator(new Same(), new MSE({ half: false }));
      const zeros = new Variable([[0], [0]]);
      const floats = { data: Float32Array.of(0, 10), shape: [2, 1] };
      expect(await validator.validate(zeros, { data, shape: [2, 1] })).to.equal(50);
      expect(await validator.validate(floats, { data, shape: [2, 1], dtype: 'float32' })).to.equal(0);
      if (data instanceof BigInt64Array) return; // int32, which this network is not for
      expect(await validator.validate({ data, shape: [2, 1] }, zeros)).to.equal(50);
    });

    it(`numbers, in a ${name} within lists`, async () => {
      const cost = new Multi([new MSE({ half: false }), new MSE({ half: false })]);
      const zeros: HandlerInput = [new Variable([[0], [0]]), new Variable([[0], [0]])];
      const targets: HandlerInput = [{ data, shape: [2, 1] }, new Variable([[0], [0]])];
      expect(await new Validator(new SameList(), cost).validate(zeros, targets)).to.deep.equal([50, 0]);
    });

    it(`class numbers, in a ${name} of labels`, async () => {
      const net = new Scores();
      const trainer = new Trainer(net, new CrossEntropy(), new SGD(1).setupOn(net));
      await trainer.train([[1], [1]], { data, shape: [2] });
      const learned = [...(await net.w.values())];
      expect(learned.map((value, label) => (value > 0 ? label : -1)).filter((label) => label >= 0)).to.deep.equal([
        0, 10,
      ]);
    });
  }

  it("numbers, in what samples of one's own gather", async () => {
    const gather = () => ({
      data: Uint8Array.of(0, 10),
      shape: [2, 1],
      target: Uint8Array.of(7, 10),
      targetShape: [2, 1],
    });
    expect(await new Validator(new Same(), new MSE({ half: false })).validate({ length: 2, gather })).to.equal(24.5);
  });

  it('true and false only where they say so', async () => {
    const flags: FlatArray = { data: Uint8Array.of(0, 10), shape: [2, 1], dtype: 'bool' };
    expect(await new Validator(new Same(), new MSE({ half: false })).validate([[0], [0]], flags)).to.equal(0.5);
    const seen: string[] = [];
    const cost = new FunctionCost((prediction: Variable, target: Variable) => {
      seen.push(target.dtype);
      return prediction.mean();
    });
    const variable = new Variable([[true], [false]], { dtype: 'bool' });
    const bytes: FlatArray = { data: Uint8Array.of(0, 10), shape: [2, 1] };
    for (const target of [flags, variable, bytes]) await new Validator(new Same(), cost).validate([[0], [0]], target);
    expect(seen).to.deep.equal(['bool', 'bool', 'float32']);
  });

  it('as they are, in outputs on the host', async () => {
    const { values, dtype } = await new Calculator(new Same()).calcFromHost([[1], [2]]);
    expect([[...values], dtype]).to.deep.equal([[1, 2], 'float32']);
  });
});
