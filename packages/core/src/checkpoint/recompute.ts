import { AutogradError, shapeText } from '@tessera-nn/kernels';
import { argument } from '../autograd/argument.js';
import { runBackward } from '../autograd/backward.js';
import { isRecording, noGrad, withRecording } from '../autograd/grad-mode.js';
import { GraphNode, nextSequence, SavedStorages } from '../autograd/graph-node.js';
import { withGraph } from '../autograd/graph.js';
import { GraphPositions } from '../autograd/graph-positions.js';
import { isRecorded, type BackwardContext, type Gradient, type TapeOp } from '../autograd/list-op.js';
import { currentFrame, inFrame, type Owned } from '../memory/frame.js';
import { isData, mapData, variablesIn, type Data } from '../module/data.js';
import { isUnwantedPromise } from '../unwanted-promise.js';
import { SideEffects, undoing } from './side-effects.js';
import { Variable } from '../variable/variable.js';

/** A function of Variables that returns one, or lists of them. */
export type CheckpointedFunction<Result extends Data> = (...inputs: Variable[]) => Result;

/** What the op keeps beside the values of its inputs. */
interface Recomputation {
  readonly fn: CheckpointedFunction<Data>;
  /** How many of the op's inputs are the function's; the others it reaches by itself. */
  readonly arity: number;
  readonly closedOver: readonly Variable[];
  readonly sideEffects: SideEffects;
  readonly outputShapes: readonly (readonly number[])[];
}

const recompute: TapeOp = { name: 'checkpoint', gradients: differentiateAgain };

/** Runs a function without recording what is in it, as one op that runs it once more when its gradient is wanted. */
export function recomputed<Result extends Data>(fn: CheckpointedFunction<Result>, inputs: readonly Variable[]): Result {
  const sideEffects = new SideEffects();
  let given!: Data;
  try {
    const results = inFrame(
      () => {
        const found = noGrad(() =>
          sideEffects.watch(() => {
            given = fn(...inputs.map((input) => input.detach()));
            return resultsOf(given).map((result) => result.detach());
          }),
        );
        record(fn, inputs, found, sideEffects);
        return found;
      },
      (found) => new Set<Owned>(found),
      { keepTape: true },
    );
    return mapData(given, (_, place) => results[place]!) as Result;
  } catch (error) {
    sideEffects.forget();
    throw error;
  }
}

/** Puts one node on the tape, from the inputs and what the function reached by itself to the results. */
function record(
  fn: Recomputation['fn'],
  inputs: readonly Variable[],
  results: readonly Variable[],
  sideEffects: SideEffects,
): void {
  const outside = outsideOf(sideEffects);
  const closedOver = [...new GraphPositions(outside.filter(({ tracked }) => tracked))];
  const read = [...inputs, ...closedOver];
  if (!isRecorded(read)) return sideEffects.forget();
  const saved = new SavedStorages();
  saved.inputs.push(...inputs.map(({ storage }) => storage.retain()));
  saved.results.push(...sideEffects.hold(outside));
  const outputShapes = results.map(({ shape }) => shape);
  const attrs: Recomputation = { fn, arity: inputs.length, closedOver, sideEffects, outputShapes };
  const node = new GraphNode(recompute, read, attrs, saved, outputShapes);
  results.forEach((result, slot) => result.link(node, slot));
}

/** What was read and not made by the function itself: not freed with it, and not the frame's around it. */
function outsideOf({ read }: SideEffects): Variable[] {
  const made = new Set<Owned>(currentFrame()!.owned.filter(({ kept }) => !kept));
  return [...read].filter((variable) => !variable.released && !made.has(variable));
}

/** The backward of the op: runs the function again, recorded and with everything as it was then, and differentiates that. */
function differentiateAgain(
  grads: readonly (Variable | undefined)[],
  { attrs, wanted: asked, input }: BackwardContext<Recomputation>,
): Gradient[] {
  const { fn, arity, closedOver, sideEffects, outputShapes } = attrs;
  const createGraph = isRecording();
  const made = inFrame(
    () =>
      withRecording(true, () => {
        const places = Array.from({ length: arity }, (_, index) => {
          const seen = input(index);
          return argument({
            x: createGraph ? seen : new Variable(seen.storage.retain(), { requiresGrad: asked[index]! }),
          });
        });
        const since = nextSequence();
        const results = undoing((again) => {
          sideEffects.restore();
          const found = resultsOf(fn(...places));
          for (const result of found) void result.storage; // as in the forward pass: what is given through is read
          checkSame(found, again, { places, closedOver, outputShapes, since });
          return found;
        });
        const targets = [...places, ...closedOver];
        const wanted = new Set(targets.filter((_, index) => asked[index]).map(({ leaf }) => leaf));
        const computed = runBackward({
          roots: results.flatMap((root, slot) => (grads[slot] ? [{ root, seed: grads[slot] }] : [])),
          wants: (leaf) => wanted.has(leaf),
          targets,
          since,
          retainGraph: createGraph,
          createGraph,
          leafHooks: false, // the pass around this one runs them, on the sum of all parts
        });
        return targets.map(({ leaf }) => computed.get(leaf) ?? null);
      }),
    (found) => {
      const given = found.filter((grad) => grad !== null);
      return createGraph ? withGraph(given) : new Set<Owned>(given);
    },
  );
  return made.map((grad) => () => grad);
}

function resultsOf(given: unknown): Variable[] {
  if (isData(given)) return variablesIn(given);
  throw new AutogradError('checkpoint: the function returned something that cannot be differentiated', {
    path: 'checkpoint',
    expected: 'a Variable, or lists of Variables',
    received: isUnwantedPromise(given) ? 'a Promise' : String(given),
    hint: 'Put what is asynchronous around the checkpoint, and take the Variables out of other objects',
  });
}

/** @throws AutogradError when the function did not do the same again: its gradient would be that of something else. */
function checkSame(
  results: readonly Variable[],
  sideEffects: SideEffects,
  before: Pick<Recomputation, 'closedOver' | 'outputShapes'> & { places: readonly Variable[]; since: number },
): void {
  const known = new GraphPositions([...before.places, ...before.closedOver]);
  for (const variable of outsideOf(sideEffects)) {
    const { node, tracked, name, shape } = variable;
    if (!tracked || (node && node.sequence >= before.since) || known.find(variable)) continue;
    throw new AutogradError('checkpoint: running the function again read a Variable that the forward pass did not', {
      path: name ?? 'checkpoint',
      expected: 'the same function as in the forward pass',
      received: `one that reads ${name ? `"${name}" ` : ''}${shapeText(shape)}`,
      hint: 'Between the two passes give parameters other values with set() instead of putting others in their place',
    });
  }
  const [then, now] = [before.outputShapes, results.map(({ shape }) => shape)].map((shapes) =>
    shapes.map(shapeText).join(' and '),
  );
  if (then === now) return;
  throw new AutogradError('checkpoint: running the function again returned other shapes', {
    path: 'checkpoint',
    expected: then!,
    received: now!,
    hint: 'The function must do the same each time: let chance come from a RandomStream, whose state is put back',
  });
}
