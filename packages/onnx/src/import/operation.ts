import {
  Module,
  ModuleError,
  named,
  option,
  optionsOf,
  Variable,
  type Data,
  type Dtype,
  type Given,
  type ShapeOf,
  type Shapes,
} from '@tessera-nn/core';
import { didYouMean, isList, isPlainObject, isShapeList } from '@tessera-nn/core/internal';
import type { Attributes, FunctionOperator } from './operator.js';
import { operators } from './operators.js';

/** An input that the operation holds itself. */
export interface HeldInput {
  /** Which of the inputs it is. */
  readonly place: number;
  readonly shape: readonly number[];
  readonly dtype: Dtype;
  /** Whether it is a parameter. */
  readonly learns: boolean;
}

const options = optionsOf('Operation', {
  /** The name of the operator. */
  operator: option.text,
  /** How it goes, as plain data. */
  attrs: option.kind<Attributes>('plain data', isPlainObject).or({} as never),
  /** Inputs that do not come from other modules: weights and constants. They begin as zeros. Default none. */
  held: option.anything<readonly HeldInput[]>().or([] as never),
  ...named,
});
export type OperationOptions = Given<typeof options>;

/**
 * An operator of ONNX that has no module of its own: arithmetic with broadcasting, moves of data, reductions.
 *
 * Gradients follow from the ops that it runs. Weights and constants among its inputs are its own, under `inputs`.
 *
 * Shapes: as the operator says. Source: ONNX' operators. Made by `fromOnnx`.
 *
 * @throws ModuleError for an operator that is not such a function.
 */
export class Operation extends Module<Data, Data> {
  static override readonly className = 'Operation';

  readonly operator: string;
  readonly attrs: Attributes;
  /** What is not computed by other modules, by its place among the inputs. */
  readonly inputs: Record<string, Variable> = {};
  readonly #function: FunctionOperator;

  constructor(given: OperationOptions) {
    const read = options.read(given);
    super(read, read);
    this.operator = read.operator;
    this.attrs = read.attrs;
    this.#function = this.#find(read.operator);
    for (const { place, shape, dtype, learns } of read.held) {
      const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
      const variable = new Variable(values, { shape, dtype, requiresGrad: learns }).keep();
      variable.isParameter = learns;
      this.inputs[place] = variable;
    }
  }

  #find(name: string): FunctionOperator {
    const found = Object.hasOwn(operators, name) ? operators[name] : undefined;
    if (found && typeof found !== 'function') return found;
    throw new ModuleError(`Operation: there is no function for the operator "${name}"`, {
      path: this.path,
      received: `"${name}"`,
      hint: didYouMean(name, Object.keys(operators)),
    });
  }

  override get takes() {
    return 'any' as const;
  }

  protected override get dtypes() {
    return ['float32', 'int32', 'bool'] as const;
  }

  /** What comes in and what is held, in the order of the operator's inputs. */
  #all<Part>(given: readonly Part[], own: (held: Variable) => Part): Part[] {
    const all = [...given];
    for (const [place, held] of Object.entries(this.inputs)) all.splice(Number(place), 0, own(held));
    return all;
  }

  override dataShapeFrom(shape: Shapes): ShapeOf<Data, number[]> {
    const given = (isShapeList(shape) ? shape : [shape]) as readonly (readonly number[])[];
    const all = this.#all(given, (held) => held.shape);
    const shapes = this.#function.shape(all, this.attrs);
    return (isShapeList(shapes) && shapes.length === 1 ? shapes[0]! : shapes) as ShapeOf<Data, number[]>;
  }

  protected override updateData(data: Data): Data {
    const given = (isList(data) ? data : [data]) as readonly Variable[];
    const results = [
      this.#function.run(
        this.#all(given, (held) => held),
        this.attrs,
      ),
    ].flat();
    return results.length === 1 ? results[0]! : results;
  }

  override extraRepr(): string {
    const attrs = Object.entries(this.attrs).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    return [this.operator, ...attrs].join(', ');
  }
}
