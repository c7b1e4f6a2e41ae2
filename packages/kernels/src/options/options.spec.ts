import { expect } from 'chai';
import { BackendError, ValueError } from '../errors.js';
import * as option from './kinds.js';
import { optionsOf, type Given } from './options.js';

const options = optionsOf(
  'Conv2D',
  {
    inmaps: option.count,
    size: option.pairFrom(1),
    pad: option.pairFrom(0).or(0),
    useBias: option.flag.or(true),
    name: option.text.optional,
  },
  { mode: option.oneOf('fast', 'exact').or(null) },
);

const defaults = { pad: 0, useBias: true, name: undefined, mode: null };

describe('Options', () => {
  it('have presets where nothing was given, or undefined', () => {
    expect(options.read({ inmaps: 1, size: 3 })).to.deep.equal({ inmaps: 1, size: 3, ...defaults });
    expect(options.read({ inmaps: 1, size: 3, pad: undefined }).pad).to.equal(0);
  });

  it('are typed as they are declared', () => {
    const given: Given<typeof options> = { inmaps: 1, size: [3, 2], mode: 'exact', name: undefined };
    const { mode, name } = options.read(given);
    const typed: readonly ['fast' | 'exact' | null, string | undefined] = [mode, name];
    expect(typed).to.deep.equal(['exact', undefined]);
    // @ts-expect-error inmaps must be there
    const incomplete: Given<typeof options> = { size: 1 };
    // @ts-expect-error there is no padding
    const unknown: Given<typeof options> = { inmaps: 1, size: 1, padding: 2 };
    for (const wrong of [incomplete, unknown]) expect(() => options.read(wrong)).to.throw(ValueError);
  });

  it('say which words there are where they are one of some', () => {
    expect(options.declared.mode.rule.choices).to.deep.equal(['fast', 'exact']);
    expect(options.declared.name.rule.choices).to.equal(undefined);
  });

  it('come in their positions, by name, or the last of them by name', () => {
    const read = { ...defaults, inmaps: 1, size: 3, pad: 2 };
    expect(options.arguments([1, 3, 2])).to.deep.equal(read);
    expect(options.arguments([{ inmaps: 1, size: 3, pad: 2 }])).to.deep.equal(read);
    expect(options.arguments([1, 3, { pad: 2 }])).to.deep.equal(read);
    expect(options.arguments([1, 3, 2, undefined, undefined])).to.deep.equal(read);
  });

  it('are read from their own properties alone', () => {
    const inherited = Object.assign(Object.create(null) as object, { inmaps: 1, size: 3 });
    expect(options.read(inherited).inmaps).to.equal(1);
    expect(() => options.read(JSON.parse('{ "inmaps": 1, "size": 3, "__proto__": { "pad": 1 } }') as object)).to.throw(
      'Conv2D has no option "__proto__"',
    );
    expect(() => options.read({ inmaps: 1, size: 3, toString: 1 })).to.throw('no option "toString"');
  });

  it('copy lists, so that changing them later changes nothing', () => {
    const size: [number, number] = [3, 2];
    const read = options.read({ inmaps: 1, size });
    size[0] = 9;
    expect(read.size).to.deep.equal([3, 2]);
  });

  for (const [name, meant] of [
    ['padding', 'pad'],
    ['padd', 'pad'],
    ['bias', 'useBias'],
    ['use_bias', 'useBias'],
    ['in_channels', 'inmaps'],
    ['kernelSize', 'size'],
    ['InMaps', 'inmaps'],
  ] as const) {
    it(`named ${name} are refused, and ${meant} is named`, () => {
      expect(() => options.read({ inmaps: 1, size: 3, [name]: 1 })).to.throw(
        ValueError,
        `Conv2D has no option "${name}". Did you mean "${meant}"?`,
      );
    });
  }

  it('of a name like no other are refused with all names, also behind positions, and say of which module', () => {
    expect(() => options.arguments([1, 3, { name: 'first', quantization: 8 }])).to.throw(
      'Conv2D "first" has no option "quantization". Expected one of inmaps, size, pad, useBias, name, mode.',
    );
  });

  for (const [title, given, message] of [
    ['a missing one', { size: 3 }, 'inmaps is missing. Expected a whole number from 1, received undefined.'],
    ['a count of 0', { inmaps: 0, size: 3 }, 'inmaps does not fit. Expected a whole number from 1, received 0.'],
    ['NaN', { inmaps: NaN, size: 3 }, 'received NaN.'],
    ['text for a number', { inmaps: '3', size: 3 }, 'received "3".'],
    ['a list for a number', { inmaps: [1, 2], size: 3 }, 'received [1, 2].'],
    ['a pair of three', { inmaps: 1, size: [1, 2, 3] }, 'Expected a whole number from 1, or two of them'],
    ['a pair with a fraction', { inmaps: 1, size: [1, 2.5] }, 'received [1, 2.5].'],
    ['a number for true', { inmaps: 1, size: 3, useBias: 1 }, 'useBias does not fit. Expected true or false'],
    ['null where it says nothing', { inmaps: 1, size: 3, pad: null }, 'received null.'],
    ['a word that is none', { inmaps: 1, size: 3, mode: 'quick' }, 'Expected one of fast, exact, received "quick".'],
  ] as const) {
    it(`refuse ${title}`, () => expect(() => options.read(given)).to.throw(ValueError, message));
  }

  it('have bounds that count or do not, as they say, and no number that is none', () => {
    const kinds = {
      number: option.number,
      from: option.numberFrom(1),
      above: option.numberAbove(1),
      between: option.numberBetween(1, 2),
      whole: option.whole,
      wholeFrom: option.wholeFrom(1),
    };
    const taken = [0, 1, 1.5, 2, 3, Infinity, NaN, '2'].map((value) =>
      Object.entries(kinds).flatMap(([name, kind]) => (kind.accepts(value) ? [name] : [])),
    );
    expect(taken).to.deep.equal([
      ['number', 'whole'],
      ['number', 'from', 'between', 'whole', 'wholeFrom'],
      ['number', 'from', 'above', 'between'],
      ['number', 'from', 'above', 'between', 'whole', 'wholeFrom'],
      ['number', 'from', 'above', 'whole', 'wholeFrom'],
      ...[[], [], []],
    ]);
  });

  it('are declared by objects, for a subject with a name', () => {
    for (const wrong of [
      [5, {}],
      ['Dropout', 5],
      ['Dropout', {}, 5],
    ]) {
      expect(() => optionsOf(...(wrong as [never, never]))).to.throw(ValueError, 'optionsOf takes a subject');
    }
  });

  it('refuse what is not an object, what is given twice, and more than there are positions for', () => {
    for (const wrong of [null, 5, [1], 'x', new Map()]) {
      expect(() => options.read(wrong as object)).to.throw(ValueError, 'options come by name, in an object');
    }
    expect(() => options.arguments([1, 3, { size: 4 }])).to.throw('Conv2D: size is given twice');
    expect(() => options.arguments([1, 3, 0, true, 'first', 'exact'])).to.throw('was given too many arguments');
  });

  it('are refused with an error of their own kind where they name one', () => {
    const own = optionsOf('startBackend', { path: option.kind<string>('a path', () => false, BackendError).optional });
    expect(() => own.read({ path: '' })).to.throw(BackendError, 'Expected a path, received "".');
  });

  it('take bounds of a range, and methods of objects alone', () => {
    const share = option.numberBetween(0, 1);
    for (const value of [0, 0.5, 1]) expect(share.accepts(value), String(value)).to.equal(true);
    for (const value of [-0.1, 1.1, NaN, '0.5', null]) expect(share.accepts(value), String(value)).to.equal(false);
    const signal = option.abortSignal;
    expect(signal.accepts(new AbortController().signal)).to.equal(true);
    const half = { throwIfAborted: () => undefined };
    for (const value of [null, undefined, 5, 'x', half, Object.assign(() => 0, half, { addEventListener: () => 0 })])
      expect(signal.accepts(value), typeof value).to.equal(false);
  });

  it('print those that are not as they would be anyway', () => {
    expect(options.changes({ pad: 0, useBias: false, mode: 'fast' })).to.deep.equal(['useBias=false', 'mode="fast"']);
    expect(options.changes({ pad: [1, 2] })).to.deep.equal(['pad=[1, 2]']);
  });
});
