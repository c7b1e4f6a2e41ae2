import { isPlainObject, shownValue, ModuleError, didYouMean } from '@tessera-nn/kernels';
import { checkList } from '@tessera-nn/kernels/internal';
import { join } from './module-tree.js';
import type { AnyModule, Module } from './module.js';
import { putVariable, variableAt } from './names.js';

/** The constructor options a module can be rebuilt from, as plain data. */
export interface Blueprint {
  className: string;
  options: Record<string, unknown>;
  /** What a container holds, by name. */
  modules?: Record<string, Blueprint>;
  /** The path, from the outermost module, of the place where this module came before; its options stand there. */
  sameAs?: string;
  /** At the outermost module: further names of shared Variables, each with the name that comes first. */
  shared?: Record<string, string>;
}

/** A class that blueprints can name: built from one options object, or for containers from options and modules. */
export interface ModuleClass {
  readonly className: string;
  /** Containers put the rebuilt modules in themselves. */
  fromModules?(options: Record<string, unknown>, modules: Record<string, AnyModule>): AnyModule;
  new (options: never): AnyModule;
}

/**
 * Rebuilds a module from its blueprint with freshly initialised weights. What was one module in several places, or one
 * parameter of several modules, is so again.
 *
 * The caller says what kind of module it is, where it is none from one Variable to another:
 * `fromBlueprint<Graph>(blueprint, classes)`.
 *
 * @param classes every class the blueprint may name, one's own included.
 * @throws ModuleError when it names another class, with the known ones and the nearest spelling.
 */
export function fromBlueprint<Built extends AnyModule = Module>(
  blueprint: Blueprint,
  classes: readonly ModuleClass[],
): Built {
  checkList(classes, 'fromBlueprint', 'classes behind the blueprint');
  if (!isPlainObject(blueprint)) {
    throw new ModuleError('fromBlueprint takes a blueprint first', {
      path: 'fromBlueprint',
      expected: 'what getBlueprint() returns',
      received: shownValue(blueprint),
    });
  }
  const known = new Map([...classes].map((moduleClass) => [moduleClass.className, moduleClass]));
  const module = new Builder(blueprint, known).build('');
  for (const [name, first] of Object.entries(blueprint.shared ?? {})) tie(module, name, first);
  return module as Built;
}

/** Deeper than any network; what goes further is after the stack. */
const MAX_DEPTH = 1000;

/** Builds modules by their paths in one blueprint, each once. */
class Builder {
  readonly #built = new Map<string, AnyModule>();
  readonly #open = new Set<string>();

  constructor(
    private readonly root: Blueprint,
    private readonly classes: ReadonlyMap<string, ModuleClass>,
  ) {}

  build(path: string): AnyModule {
    const done = this.#built.get(path);
    if (done) return done;
    if (this.#open.has(path)) refuse(`The blueprint puts "${path}" into itself`);
    if (this.#open.size >= MAX_DEPTH) refuse(`The blueprint puts more than ${MAX_DEPTH} containers into one another`);
    this.#open.add(path);
    const blueprint = this.#at(path);
    const module = blueprint.sameAs === undefined ? this.#make(path, blueprint) : this.build(blueprint.sameAs);
    this.#open.delete(path);
    this.#built.set(path, module);
    return module;
  }

  #at(path: string): Blueprint {
    let blueprint: Blueprint | undefined = this.root;
    for (const key of path === '' ? [] : path.split('.')) {
      blueprint = Object.hasOwn(blueprint.modules ?? {}, key) ? blueprint.modules![key] : undefined;
      if (!blueprint) return refuse(`The blueprint refers to a module at "${path}", and there is none`);
    }
    return blueprint;
  }

  #make(path: string, { className, options, modules }: Blueprint): AnyModule {
    const found = this.classes.get(className);
    if (!found) {
      const names = [...this.classes.keys()];
      return refuse(`The blueprint names the unknown class "${className}"`, {
        expected: `one of ${names.join(', ')}`,
        received: `"${className}"`,
        hint: didYouMean(className, names) ?? 'Pass the class in the list of classes',
      });
    }
    if (!modules) return new found(options as never);
    const inner = Object.fromEntries(Object.keys(modules).map((key) => [key, this.build(join(path, key))]));
    if (found.fromModules) return found.fromModules(options, inner);
    return refuse(`"${className}" holds modules in the blueprint but is not a container`, {
      hint: 'Give the class a static fromModules(options, modules)',
    });
  }
}

/** Makes one Variable of two that were one when the blueprint was written. */
function tie(module: AnyModule, name: string, first: string): void {
  const [variable, other] = [variableAt(module, first), variableAt(module, name)];
  if (variable === other) return; // what `setAttr` added to modules comes with their values
  if (variable === undefined || other === undefined) {
    refuse(`The blueprint shares a Variable between "${first}" and "${name}", and the rebuilt module lacks one`);
  }
  putVariable(module, variable.isParameter ? 'parameter' : 'buffer', name, variable);
  other.dispose();
}

function refuse(problem: string, details: { expected?: string; received?: string; hint?: string } = {}): never {
  throw new ModuleError(problem, { path: 'fromBlueprint', ...details });
}
