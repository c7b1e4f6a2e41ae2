import { OptimizerError, ValueError } from '@tessera-nn/core';
import { expect } from 'chai';
import * as optim from '../index.js';
import {
  CosineAnnealingLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  OneCycleLR,
  ReduceLROnPlateau,
  Schedule,
} from '../index.js';
import { SequentialLR, SGD, StepLR, type Optimizer } from '../index.js';
import { goldens } from './schedules.golden.js';

type Made = Pick<ReduceLROnPlateau, 'step' | 'stateDict' | 'loadStateDict'>;
type ScheduleClass = new (optimizer: Optimizer, options: object) => Made;

const classes = optim as unknown as Record<string, ScheduleClass>;
/** PyTorch's names as they are written here. */
const inCamelCase = (attrs: object) =>
  Object.fromEntries(
    Object.entries(attrs)
      .filter(([name]) => name !== 'cycle_momentum')
      .map(([name, value]) => [
        name.replace(/^T/, 't').replace(/_(.)/g, (_, c: string) => c.toUpperCase()),
        value as unknown,
      ]),
  );

describe('Schedules', () => {
  for (const { class: name, lr, attrs, metrics, steps, rates } of goldens) {
    it(`set the rates of PyTorch 2.13.0: ${name} ${JSON.stringify(attrs)}`, () => {
      const optimizer = new SGD(lr);
      const schedule = new classes[name]!(optimizer, inCamelCase(attrs));
      const set = [optimizer.learnRate];
      for (let i = 0; i < steps; i++) {
        schedule.step(metrics?.[i] as number);
        set.push(optimizer.learnRate);
      }
      set.forEach((rate, i) => expect(rate, `after ${i} steps`).to.be.closeTo(rates[i]!, 1e-9));
    });

    it(`go on from a saved state: ${name} ${JSON.stringify(attrs)}`, () => {
      const [optimizer, other] = [new SGD(lr), new SGD(lr)];
      const [schedule, copy] = [optimizer, other].map((of) => new classes[name]!(of, inCamelCase(attrs)));
      for (let i = 0; i < 3; i++) schedule!.step(metrics?.[i] as number);
      copy!.loadStateDict(JSON.parse(JSON.stringify(schedule!.stateDict())) as never);
      other.learnRate = optimizer.learnRate;
      for (let i = 3; i < steps; i++) {
        schedule!.step(metrics?.[i] as number);
        copy!.step(metrics?.[i] as number);
        expect(other.learnRate).to.equal(optimizer.learnRate);
      }
    });
  }

  it('start from one rate where several are made for an optimizer', () => {
    const optimizer = new SGD(0.5);
    const warmUp = new LinearLR(optimizer, { startFactor: 0.2, totalIters: 2 });
    const fade = new CosineAnnealingLR(optimizer, { tMax: 4 });
    const schedule = new SequentialLR(optimizer, { schedules: [warmUp, fade], milestones: [2] });
    const rates = [optimizer.learnRate];
    for (let i = 0; i < 6; i++) {
      schedule.step();
      rates.push(optimizer.learnRate);
    }
    const expected = [0.1, 0.3, 0.5, 0.5 * (0.5 + Math.SQRT1_2 / 2), 0.25, 0.5 * (0.5 - Math.SQRT1_2 / 2), 0];
    rates.forEach((rate, i) => expect(rate).to.be.closeTo(expected[i]!, 1e-12));
  });

  it('stay at their last rate behind the end of one cycle', () => {
    const schedule = new OneCycleLR(new SGD(0.5), { maxLr: 1, totalSteps: 10 });
    expect(schedule.rateAt(30)).to.equal(schedule.rateAt(9));
  });

  it('take a function of the steps, and check what it returns as a rate', () => {
    const optimizer = new SGD(0.5);
    const schedule = new LambdaLR(optimizer, (t) => 1 - t);
    schedule.step();
    expect(optimizer.learnRate).to.equal(0);
    expect(() => schedule.step()).to.throw(OptimizerError, 'learnRate');
    expect(() => new LambdaLR(optimizer, 0.5 as never)).to.throw(OptimizerError, 'the factor is not a function');
  });

  it('lower nothing for a metric of NaN before it was borne', () => {
    const optimizer = new SGD(0.5);
    const schedule = new ReduceLROnPlateau(optimizer, { patience: 1 });
    schedule.step(NaN);
    expect(optimizer.learnRate).to.equal(0.5);
    schedule.step(NaN);
    expect(optimizer.learnRate).to.be.closeTo(0.05, 1e-12);
    expect(() => schedule.step(undefined as never)).to.throw(OptimizerError, 'the metric is not a number');
  });

  it('refuse what is no optimizer, options that fit none, and milestones that do not rise', () => {
    for (const Class of [StepLR, ReduceLROnPlateau]) {
      expect(() => new Class(0.1 as never, { stepSize: 1 })).to.throw(OptimizerError, 'Expected an optimizer');
    }
    const optimizer = new SGD(0.5);
    expect(() => new StepLR(optimizer, { step_size: 1 } as never)).to.throw(ValueError, 'Did you mean "stepSize"?');
    const parts = [1, 2, 3].map(() => new ExponentialLR(optimizer, { gamma: 0.5 }));
    for (const milestones of [[], [1], [2, 1], [1, 1]]) {
      expect(() => new SequentialLR(optimizer, { schedules: parts, milestones })).to.throw(
        OptimizerError,
        '2 milestones',
      );
    }
    expect(optimizer.learnRate).to.equal(0.5);
  });

  it('refuse states that are not theirs, and stay as they were', () => {
    const optimizer = new SGD(0.5);
    const made: Made[] = [new ExponentialLR(optimizer, { gamma: 0.5 }), new ReduceLROnPlateau(optimizer)];
    for (const schedule of made) {
      const before = schedule.stateDict();
      for (const wrong of [
        undefined,
        null,
        3,
        [],
        {},
        { t: -1 },
        { t: 1.5 },
        { ...before, x: 1 },
        { ...before, t: '1' },
      ]) {
        expect(() => schedule.loadStateDict(wrong as never)).to.throw(OptimizerError, 'nothing was changed');
      }
      expect(schedule.stateDict()).to.deep.equal(before);
    }
    expect(optimizer.learnRate).to.equal(0.5);
    expect(made[0]).to.be.instanceOf(Schedule);
  });
});
