import {
  add,
  Module,
  named,
  option,
  optionsOf,
  type AnyModule,
  type Blueprint,
  type Given,
  type ModuleOptions,
  type Variable,
} from '@tessera-nn/core';
import { checkModule, moduleBlueprints, sameShape, shapeText } from '@tessera-nn/core/internal';

const part = option.kind<Module>('a module', (value) => value instanceof Module).or(null);

const options = optionsOf('Residual', {
  /** What the input goes through on its way around the body. Default: nothing. */
  shortcut: part,
  /** What the sum goes through. Default: nothing. */
  activation: part,
  ...named,
});
/** What a residual block has beside its body. */
export type ResidualParts = Given<typeof options>;

/**
 * A module with a way around it: y = act(body(x) + shortcut(x)), where the shortcut is x itself unless it has to change the
 * shape, and the activation may be missing.
 *
 * dx is the sum over both ways, so that gradients reach the first layers of deep networks.
 *
 * Shapes: those of the body; the shortcut's must be the same. Source: He et al. 2015.
 *
 * @example
 * const body = new ConvBNAct({ inmaps: 8, outmaps: 8, size: 3, activation: null });
 * new Residual(body, { activation: new ReLU() });
 * @throws ShapeError when the two ways give different shapes.
 */
export class Residual extends Module {
  static override readonly className = 'Residual';

  readonly shortcut: Module | null;
  readonly activation: Module | null;

  constructor(
    readonly body: Module,
    parts: ResidualParts = {},
  ) {
    const { name, shortcut, activation } = options.read(parts);
    checkModule(body, 'Residual');
    super({ name });
    [this.shortcut, this.activation] = [shortcut, activation];
  }

  static fromModules(options: ModuleOptions, modules: Record<string, AnyModule>): Residual {
    const { body, ...parts } = modules as Record<string, Module>;
    return new Residual(body!, { ...options, ...parts });
  }

  override dataShapeFrom(shape: readonly number[]): number[] {
    const [through, around] = [this.body.dataShapeFrom(shape), this.shortcut?.dataShapeFrom(shape) ?? [...shape]];
    if (!sameShape(through, around)) {
      throw this.shapeError(
        `the body makes ${shapeText(through)} of the input, and the way around it ${shapeText(around)}`,
        {
          expected: 'the same shape on both ways',
          received: shapeText(shape),
          hint: 'Give a shortcut that changes the shape as the body does, such as a Conv2D of size 1 with its stride',
        },
      );
    }
    return this.activation?.dataShapeFrom(through) ?? through;
  }

  protected override updateData(data: Variable): Variable {
    const sum = add(this.body.forward(data), this.shortcut?.forward(data) ?? data);
    return this.activation?.forward(sum) ?? sum;
  }

  override getBlueprint(): Blueprint {
    const { body, shortcut, activation } = this;
    const parts = Object.entries({ body, shortcut, activation }).filter(
      (part): part is [string, Module] => part[1] !== null,
    );
    return { ...super.getBlueprint(), modules: moduleBlueprints(this, parts) };
  }
}
