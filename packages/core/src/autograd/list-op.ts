import type { Formula } from '@tessera-nn/kernels';
import { checkDefinition, inSpan } from '@tessera-nn/kernels/internal';
import { reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { channelAxis, type Layout } from '../layout.js';
import { currentFrame } from '../memory/frame.js';
import { Storage } from '../memory/storage.js';
import { checkVariables, newVariable } from '../variable/new-variable.js';
import type { Variable } from '../variable/variable.js';
import { assertFinite, isWatching } from './anomaly.js';
import { isRecording } from './grad-mode.js';
import { GraphNode, SavedStorages } from './graph-node.js';
import { currentTrace } from './trace.js';

/**
 * The layouts a list of inputs comes in: one for all, one for each, or
 * - `any`: all the same, whichever it is.
 *
 * In one for each, `any` is as it lies, and a number stands for the layout of the input there; those behind the end of the
 * rule come logical.
 */
export type ListLayout = 'any' | Layout | readonly (Layout | 'any' | number)[];

/** How the first input of an op lies. */
export interface ForwardContext {
  /** Its layout, and that of the results unless `resultLayout` says otherwise. */
  readonly layout: Layout;
  /** Where a logical axis of it lies; negative axes count from the end. */
  readonly channelAxis: (axis: number) => number;
}

/** What the gradients of a list op are made of. */
export interface BackwardContext<Attrs extends object> {
  readonly attrs: Attrs;
  /** For each input whether somebody wants its gradient. */
  readonly wanted: readonly boolean[];
  /** The logical shape of each input. */
  readonly inputShapes: readonly (readonly number[])[];
  /** A saved input, as it was in the forward pass. */
  readonly input: (index: number) => Variable;
  /** A saved result. */
  readonly result: (index: number) => Variable;
}

/** Computes the gradient of one input, and is called where somebody wants it; nothing where there is none. */
export type Gradient = (() => Variable | null | undefined) | null;

/** An op as the tape knows it: what goes in and comes out as lists. */
export interface ListOpDefinition<Attrs extends object, Results extends Tensor | readonly Tensor[]> {
  readonly name: string;
  readonly layout: ListLayout | ((attrs: Attrs) => ListLayout);
  /** The layout of the results, when it is not the first input's. */
  readonly resultLayout?: Layout;
  /** What lives on for the gradients: inputs and results by their index, or `all` inputs. */
  readonly saves?: { readonly inputs?: readonly number[] | 'all'; readonly results?: readonly number[] };
  /** Runs kernels on physical tensors; everything made here that is neither returned nor saved is freed. */
  forward(inputs: Tensor[], attrs: Attrs, context: ForwardContext): Results;
  /** One for each input, from the gradients of the results, which are undefined where none came. */
  gradients?(grads: readonly (Variable | undefined)[], context: BackwardContext<Attrs>): readonly Gradient[];
  /** What the inputs are called, where they have names. */
  readonly inputNames?: readonly string[];
  /** What it computes of each element, where that is all it does: what exporters read. */
  readonly formula?: Formula;
  /** Called when a node of this op is released: frees what a backward pass left in the attributes. */
  release?(attrs: Attrs): void;
}

/** What the tape keeps of an op. */
export type TapeOp = Pick<ListOpDefinition<object, Tensor>, 'name' | 'gradients' | 'release'>;

/** The attributes may be left out where all of them may. */
export type AttrsArgument<Attrs extends object> = object extends Attrs ? [attrs?: Attrs] : [attrs: Attrs];

/** Runs the op on Variables and records it. */
export type ListOp<Attrs extends object, Results extends Tensor | readonly Tensor[]> = (
  inputs: readonly Variable[],
  ...attrs: AttrsArgument<Attrs>
) => Results extends Tensor ? Variable : Variable[];

/**
 * Declares an op of any number of inputs, as `addAll` or `concat`, and gives it as a function on Variables. Where the
 * inputs can be named, use `defineOp`.
 */
export function defineListOp<Attrs extends object = object, Results extends Tensor | readonly Tensor[] = Tensor>(
  definition: ListOpDefinition<Attrs, Results>,
): ListOp<Attrs, Results> {
  checkDefinition(definition, 'defineListOp', ['name', 'forward']);
  const run = (inputs: readonly Variable[], attrs: Attrs = {} as Attrs) => runOp(definition, inputs, attrs);
  return run as unknown as ListOp<Attrs, Results>;
}

/**
 * Brings the inputs into the layouts the op accepts, runs `forward`, frees its intermediates, and puts a node on the tape
 * when something in it can need a gradient: an input that has one, or a module call around it.
 */
export function runOp<Attrs extends object>(
  definition: ListOpDefinition<Attrs, Tensor | readonly Tensor[]>,
  inputs: readonly Variable[],
  attrs: Attrs,
): Variable | Variable[] {
  return inSpan('op', definition.name, () => runAndRecord(definition, inputs, attrs));
}

function runAndRecord<Attrs extends object>(
  definition: ListOpDefinition<Attrs, Tensor | readonly Tensor[]>,
  inputs: readonly Variable[],
  attrs: Attrs,
): Variable | Variable[] {
  checkVariables(inputs, definition.name);
  const rule = typeof definition.layout === 'function' ? definition.layout(attrs) : definition.layout;
  const trace = currentTrace();
  const tracedInputs = trace && inputs.map((input) => trace.valueOf(input));
  const storages = align(inputs, rule);
  const { layout, tensor: first } = storages[0]!;
  const frame = currentFrame();
  const origin = { op: definition.name, call: frame?.call };
  try {
    const tensors = storages.map((storage) => storage.tensor);
    const context = new Context(layout, first.rank);
    const result = tidy(() => definition.forward(tensors, attrs, context) as Tensor | Tensor[]);
    const results = (Array.isArray(result) ? result : [result]).map((tensor) => {
      // An input that is given through belongs to somebody else: the result is a second tensor over its memory.
      const own = tensors.includes(tensor) ? reshape(tensor, tensor.shape) : tensor;
      return new Storage(own, definition.resultLayout ?? layout, origin);
    });
    const outputs = results.map(newVariable);
    trace?.note(definition, attrs, tracedInputs!, outputs);
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
      const { inputs: kept = [], results: keptResults = [] } = definition.saves ?? {};
      const saved = new SavedStorages();
      for (const index of kept === 'all' ? inputs.keys() : kept) saved.inputs[index] = storages[index]!.retain();
      for (const index of keptResults) saved.results[index] = results[index]!.retain();
      const shapes = results.map((storage) => storage.shape);
      const node = new GraphNode(definition, [...inputs], attrs, saved, shapes);
      outputs.forEach((output, slot) => output.link(node, slot));
    }
    return Array.isArray(result) ? outputs : outputs[0]!;
  } finally {
    for (const storage of storages) storage.release();
  }
}

/** What an op names of it is made then: most name nothing. */
class Context implements ForwardContext {
  constructor(
    readonly layout: Layout,
    private readonly rank: number,
  ) {}

  get channelAxis() {
    return (axis: number): number => channelAxis(axis, this.rank, this.layout);
  }
}

/** Whether an op on these inputs is put on the tape, so that what its gradient needs will be kept. */
export function isRecorded(inputs: readonly Variable[]): boolean {
  return isRecording() && (currentFrame()?.call !== undefined || inputs.some((input) => input.tracked));
}

/** The inputs' storages in the layouts that the rule asks for, each held for the caller; none where one cannot be had. */
function align(inputs: readonly Variable[], rule: ListLayout): Storage[] {
  const held: Storage[] = [];
  try {
    if (typeof rule === 'string') {
      const layout = rule === 'any' ? sharedLayout(inputs) : rule; // once: addAll may come with thousands of inputs
      for (const input of inputs) held.push(input.storageIn(layout));
      return held;
    }
    inputs.forEach((input, index) => {
      const wish = rule[index] ?? 'logical';
      const like = typeof wish === 'number' ? inputs[wish]! : input;
      held.push(input.storageIn(typeof wish === 'number' || wish === 'any' ? like.storage.layout : wish));
    });
    return held;
  } catch (error) {
    for (const storage of held) storage.release();
    throw error;
  }
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
