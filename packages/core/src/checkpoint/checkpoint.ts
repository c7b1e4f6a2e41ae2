import { checkFunction } from '@tessera-nn/kernels/internal';
import { checkModule } from '../module/check-module.js';
import { mapData, readData, variablesIn, type Data, type ShapeOf, type Source, type SourceOf } from '../module/data.js';
import { isModule } from '../module/module-tree.js';
import type { Blueprint } from '../module/blueprint.js';
import type { ModuleOptions } from '../module/module-options.js';
import { Module, type AnyModule } from '../module/module.js';
import { moduleBlueprints } from '../module/write-blueprint.js';
import type { VariableSource } from '../variable/read-source.js';
import type { Variable } from '../variable/variable.js';
import { recomputed, type CheckpointedFunction } from './recompute.js';

/**
 * A module that keeps nothing between forward and backward but its input, and runs the module in it once more when its
 * gradient is wanted; made by `checkpoint(module)`.
 *
 * The module in it is found under the key `module`, its parameters as `module.W`. Hooks inside run once in the forward
 * pass and once in the backward pass. Shapes: those of the module.
 */
export class Checkpoint<Input extends Data = Variable, Output extends Data = Variable> extends Module<Input, Output> {
  static override readonly className = 'Checkpoint';

  /** @param module what is run; the checkpoint takes over its name. */
  constructor(
    readonly module: Module<Input, Output>,
    options: ModuleOptions = {},
  ) {
    checkModule(module, 'Checkpoint');
    super({ name: module.name, ...options });
  }

  static fromModules(options: ModuleOptions, { module }: Record<string, AnyModule>): Checkpoint {
    return new Checkpoint(module as Module, options);
  }

  override get takes() {
    return this.module.takes;
  }

  override get movesData(): boolean {
    return this.module.movesData;
  }

  override dataShapeFrom(shape: ShapeOf<Input>): ShapeOf<Output, number[]> {
    return this.module.dataShapeFrom(shape);
  }

  protected override checkData(): void {
    // The module in it does that.
  }

  protected override updateData(data: Input): Output {
    const places = mapData(data, (_, place) => place); // not the Variables: the tape alone shall hold what it needs
    return recomputed((...parts) => this.module.forward(filled(places, parts) as SourceOf<Input>), variablesIn(data));
  }

  override getBlueprint(): Blueprint {
    return { ...super.getBlueprint(), modules: moduleBlueprints(this, [['module', this.module]]) };
  }
}

/** The lists that data were taken out of, with other Variables in the places. */
function filled(places: unknown, parts: readonly Variable[]): unknown {
  return Array.isArray(places) ? places.map((place) => filled(place, parts)) : parts[places as number];
}

/**
 * Trades time for memory: what lies inside is computed without keeping anything for the gradient, and computed once more
 * when the backward pass comes to it. Between the passes only the inputs and outputs are held.
 *
 * Given a module alone, it returns a module to be put in its place. Given a function (or module) and its inputs, it runs it
 * now and returns what it returns, a Variable or lists of them. The gradients are those of the plain run to the bit: of the
 * inputs, and of parameters and other Variables that the function reaches by itself. The second run finds everything as
 * the first did: random streams, train or eval mode, values of parameters and buffers; and leaves everything as it was.
 * Checkpoints may lie inside each other, and a gradient through one can be differentiated again.
 *
 * Cost: one more forward pass of what is inside. Checkpoints around the square root of n of n equal layers each hold
 * about twice that many outputs instead of n.
 *
 * Source: T. Chen, B. Xu, C. Zhang, C. Guestrin, "Training Deep Nets with Sublinear Memory Cost", 2016;
 * `torch.utils.checkpoint` with `use_reentrant=False`.
 *
 * @example
 * const net = new Sequential([checkpoint(block), head]);
 * const y = checkpoint((a, b) => block.forward(a).mul(b), new Variable([[1, 2, 3, 4]]), new Variable([2]));
 * @throws AutogradError when the function returns no Variables; in the backward pass, when it does not do the same again.
 */
export function checkpoint<Input extends Data, Output extends Data>(
  module: Module<Input, Output>,
): Checkpoint<Input, Output>;
export function checkpoint<Input extends Data, Output extends Data>(
  module: Module<Input, Output>,
  input: SourceOf<Input>,
): Output;
export function checkpoint<Result extends Data>(
  fn: CheckpointedFunction<Result>,
  ...inputs: (Variable | VariableSource)[]
): Result;
export function checkpoint(work: AnyModule | CheckpointedFunction<Data>, ...inputs: Source[]): AnyModule | Data {
  if (!isModule(work)) checkFunction(work, 'checkpoint');
  if (!isModule(work)) return recomputed(work, inputs.map(readData).flatMap(variablesIn));
  const module = new Checkpoint(work);
  return inputs.length === 0 ? module : module.forward(inputs[0] as SourceOf<Data>);
}
