import { Variable } from '../variable/variable.js';
import { membersOf } from './members.js';
import type { Module } from './module.js';

/** What a module can hold. */
export type Member = Variable | Module;

/** What a module holds, and how it is walked: members are found in fields, in the order of definition. */
export abstract class ModuleTree {
  /** The Variables and modules held directly, by key, in the order of definition. */
  *members(this: Module): Iterable<[string, Member]> {
    yield* membersOf(this, isMember);
  }

  *namedChildren(this: Module): Iterable<[string, Module]> {
    for (const [key, member] of this.members()) if (isModule(member)) yield [key, member];
  }
  *children(this: Module): Iterable<Module> {
    for (const [, child] of this.namedChildren()) yield child;
  }

  /** This module and everything below it with dotted paths, parents first, each module once. */
  *namedModules(this: Module, prefix = '', seen = new Set<Module>()): Iterable<[string, Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [key, child] of this.namedChildren()) yield* child.namedModules(join(prefix, key), seen);
  }
  *modules(this: Module): Iterable<Module> {
    for (const [, module] of this.namedModules()) yield module;
  }

  /** Parameters and buffers with dotted paths, a module's own before its children's, each Variable once. */
  *namedTensors(this: Module, { recursive = true, prefix = '' } = {}): Iterable<[string, Variable]> {
    const seen = new Set<Variable>();
    const modules = recursive ? this.namedModules(prefix) : ([[prefix, this]] as const);
    for (const [path, module] of modules) {
      for (const [key, member] of module.members()) {
        if (!(member instanceof Variable) || seen.has(member)) continue;
        seen.add(member);
        yield [join(path, key), member];
      }
    }
  }
  *tensors(this: Module): Iterable<Variable> {
    for (const [, variable] of this.namedTensors()) yield variable;
  }

  *namedParameters(this: Module, options: { recursive?: boolean; prefix?: string } = {}): Iterable<[string, Variable]> {
    for (const entry of this.namedTensors(options)) if (entry[1].isParameter) yield entry;
  }
  *parameters(this: Module): Iterable<Variable> {
    for (const [, variable] of this.namedParameters()) yield variable;
  }

  *namedBuffers(this: Module, options: { recursive?: boolean; prefix?: string } = {}): Iterable<[string, Variable]> {
    for (const entry of this.namedTensors(options)) if (!entry[1].isParameter) yield entry;
  }
  *buffers(this: Module): Iterable<Variable> {
    for (const [, variable] of this.namedBuffers()) yield variable;
  }
}

/** A dotted path one step further down. */
function join(prefix: string, key: string): string {
  return prefix ? `${prefix}.${key}` : key;
}

const isModule = (value: unknown): value is Module => value instanceof ModuleTree;
const isMember = (value: unknown): value is Member => value instanceof Variable || isModule(value);
