// Whatever users hand to a function or a constructor by mistake: where it is refused, a sentence says what was expected.
import * as models from '@tessera-nn/models';
import { backendName, onBackend } from '@tessera-nn/testing';
import { expect } from 'chai';
import * as tessera from './index.js';

const net = () => new tessera.Linear(1, 1);
const variable = () => new tessera.Variable([[1]]);

/** Arguments that are wrong, or too few, or in another order, for nearly everything. */
const mistakes: Readonly<Record<string, () => unknown[]>> = {
  nothing: () => [],
  null: () => [null],
  nulls: () => [null, null, null],
  'a number': () => [5],
  numbers: () => [5, 5, 5],
  NaN: () => [NaN],
  'a string': () => ['x'],
  strings: () => ['x', 'x', 'x'],
  'a list': () => [[]],
  'a list of numbers': () => [[1, 2], [1]],
  'an object': () => [{}],
  'objects of nothing known': () => [{ nonsensee: 1 }, { nonsensee: 1 }],
  'a function': () => [() => 1],
  'a network behind a path': () => ['net.file', net()],
  'a network': () => [net()],
  'a Variable': () => [variable()],
  'a Variable and nothing of use': () => [variable(), null, null],
  'a Variable and a string': () => [variable(), 'x'],
  'a Variable and an object': () => [variable(), { nonsensee: 1 }],
};

type Callable = ((...given: unknown[]) => unknown) & (new (...given: unknown[]) => unknown);

const isClass = (value: Callable) => /^class\b/.test(Function.prototype.toString.call(value));

/** Waits for the network of its own accord. */
const elsewhere = new Set(['loadMnist']);

/** Build networks of up to a hundred million weights from what is not a mistake to them: their own spec does, narrower. */
const large = new Set(Object.keys(models));
const noMistake = new Set(['nothing', 'an object']);

describe(`Whatever is handed over by mistake [${backendName}]`, function () {
  this.timeout(60_000);
  onBackend();
  after(() => tessera.startBackend(backendName)); // what startBackend was handed may have started another

  for (const [name, value] of Object.entries(tessera as Readonly<Record<string, unknown>>)) {
    if (typeof value !== 'function' || elsewhere.has(name)) continue;
    const callable = value as Callable;
    it(`is taken by ${name}, or refused by a TesseraError`, async () => {
      for (const [title, given] of Object.entries(mistakes)) {
        if (large.has(name) && noMistake.has(title)) continue;
        try {
          const result = isClass(callable) ? new callable(...given()) : callable(...given());
          if (result instanceof Promise) await result;
        } catch (error) {
          expect(error, `${name} of ${title}: ${String(error)}`).to.be.instanceOf(tessera.TesseraError);
        }
      }
    });
  }
});
