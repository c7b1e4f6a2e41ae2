// Every module and cost there is, taken from what the package exports, at every rank: it works or refuses by name.
import { backendName, expectClose, onBackend, samplesOf, type Maker } from '@tessera-nn/testing';
import { expect } from 'chai';
import * as tessera from './index.js';
import {
  Cost,
  DtypeError,
  Module,
  RandomStream,
  seed,
  ShapeError,
  TesseraError,
  Variable,
  type AnyCost,
  type AnyModule,
  type Data,
} from './index.js';

/** The classes of a kind that the package exports, by name, each once; on webgl without those that only preset another one. */
function subclasses<Made>(of: abstract new (...args: never[]) => Made): [name: string, make: Maker<Made>][] {
  const found = new Map<Maker<Made>, string>();
  for (const [name, value] of Object.entries(tessera as unknown as Record<string, Maker<Made>>)) {
    const isOne = typeof value === 'function' && value.prototype instanceof of && !found.has(value);
    if (isOne && (backendName !== 'webgl' || Object.hasOwn(value, 'className'))) found.set(value, name);
  }
  const isInherited = (make: Maker<Made>) => [...found.keys()].some((other) => other.prototype instanceof make);
  return [...found]
    .filter(([make]) => Object.hasOwn(make, 'className') || !isInherited(make)) // a Container is none by itself
    .map(([make, name]) => [name, make]);
}

/** The first one of a class that works; undefined where none does, which is so for classes to inherit from. */
async function oneOf<Made>(make: Maker<Made>, works: (made: Made) => Promise<boolean>): Promise<Made | undefined> {
  seed(1);
  for (const one of samplesOf(make)) if (await works(one)) return one;
  return undefined;
}

/** On webgl each rank compiles programs: the ends, and where tfjs has none any more. */
const RANKS = backendName === 'webgl' ? [0, 2, 4, 8] : [0, 1, 2, 3, 4, 5, 6, 7, 8];
const shapes = [...RANKS.map((rank) => new Array<number>(rank).fill(2)), [0], [2, 0], [2, 2, 0, 2]];

const random = new RandomStream(4);
const numbers = Float32Array.from({ length: 2 ** 8 }, () => random.uniform(0.2, 1.8));
/** The same numbers in any shape. */
const filled = (shape: readonly number[], from = 0): Variable => {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, (_, i) => numbers[(i + from) % numbers.length]!);
  return new Variable(values, { shape, requiresGrad: true });
};
/** Whole numbers from 0 to 1, which have no gradient, in any shape. */
const wholes = (shape: readonly number[]): Variable => {
  const values = Int32Array.from({ length: filled(shape).size }, (_, i) => i % 2);
  return new Variable(values, { shape });
};
const listOf = (data: Data): Variable[] => [data].flat(9) as Variable[];

/** Of the second input of `SpatialTf`, where a list of one shape does not do. */
const AFFINE_MAPS = [2, 2, 3];

interface Outcome {
  shape: readonly number[];
  values: number[];
  /** Undefined for whole numbers, which have none. */
  gradient: number[] | undefined;
}

/** What a module makes of an input; or how it refuses. */
function outputsOf(module: AnyModule, inputs: Variable | Variable[]): Variable[] | TesseraError {
  seed(2); // dropout drops the same
  try {
    return listOf(module.forward(inputs));
  } catch (error) {
    if (error instanceof TesseraError) return error;
    throw error;
  }
}

/** What a module makes of an input of a shape, with the gradient of the sum of its squares; or how it refuses. */
async function run(module: AnyModule, shape: readonly number[]): Promise<Outcome | TesseraError> {
  const one = module.takes === 'list' ? [filled(shape), filled(shape, 7)] : filled(shape);
  const first = outputsOf(module, one);
  const isRefusedList = Array.isArray(one) && first instanceof ShapeError;
  const inputs = isRefusedList ? [filled(shape), filled(AFFINE_MAPS, 7)] : one;
  const outcome = isRefusedList ? outputsOf(module, inputs) : first;
  const isWhole = outcome instanceof DtypeError;
  const outputs = isWhole ? outputsOf(module, wholes(shape)) : outcome;
  if (outputs instanceof TesseraError) return outputs;
  const squares = outputs.map((output) => output.square().sum());
  squares.reduce((sum, square) => sum.add(square)).backward();
  return {
    shape: outputs[0]!.shape,
    values: [...(await outputs[0]!.values())],
    gradient: isWhole ? undefined : [...(await listOf(inputs as Data)[0]!.grad!.data())],
  };
}

/** The axes behind the maps as one: what a module makes of any rank must not depend on how they are divided, if it keeps them. */
const merged = (shape: readonly number[]) => [2, 2, 2 ** (shape.length - 2)];

/** Whether the outputs of a module have the batch and the axes behind the maps of its inputs. */
function keepsAxes(module: AnyModule): boolean {
  const shape = [2, 2, 3, 5];
  try {
    const rule = module.dataShapeFrom(module.takes === 'list' ? [shape, shape] : shape) as number[] | number[][];
    const [batch, , ...rest] = (Array.isArray(rule[0]) ? rule[0] : rule) as number[];
    return batch === 2 && rest.join() === '3,5';
  } catch (error) {
    if (error instanceof TesseraError) return false;
    throw error;
  }
}

// With the usual bodies: what the others do at any rank is asked of the ops.
describe(`Every module at every rank [${backendName}]`, () => {
  onBackend();

  const isSound = async (module: AnyModule) => {
    for (const rank of [2, 4, 3, 5])
      if (!((await run(module, new Array<number>(rank).fill(2))) instanceof TesseraError)) return true;
    return false;
  };

  for (const [name, make] of subclasses<AnyModule>(Module)) {
    it(`works or is refused by name: ${name}`, async () => {
      const module = (await oneOf(make, isSound))!;
      expect(module, 'made of something that samples.ts tries; say there what does').to.be.instanceOf(Module);
      const names = new RegExp([...module.modules()].map(({ className }) => className).join('|'));
      for (const shape of shapes) {
        const outcome = await run(module, shape);
        const title = `${name} of [${shape.join()}]`;
        if (outcome instanceof TesseraError) {
          expect(outcome.message, title).to.match(names);
          continue;
        }
        if (module.takes === 'variable') {
          const rule = module.dataShapeFrom(shape) as number[] | number[][];
          expect(outcome.shape, title).to.deep.equal(Array.isArray(rule[0]) ? rule[0] : rule);
        }
        if (outcome.gradient) expect(outcome.gradient, title).to.have.length(filled(shape).size);
        if (shape.length < 4 || shape.includes(0) || !keepsAxes(module)) continue;
        const flat = await run(module, merged(shape));
        if (flat instanceof TesseraError) continue; // it takes images alone
        expectClose(outcome.values, flat.values, title);
        if (outcome.gradient) expectClose(outcome.gradient, flat.gradient!, `${title}, its gradient`);
      }
    });
  }
});

describe(`The shape rule of every module [${backendName}]`, () => {
  onBackend();

  it('refuses what is not a shape, and says which module was asked', () => {
    for (const [name, make] of subclasses<AnyModule>(Module)) {
      const [module] = samplesOf(make);
      for (const junk of [null, undefined, {}, 'a', 7, [1, 'a'], [NaN, 3], [-1, 3], [0.5, 3], [[2, 3], 4]]) {
        const ask = () => module!.dataShapeFrom(junk as number[]);
        const title = `${name} of ${String(JSON.stringify(junk))}`;
        expect(ask, title).to.throw(ShapeError, 'this is not a shape').with.property('path', module!.path);
      }
    }
  });
});

describe(`Every cost at every rank [${backendName}]`, () => {
  onBackend();

  const costs = [
    ...subclasses<AnyCost<Data, unknown>>(Cost),
    ['Multi', tessera.Multi as unknown as Maker<AnyCost<Data, unknown>>],
  ] as const;

  /** The loss and its gradient with one of the kinds of targets there are; or how they are all refused. */
  async function run(cost: AnyCost<Data, unknown>, shape: readonly number[]): Promise<Outcome | TesseraError> {
    const places = shape.filter((_, axis) => axis !== 1);
    const labels = new Variable(
      Int32Array.from({ length: filled(places).size }, (_, i) => i % 2),
      { shape: places },
    );
    let refusal!: TesseraError;
    const alike = new Variable(new Float32Array(shape[0] ?? 1).fill(1));
    for (const [outputs, target] of [
      [1, filled(shape, 3)],
      [1, labels],
      [2, [filled(shape, 3), filled(shape, 5)]],
      [2, alike],
      [3, alike],
      [1, Array.from({ length: shape[0] ?? 1 }, () => [1])],
    ] as const) {
      const prediction = filled(shape);
      try {
        const others = Array.from({ length: outputs - 1 }, (_, i) => filled(shape, 2 + i));
        const loss = cost.forward(outputs === 1 ? prediction : [prediction, ...others], target);
        loss.backward();
        return {
          shape: loss.shape,
          values: [await loss.item()],
          gradient: [...(await prediction.grad!.data())],
        };
      } catch (error) {
        if (!(error instanceof TesseraError)) throw error;
        refusal = error;
      }
    }
    return refusal;
  }

  const worksOn = async (cost: AnyCost<Data, unknown>, shape: readonly number[]) =>
    !((await run(cost, shape)) instanceof TesseraError);
  const isSound = async (cost: AnyCost<Data, unknown>) => (await worksOn(cost, [2, 2])) || worksOn(cost, [2, 2, 3]);

  for (const [name, make] of costs) {
    it(`works or is refused by name: ${name}`, async () => {
      const cost =
        name === 'Multi' ? new tessera.Multi([new tessera.MSE(), new tessera.MSE()]) : await oneOf(make, isSound);
      expect(cost, 'made of something that samples.ts tries; say there what does').to.have.property('measure');
      const ofSequences = (await worksOn(cost!, [2, 2])) ? [] : [[2, 2, 2]];
      let works = 0;
      for (const shape of [...shapes, ...ofSequences]) {
        const outcome = await run(cost!, shape);
        const title = `${name} of [${shape.join()}]`;
        if (outcome instanceof TesseraError) {
          expect(outcome.message, title).to.match(new RegExp(`${name}|MSE`));
          continue;
        }
        works++;
        expect(outcome.shape, title).to.deep.equal([]);
        if (shape.length < 4 || shape.includes(0)) continue;
        const flat = (await run(cost!, merged(shape))) as Outcome;
        expectClose(outcome.values, flat.values, title);
        expectClose(outcome.gradient!, flat.gradient!, `${title}, its gradient`);
      }
      expect(works, 'shapes that it takes').to.be.greaterThan(0);
    });
  }
});
