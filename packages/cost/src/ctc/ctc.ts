import {
  broadcastingOp,
  logSoftmax,
  logSumExp,
  option,
  optionsOf,
  pad,
  ShapeError,
  type Given,
  type Source,
  type SourceOf,
  type Variable,
} from '@tessera-nn/core';
import { shapeText } from '@tessera-nn/core/internal';
import { formula } from '@tessera-nn/kernels';
import type { MeasureOptions } from '../cost.js';
import { MeanCost, reductionOption, type Losses } from '../mean-cost.js';
import { pathsOf, readCtcTarget } from './ctc-paths.js';

const { add, exp, gt, log, lt, max, neg, select, sub } = formula;

/** The logarithm of what cannot be: finite, so that differences of two of them are numbers, and far below all others. */
const NEVER = -1e30;

/** One step of the sum over paths: from the place itself, the one before and, where it may be left out, the one before that. */
const step = broadcastingOp({
  name: 'CTCStep',
  inputs: ['stays', 'comes', 'skips', 'maySkip', 'emitted', 'runs'],
  value: ({ stays, comes, skips, maySkip, emitted, runs }) => {
    const skipped = select(gt(maySkip, 0), skips, NEVER);
    const most = max(max(stays, comes), skipped);
    const sum = add(add(exp(sub(stays, most)), exp(sub(comes, most))), exp(sub(skipped, most)));
    return select(gt(runs, 0), add(emitted, add(most, log(sum))), stays);
  },
});

const among = broadcastingOp({
  name: 'CTCAmong',
  inputs: ['x', 'is'],
  value: ({ x, is }) => select(gt(is, 0), x, NEVER),
});

const errorOf = broadcastingOp({
  name: 'CTCError',
  inputs: ['likelihood'],
  params: ['impossible'],
  value: ({ likelihood, impossible }) => select(lt(likelihood, NEVER / 2), impossible, neg(likelihood)),
});

const options = optionsOf('CTC', {
  /** The class that stands for no label. Default 0. */
  blank: option.wholeFrom(0).or(0),
  /** Counts 0 for labels that do not fit into their input, in place of Infinity. Default false. */
  zeroInfinity: option.flag.or(false),
  ...reductionOption,
});
/** How CTC measures. */
export type CTCOptions = Given<typeof options>;

/**
 * How unlikely a row of labels is where nobody says at which time each comes: -ln of the sum, over all paths that spell
 * the labels, of the product of softmax(x) along the path; mean over the batch. A path has one class for each time; it
 * spells what is left when repetitions are merged, then blanks left out. (PyTorch's mean also divides by the lengths of the
 * labels; `reduction: 'sum'` is the same in both.)
 *
 * The sum runs in logarithms, over time, by ops of the device. Labels that need more time than there is cost Infinity, and
 * have no gradient.
 *
 * Shapes: logits `[batch, classes, time]`; targets int32 `[batch, most]` on the host, shorter rows filled with -1, or a list of
 * them and the lengths in time of the inputs, `[batch]`, both as typed arrays. `validate` returns the same number. Source: A. Graves
 * et al., 2006; PuzzleLib's `CTC`; PyTorch's `ctc_loss`.
 *
 * @example
 * const logits = new Variable(new Float32Array(12), { shape: [1, 3, 4], requiresGrad: true });
 * new CTC().forward(logits, [[1, 2]]).backward();
 * @throws ShapeError for other shapes; CostError for labels that are no class or the blank, -1 amid labels, and lengths
 *   that are more than there is.
 */
export class CTC extends MeanCost<Variable, readonly Variable[]> {
  static override readonly className = 'CTC';

  readonly blank: number;
  readonly zeroInfinity: boolean;

  constructor(given: CTCOptions = {}) {
    const { blank, zeroInfinity, reduction } = options.read(given);
    super(reduction);
    this.blank = blank;
    this.zeroInfinity = zeroInfinity;
  }

  override get takes() {
    return 'any' as const;
  }

  override get hostTargets(): boolean {
    return true;
  }

  override forward(prediction: SourceOf<Variable>, target: Source, given: MeasureOptions = {}): Variable {
    return super.forward(prediction, target as readonly Variable[], given);
  }

  override validate(prediction: SourceOf<Variable>, target: Source): Promise<number> {
    return super.validate(prediction, target as readonly Variable[]);
  }

  protected override checkPrediction({ shape }: Variable): void {
    if (shape?.length === 3 && shape[1]! > this.blank) return;
    throw new ShapeError('CTC: these are not logits of classes over time', {
      path: 'CTC',
      expected: `[batch, classes, time], with a class ${this.blank} for the blank`,
      received: shape ? shapeText(shape) : 'a list',
    });
  }

  protected override readTarget(target: Source, { shape }: Variable): readonly Variable[] {
    const [batch, classes, time] = shape as [number, number, number];
    return pathsOf(readCtcTarget(target, { batch, classes, time, blank: this.blank }), {
      classes,
      time,
      blank: this.blank,
    });
  }

  protected override losses(prediction: Variable, target: readonly Variable[]): Losses {
    const [batch, , time] = prediction.shape as [number, number, number];
    const [classesOf, starts, maySkip, ends, runs] = target as [Variable, Variable, Variable, Variable, Variable];
    const places = starts.shape[1]!;
    const emissions = classesOf.matmul(logSoftmax(prediction, 1));
    const at = (t: number) => emissions.slice([0, 0, t], [batch, places, 1]).reshape([batch, places]);
    let sums = among({ x: at(0), is: starts });
    for (let t = 1; t < time; t++) {
      const before = pad(sums, [[0, 0], [2, 0]], { value: NEVER }); // prettier-ignore
      const shifted = (by: number) => before.slice([0, 2 - by], [batch, places]);
      const running = runs.slice([0, t], [batch, 1]);
      sums = step({ stays: sums, comes: shifted(1), skips: shifted(2), maySkip, emitted: at(t), runs: running });
    }
    const likelihood = logSumExp(among({ x: sums, is: ends }), 1);
    return { each: errorOf({ likelihood }, { impossible: this.zeroInfinity ? 0 : Infinity }) };
  }
}
