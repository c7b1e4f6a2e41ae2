import { nodesOf, type Formula } from './formula.js';
import { functionsUsed } from './numerics.glsl.js';
import { primitives } from './primitives.js';

/** What an input or a parameter is called in shaders: whatever its name, nothing else there is called so. */
export const shaderName = (name: string): string => `given_${name}`;

/** A formula as shader text on vec4: inputs and floats of the parameters' shader names come from outside. */
export interface ShaderText {
  functions: string;
  statements: string;
  results: readonly string[];
}

/** Writes each node once, as a statement. */
export function shaderText(formulas: readonly Formula[]): ShaderText {
  const names = new Map<object, string>();
  const statements: string[] = [];
  const nameOf = (root: Formula): string => {
    for (const node of nodesOf(root)) {
      if (names.has(node)) continue;
      const { op, args, name, value, type } = node;
      if (op === 'input') names.set(node, shaderName(name));
      else if (op === 'parameter') names.set(node, `vec4(${shaderName(name)})`);
      else if (op === 'constant') names.set(node, `vec4(${literal(value)})`);
      else {
        const { rewrite, as, glsl } = primitives[op];
        const formulas = args as Formula[];
        const better = rewrite?.(...formulas);
        if (better || !glsl) {
          names.set(node, nameOf(better ?? as!(...formulas)));
          continue;
        }
        const own = `t${statements.length}`;
        const given = args.map((arg) => names.get(arg)!);
        const text = glsl(...given);
        const isNaN = op === 'select' ? settled(node as Formula, names) : undefined;
        statements.push(
          `${type === 'condition' ? 'bvec4' : 'vec4'} ${own} = ${isNaN ? `mix(${text}, ${given[2]!}, ${isNaN})` : text};`,
        );
        names.set(node, own);
      }
    }
    return names.get(root)!;
  };
  const results = formulas.map(nameOf);
  return { functions: functionsUsed(statements.join('\n')), statements: statements.join('\n  '), results };
}

/**
 * What a choice is where a number that it compares is NaN, which is asked for by bits: compilers turn comparisons round, or
 * make a maximum of them, as if there were no NaN.
 */
function settled({ args: [condition] }: Formula, names: ReadonlyMap<object, string>): string | undefined {
  if (condition!.op === 'eq') return undefined; // its opposite is exact
  const compared = condition!.args.filter(({ op }) => op !== 'constant').map((arg) => names.get(arg)!);
  if (compared.length === 0) return undefined;
  return compared.length === 1 ? `isnan(${compared[0]!})` : `eitherNaN(${compared.join(', ')})`;
}

/** Numbers that compilers may not read as they are meant are given by their bits. */
function literal(value: number): string {
  if (Number.isFinite(value) && !Object.is(value, -0)) {
    const digits = String(value);
    return /[.e]/.test(digits) ? digits : `${digits}.0`;
  }
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  return `uintBitsToFloat(0x${bits!.toString(16)}u)`;
}
