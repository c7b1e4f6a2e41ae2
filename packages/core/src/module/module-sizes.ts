import { ModuleError, ShapeError, shapeText, type Shapes } from '@tessera-nn/kernels';
import { drawingFrom, randomStream } from '../random.js';
import { Variable } from '../variable/variable.js';
import { builtTogether, noteBuilt } from './build.js';
import { isModule, ModuleTree } from './module-tree.js';
import type { AnyModule } from './module.js';

/** How a module is made of a size that may not be known yet; `Self` is the module's class. */
export interface Sizing<Self, Size, Shape> {
  /** The field that holds the size. */
  readonly name: keyof Self & string;
  /** The option that says it, where it is called otherwise. */
  readonly option?: string;
  /** What the option says, undefined where it was left out. */
  readonly given: Size | undefined;
  /** The size in the shape of an input, batch included. */
  readonly of: (shape: Shape) => Size | undefined;
  /** What is made of the size, by field: parameters, buffers, modules, numbers; in this order. */
  readonly makes: { readonly [Field in Exclude<keyof Self, keyof AnyModule>]?: (size: Size) => Self[Field] };
}

interface Started extends Sizing<Record<string, unknown>, unknown, Shapes> {
  /** Of the random stream that all of it is drawn from. */
  readonly seed: number;
}

/**
 * What a module makes of the size of its input: at once where an option says it, else when the first shape comes.
 *
 * Each such module draws one number from the shared random stream when it is constructed, and all its weights from a stream
 * that this number starts. So they are the same whether sizes were given or not, in whatever order modules run first, and
 * do not depend on the sizes of other modules.
 */
export abstract class ModuleSizes extends ModuleTree {
  #sizing: Started | undefined;
  #waits = false;

  /**
   * Makes what depends on a size, now or when the first shape comes. To be called once, in the constructor, after what the
   * `makes` read. Until then these fields throw a ModuleError that says so, and so does whatever needs all parameters.
   *
   * @example
   * class Gain extends Module {
   *   static override readonly className = 'Gain';
   *   readonly size!: number;
   *   factor!: Variable;
   *   constructor(size?: number) {
   *     super();
   *     this.sized<Gain>({
   *       name: 'size',
   *       given: size,
   *       of: (shape) => shape.at(-1),
   *       makes: { factor: (size) => parameter(new Float32Array(size).fill(1)) },
   *     });
   *   }
   *   override dataShapeFrom(shape: readonly number[]) { return [...shape]; }
   *   override updateData(x: Variable) { return x.mul(this.factor); }
   * }
   * console.log(new Gain().build([5, 3]).numOfParams()); // 3
   */
  protected sized<Self, Size = number, Shape = readonly number[]>(sizing: Sizing<Self, Size, Shape>): void {
    this.#sizing = { ...(sizing as unknown as Started), seed: randomStream().uint32() };
    if (sizing.given === undefined) this.#wait();
    else this.#make(sizing.given);
  }

  /** The option that may come with the first input, for modules that have one. */
  get sizeOption(): string | undefined {
    return this.#sizing && (this.#sizing.option ?? this.#sizing.name);
  }

  /** The size that came with an input, as an option of the blueprint. */
  protected get foundSize(): Record<string, unknown> {
    const { sizeOption } = this;
    if (sizeOption === undefined || this.#waits || this.#sizing!.given !== undefined) return {};
    return { [sizeOption]: Reflect.get(this, this.#sizing!.name) };
  }

  /** A field as it is printed: `?` for a size that is not known yet. */
  protected shown(this: AnyModule, field: string): number | string {
    const value = this.#waits ? (this.getBlueprint().options[field] ?? '?') : (Reflect.get(this, field) as unknown);
    return value as number | string;
  }

  /** Whether all parameters are there, here and in everything below: not before the sizes are known that were left out. */
  get built(): boolean {
    for (const module of this.modules()) if (module.#waits) return false;
    return true;
  }

  /**
   * Makes all parameters for inputs of a shape, batch included, where options left their sizes out; `forward` does the same
   * with its first input. What has its sizes keeps them. An optimizer, a file, a name of a parameter need it before.
   *
   * @throws ShapeError when an input of that shape does not fit, ModuleError for modules that `dataShapeFrom` of the one
   *   around them does not ask; nothing has been made then.
   */
  build<Self extends AnyModule>(this: Self, shape: Parameters<Self['dataShapeFrom']>[0]): Self {
    return builtTogether(() => {
      this.shapeAfter(shape);
      const missed = [...this.namedModules()].find(([, module]) => module.#waits);
      if (!missed) return this;
      throw new ModuleError(`${this.label}: the shape does not reach "${missed[0]}"`, {
        path: missed[0],
        expected: 'a dataShapeFrom that asks each module for the shape behind it',
        hint: 'Run forward() once, in noGrad, instead',
      });
    });
  }

  /** @internal @throws ModuleError while its size is not known; the path is that from the module that was asked. */
  checkBuilt(this: AnyModule, path = this.path): void {
    if (!this.#waits) return;
    const subject = path === '' || path === this.className ? this.className : `${this.className} "${path}"`;
    throw new ModuleError(`${subject} has no parameters yet: ${this.sizeOption} comes with the first input`, {
      path,
      hint: `Call build(shape) of the network with the shape of a batch, or forward() once; or give ${this.sizeOption}`,
    });
  }

  #wait(): void {
    this.#waits = true;
    const { name, makes } = this.#sizing!;
    const refuse = () => (this as unknown as AnyModule).checkBuilt();
    for (const field of [name, ...Object.keys(makes)]) {
      Object.defineProperty(this, field, { get: refuse, set: refuse, enumerable: false, configurable: true });
    }
  }

  /** @internal Makes what is not known yet from the shape in front of it. To be called inside `builtTogether`. */
  buildFor(this: AnyModule, shape: Shapes): void {
    if (!this.#waits) return;
    const size = this.#sizing!.of(shape);
    if (!isSize(size)) {
      throw new ShapeError(`${this.label}: an input of ${shapeText(shape)} does not say ${this.sizeOption}`, {
        path: this.path,
        expected: 'the shape of a batch, with sizes from 1',
        received: shapeText(shape),
      });
    }
    const made = this.#make(size);
    noteBuilt(() => {
      this.#wait();
      for (const value of made) release(value);
    });
  }

  /** Sets all fields, or none when one cannot be made. */
  #make(size: unknown): unknown[] {
    const { name, makes, seed } = this.#sizing!;
    const made: [string, unknown][] = [[name, size]];
    try {
      drawingFrom(seed, () => {
        for (const [field, make] of Object.entries(makes)) made.push([field, make!(size)]);
      });
    } catch (error) {
      for (const [, value] of made) release(value);
      throw error;
    }
    const { training } = this as unknown as AnyModule;
    for (const [field, value] of made) {
      Object.defineProperty(this, field, { value, writable: true, enumerable: true, configurable: true });
      if (isModule(value) && !training) value.train(false);
    }
    this.#waits = false;
    return made.map(([, value]) => value);
  }
}

function release(value: unknown): void {
  if (value instanceof Variable || isModule(value)) value.dispose();
}

/** Whole numbers from 1, alone or as a list. */
function isSize(size: unknown): boolean {
  const sizes = [size].flat();
  return sizes.length > 0 && sizes.every((length) => Number.isInteger(length) && (length as number) > 0);
}
