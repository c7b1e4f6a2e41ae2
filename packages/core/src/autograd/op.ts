import { reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { channelAxis, type Layout } from '../layout.js';
import { currentFrame } from '../memory/frame.js';
import { Storage } from '../memory/storage.js';
import type { Variable } from '../variable/variable.js';
import { assertFinite, isWatching } from './anomaly.js';
import { isRecording } from './grad-mode.js';
import { GraphNode, SavedStorages } from './graph-node.js';

/**
 * The layouts an op takes its inputs in: one for all, one for each, or
 * - `any`: all the same, whichever it is (elementwise ops);
 * - `first`: the first input stays as it is, the others come logical (per-channel parameters).
 */
export type LayoutRule = 'any' | 'first' | Layout | readonly Layout[];

/** What an op's forward can do beside computing: look at the layout, and keep tensors for the gradient. */
export interface ForwardContext {
  /** The layout of the first input, and of the results unless `gives` says otherwise. */
  readonly layout: Layout;
  /** Where a logical axis of the first input lies; negative axes count from the end. */
  readonly channelAxis: (axis: number) => number;
  /** Keeps inputs by their index. */
  saveInputs(...indices: number[]): void;
  /** Keeps the first result. */
  saveOutput(): void;
  /** Keeps results by their index. */
  saveResults(...indices: number[]): void;
}

/** What an op's backward gets: the attributes, what was kept, and which gradients are wanted. */
export interface BackwardContext<Attrs extends object> {
  readonly attrs: Attrs;
  readonly layout: Layout;
  readonly channelAxis: (axis: number) => number;
  /** Whether the gradient of each input is wanted; the others may be null. */
  readonly needsGrad: readonly boolean[];
  /** The logical shape of each input. */
  readonly inputShapes: readonly (readonly number[])[];
  /** A kept input, as it was in the forward pass. */
  readonly input: (index: number) => Variable;
  /** A kept result, the first unless said otherwise. */
  readonly output: (index?: number) => Variable;
}

/** An op: the unit of differentiation. */
export interface OpDefinition<Attrs extends object, Results extends Tensor | Tensor[]> {
  readonly name: string;
  readonly layout: LayoutRule | ((attrs: Attrs) => LayoutRule);
  /** The layout of the results, when it is not the first input's. */
  readonly gives?: Layout;
  /** Runs kernels on physical tensors; everything made here that is neither returned nor saved is freed. */
  forward(context: ForwardContext, inputs: Tensor[], attrs: Attrs): Results;
  /**
   * The gradients of the inputs from those of the results, written with Variables and ops: where those can be
   * differentiated, so can this. Without it the op cannot be differentiated, and says so.
   */
  backward?(context: BackwardContext<Attrs>, grads: Variable[]): (Variable | null)[];
  /** Called when a node of this op is released: frees what a backward pass left in the attributes. */
  release?(attrs: Attrs): void;
}

export type AnyOp = Pick<OpDefinition<object, Tensor | Tensor[]>, 'name' | 'backward' | 'release'>;

/** Runs the op on Variables and records it. */
export type Op<Attrs extends object, Results extends Tensor | Tensor[]> = (
  inputs: readonly Variable[],
  ...attrs: object extends Attrs ? [attrs?: Attrs] : [attrs: Attrs]
) => Results extends Tensor ? Variable : Variable[];

/**
 * Declares an op and gives it as a function on Variables.
 *
 * The function brings the inputs into the layouts the op accepts, runs `forward`, frees its intermediates, and puts a
 * node on the tape when something in it can need a gradient: an input that has one, or a module call around it.
 */
export function defineOp<Attrs extends object, Results extends Tensor | Tensor[]>(
  definition: OpDefinition<Attrs, Results>,
): Op<Attrs, Results> {
  const run = (inputs: readonly Variable[], attrs: Attrs = {} as Attrs) => apply(definition, inputs, attrs);
  return run as unknown as Op<Attrs, Results>;
}

/** Which inputs and results a forward keeps, by their index. */
class Kept implements ForwardContext {
  readonly inputs: number[] = [];
  readonly results: number[] = [];

  constructor(
    readonly layout: Layout,
    private readonly rank: number,
  ) {}

  get channelAxis() {
    return (axis: number) => channelAxis(axis, this.rank, this.layout);
  }

  saveInputs(...indices: number[]): void {
    this.inputs.push(...indices);
  }
  saveOutput(): void {
    this.results.push(0);
  }
  saveResults(...indices: number[]): void {
    this.results.push(...indices);
  }
}

function apply<Attrs extends object>(
  definition: OpDefinition<Attrs, Tensor | Tensor[]>,
  inputs: readonly Variable[],
  attrs: Attrs,
): Variable | Variable[] {
  const rule = typeof definition.layout === 'function' ? definition.layout(attrs) : definition.layout;
  const storages = align(inputs, rule);
  const layout = storages[0]!.layout;
  const context = new Kept(layout, storages[0]!.tensor.rank);
  const frame = currentFrame();
  const origin = { op: definition.name, call: frame?.call };
  try {
    const tensors = storages.map((storage) => storage.tensor);
    const result = tidy(() => definition.forward(context, tensors, attrs));
    const results = (Array.isArray(result) ? result : [result]).map((tensor) => {
      // An input that is given through belongs to somebody else: the result is a second tensor over its memory.
      const own = tensors.includes(tensor) ? reshape(tensor, tensor.shape) : tensor;
      return new Storage(own, definition.gives ?? layout, origin);
    });
    const outputs = results.map((storage) => inputs[0]!.derive(storage));
    if (isWatching()) {
      const place = frame?.call?.describe();
      assertFinite({
        subject: place ? `${definition.name} in "${place}"` : definition.name,
        path: place ?? definition.name,
        inputs: tensors,
        results: results.map(({ tensor }) => tensor),
      });
    }
    if (isRecorded(inputs)) {
      const saved = new SavedStorages();
      for (const index of context.inputs) saved.inputs[index] ??= storages[index]!.retain();
      for (const index of context.results) saved.outputs[index] ??= results[index]!.retain();
      const shapes = results.map((storage) => storage.shape);
      const node = new GraphNode(definition, [...inputs], attrs, saved, layout, shapes);
      outputs.forEach((output, slot) => output.link(node, slot));
    }
    return Array.isArray(result) ? outputs : outputs[0]!;
  } finally {
    for (const storage of storages) storage.release();
  }
}

/** Whether an op on these inputs is put on the tape, so that what its gradient needs will be kept. */
export function isRecorded(inputs: readonly Variable[]): boolean {
  return isRecording() && (currentFrame()?.call !== undefined || inputs.some((input) => input.tracked));
}

/** The inputs' storages in the layouts that the rule asks for, each held for the caller. */
function align(inputs: readonly Variable[], rule: LayoutRule): Storage[] {
  if (rule === 'any') {
    const shared = sharedLayout(inputs); // once: addAll may come with thousands of inputs
    return inputs.map((input) => input.storageIn(shared));
  }
  return inputs.map((input, index) => {
    if (rule === 'first') return input.storageIn(index === 0 ? input.storage.layout : 'logical');
    return input.storageIn(typeof rule === 'string' ? rule : (rule[index] ?? 'logical'));
  });
}

/** Axes may stay permuted while all inputs have as many of them; broadcasting across ranks needs logical order. */
function sharedLayout(inputs: readonly Variable[]): Layout {
  let layout: Layout = 'logical';
  for (const { storage, rank } of inputs) {
    if (rank !== inputs[0]!.rank) return 'logical';
    if (layout === 'logical') layout = storage.layout;
  }
  return layout;
}
